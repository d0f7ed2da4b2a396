"""A survey's own Kafka, read exactly once, and published at ours: from a configuration, as set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner

import gueststar
from broker.assembly import worker
from broker.kafka import Connection, KafkaAdmin, TopicSettings
from broker.settings import read_settings
from gueststar.command import app
from kafka_node.node import KafkaNode
from replay.invention import invent
from tests.broker.clusters import RealCluster
from tests.gueststar.running import PATIENCE_S

pytestmark = pytest.mark.kafka

PACKETS = [one.packet for one in invent(60, seed=8)]
CONFIG = """
[kafka]
bootstrap = "{ours}"
group = "two-kafkas"
[source]
bootstrap = "{survey}"
topics = ["^night-[0-9]+$"]
group = "given-out-two"
[topics]
prefix = "two."
[classifiers]
names = []
[metrics]
port = 0
"""


@pytest.fixture(scope="module")
def survey() -> Iterator[KafkaNode]:
    """A Kafka that is the survey's."""
    with KafkaNode() as node:
        yield node


def run_until_published(config: Path, survey: KafkaNode, topic: str, part: slice) -> None:
    """Some of the packets come, and a worker publishes until all that were ever sent are out."""
    RealCluster(survey.address).publish(topic, PACKETS[part])
    settings = read_settings(config)
    ours = RealCluster(settings.kafka.bootstrap)
    with worker(settings, "one", version="test") as runner:
        thread = Thread(target=runner.run)
        thread.start()
        try:
            while len(ours.read("two.enriched")) < part.stop:
                assert thread.is_alive()
        finally:
            runner.stop()
            thread.join(PATIENCE_S)


def said(*words: str) -> str:
    """What a command prints."""
    result = CliRunner().invoke(app, list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_a_night_of_the_surveys_is_published_here_once_and_the_ledger_says_so(
    survey: KafkaNode, kafka: KafkaNode, tmp_path: Path
) -> None:
    config = tmp_path / "gueststar.toml"
    config.write_text(CONFIG.format(ours=kafka.address, survey=survey.address))
    admin = KafkaAdmin(Connection(survey.address))
    admin.create([TopicSettings("night-1")])
    told = said("check", str(config))
    assert f"of {survey.address} as group given-out-two" in told
    assert "night-1: input, by ^night-[0-9]+$" in told and "ready to run" in told
    run_until_published(config, survey, "night-1", slice(0, 25))
    admin.create([TopicSettings("night-2")])
    run_until_published(config, survey, "night-2", slice(25, 60))
    everything = gueststar.subscribe(
        "two.enriched", bootstrap=kafka.address, start="earliest", until="end"
    )
    ids = [each.alert_id for each in everything]
    assert sorted(ids) == sorted(gueststar.decode(PACKETS).alert_id.tolist())
    told = said("ledger", "--config", str(config))
    assert "60 alerts consumed" in told and told.rstrip().endswith("\nbalances")
    assert "from night-1/0: 0 to 25" in told and "from night-2/0: 0 to 35" in told
    assert not {"two.enriched", "two.positions"} & admin.partitions().keys()
