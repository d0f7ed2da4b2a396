"""A model deployed, compared, promoted and rolled back by commands, as a worker runs at Kafka."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from broker.kafka import KafkaAdmin, TopicSettings
from broker.kafka.connection import Connection
from broker.settings import read_settings
from classifiers.realbogus import WEIGHTS, RealBogus
from gueststar.anomalies.records import REVIEWS, Answer, Profile
from gueststar.filtering.deployment import moment
from gueststar.modelling.place import ModelPlace, place_of
from kafka_node.node import KafkaNode
from replay.invention import invent
from schemas.errors import ModelError
from tests.broker.clusters import RealCluster
from tests.gueststar.anomalies.drawn import drawn
from tests.gueststar.filtering.test_live import read, running
from tests.gueststar.running import said
from tests.running import until

pytestmark = pytest.mark.kafka

PATIENCE_S = 60.0
BATCH = 40
CONFIG = """
[kafka]
bootstrap = "{address}"
group = "swapping"
[topics]
input = ["swap-survey"]
enriched = "swap.enriched"
dead_letters = "swap.dead-letters"
ledger = "swap.ledger"
replayed = ""
[classifiers]
names = ["realbogus"]
[filters]
live = ""
[models]
live = "swap.models"
comparisons = "swap.comparisons"
[gates]
alerts_min = 50
labelled_min = 20
cost_us_max = 1e6
[metrics]
port = 0
"""


@pytest.fixture
def config(kafka: KafkaNode, tmp_path: Path) -> Path:
    path = tmp_path / "gueststar.toml"
    path.write_text(CONFIG.format(address=kafka.address))
    KafkaAdmin(Connection(kafka.address)).create([TopicSettings("swap-survey")])
    return path


class Stream:
    """Batches of alerts, and which file scored each."""

    def __init__(self, cluster: RealCluster) -> None:
        self._cluster = cluster
        self._alerts = iter(invent(100_000, seed=5))
        self.sent = 0

    def send(self) -> None:
        """A batch, and wait until it is published."""
        packets = [next(self._alerts).packet for _ in range(BATCH)]
        self.sent += BATCH
        self._cluster.publish("swap-survey", packets)
        until(lambda: len(self._cluster.read("swap.enriched")) >= self.sent, limit_s=PATIENCE_S)

    def records(self) -> list[dict[str, Any]]:
        """All that was published."""
        return [read(each) for each in self._cluster.read("swap.enriched")]

    def label(self, table: Path) -> None:
        """Have all that was published until now be type Ia."""
        objects = {str(record["objectId"]) for record in self.records()}
        table.write_text("object_id,type\n" + "".join(f"{each},SN Ia\n" for each in objects))

    def shas(self) -> list[str]:
        """Of each published alert, the file that scored it."""
        found = []
        for record in self.records():
            (model,) = record["gueststar"]["models"]
            found.append(model["sha256"])
        return found

    def serves(self, sha256: str) -> None:
        """Send until a batch is scored by that file."""
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            self.send()
            if self.shas()[-1] == sha256:
                return
            assert time.monotonic() < deadline_s


def in_a_row(values: list[str]) -> list[str]:
    """Each value once, where it follows another."""
    return [each for at, each in enumerate(values) if at == 0 or values[at - 1] != each]


def check_the_law(stream: Stream, place: ModelPlace, at: tuple[str, str]) -> None:
    """Every alert once, and compared at most once."""
    ids = [record["candid"] for record in stream.records()]
    assert len(ids) == len(set(ids)) == stream.sent
    assert "balances" in said("ledger", *at)
    compared = [each for one in place.compared("realbogus", 1) for each in one.alert_id.tolist()]
    assert len(compared) == len(set(compared)) > BATCH


def check_what_is_told(
    stream: Stream, place: ModelPlace, at: tuple[str, str], labels: Path
) -> None:
    """The promotion's record, the list, the history and the confusion."""
    register = place.register()
    promoted, paused = register.changes(register.versions("realbogus")[0])
    assert promoted.promotion is not None
    assert all(gate.passed for gate in promoted.promotion.gates)
    listed = said("model", "list", *at)
    assert listed.startswith("realbogus\t1\t0.3.0\tpaused\t")
    assert moment(paused.unix_s) in listed
    told = said("model", "history", "realbogus", *at)
    assert told.count("  passed  ") == len(promoted.promotion.gates)
    stream.label(labels)
    shown = said("model", "confusion", "realbogus", "--labels", str(labels), *at)
    assert shown.count("published:") == 2
    assert "as a shadow:" in shown
    reviewed = stream.records()[0]
    with place.control(place.settings.topics.named(REVIEWS)) as control:
        ada = Profile(control, "ada", sha256="a" * 64, by="ada@there")
        name = ("ztf", str(reviewed["objectId"]), int(reviewed["candid"]))
        ada.say(Answer.ARTEFACT, name, drawn(1)[0])
    shown = said("model", "confusion", "realbogus", "--labels", str(labels), "--reviews", *at)
    assert "  is \\ said\treal\tartefact\tdeclined" in shown
    (row,) = [line for line in shown.splitlines() if line.startswith("  artefact\t")]
    assert sum(map(int, row.split("\t")[1:])) == 1


def test_a_model_is_swapped_while_alerts_flow(
    config: Path, kafka: KafkaNode, tmp_path: Path
) -> None:
    cluster, at = RealCluster(kafka.address), ("--config", str(config))
    night = tmp_path / "night"
    night.mkdir()
    for number, one in enumerate(invent(300, seed=4)):
        (night / f"{number}.avro").write_bytes(one.packet)
    file = tmp_path / "new.onnx"
    said("model", "reference", "realbogus", str(night), "--to", str(file))
    own, new = RealBogus().identity.sha256, RealBogus(file).identity.sha256
    assert own != new
    stream = Stream(cluster)
    with running(read_settings(config)):
        stream.send()
        card = ("--card", str(WEIGHTS.with_suffix(".md")))
        out = said("model", "deploy", "realbogus", str(file), *card, *at)
        assert "realbogus version 1 (0.3.0) is a shadow" in out
        place = place_of(config, None)
        stream.send()
        while not place.compared("realbogus", 1):
            stream.send()
        stream.send()
        with pytest.raises(ModelError, match="alerts labelled 0"):
            said("model", "promote", "realbogus", *at)
        labels = tmp_path / "labels.csv"
        stream.label(labels)
        lines = said("model", "compare", "realbogus", "--labels", str(labels), *at)
        assert "same most probable label: 100.00%" in lines
        assert "FAILED" not in lines
        promoted = said("model", "promote", "realbogus", "--labels", str(labels), *at)
        assert promoted.splitlines()[-1] == "realbogus version 1 (0.3.0) is live"
        stream.serves(new)
        rolled = said("model", "rollback", "realbogus", "--reason", "a trial", *at)
        assert "realbogus's own file serves" in rolled
        stream.serves(own)
    assert in_a_row(stream.shas()) == [own, new, own]
    check_the_law(stream, place, at)
    check_what_is_told(stream, place, at, labels)
