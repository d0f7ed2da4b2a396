"""The same at a real Kafka, by command: what was injected is named, and nothing else."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from broker.settings import read_settings
from gueststar.command import app
from kafka_node.node import KafkaNode
from schemas.decode import Decoder
from services.lake_writer.assembly import lake_writer
from tests.broker.clusters import RealCluster
from tests.chaos.proof import messages
from tests.gueststar.reconciling.night import packets_of, visits_of
from tests.gueststar.reconciling.test_reconcile import without_its_last_row
from tests.gueststar.running import run_until
from tests.running import Enough

pytestmark = pytest.mark.kafka

CONFIG = """
[kafka]
bootstrap = "{address}"
group = "{name}"
[topics]
input = ["{name}.survey"]
prefix = "{name}."
[classifiers]
names = []
[metrics]
port = 20700
ports_max = 100
[lake]
path = "lake"
flush_s = 0.3
"""
ALERTS, COPIES, FORGOTTEN = 40, 5, 2


def write(config: Path, messages: int, *, over_gaps: bool = False) -> None:
    """A lake's writer lives until it has kept so many."""
    watch = Enough(messages)
    with lake_writer(
        read_settings(config), version="test", over_gaps=over_gaps, observers=[watch]
    ) as worker:
        watch.worker = worker
        worker.run()


def told(config: Path, night: int, visits: Mapping[int, int]) -> tuple[int, list[str]]:
    """The exit status, and each difference in a line."""
    table = config.with_name("visits.csv")
    with table.open("w") as file:
        csv.writer(file).writerows([("visit", "count"), *visits.items()])
    words = ["reconcile", str(night), "--config", str(config), "--visits", str(table), "--json"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code in (0, 1), result.exception
    pairs = json.loads(result.output)["pairs"]
    return result.exit_code, [
        f"{one['where']}: {one['amount']} {one['what']}"
        for pair in pairs
        for one in pair["differences"]
    ]


def test_what_is_wrong_with_a_night_at_kafka_is_named_and_nothing_else(
    kafka: KafkaNode, tmp_path: Path
) -> None:
    config = tmp_path / "broker.toml"
    config.write_text(CONFIG.format(address=kafka.address, name=tmp_path.name))
    settings, cluster = read_settings(config), RealCluster(kafka.address)
    enriched, (survey,) = settings.topics.enriched, settings.topics.input
    batch = Decoder().decode(packets_of(ALERTS, seed=11))
    night = int(np.bincount(batch.night).argmax())
    visits = visits_of(batch, night)
    missing, alerts = visits.most_common(1)[0]
    sent = [batch.packets[row] for row in np.flatnonzero(batch.visit != missing).tolist()]
    cluster.create(survey)
    cluster.publish(survey, sent)
    run_until(settings, enriched, len(sent))
    write(config, len(sent))
    assert told(config, night, {each: n for each, n in visits.items() if each != missing}) == (
        0,
        [],
    )

    end = 1 + max(place.offset for place, _ in messages(kafka.address, enriched))
    cluster.publish(survey, sent[:COPIES])
    run_until(settings, enriched, len(sent) + COPIES)
    copies = sorted(p.offset for p, _ in messages(kafka.address, enriched) if p.offset >= end)
    cluster.forget(enriched, before=copies[FORGOTTEN])
    write(config, COPIES - FORGOTTEN, over_gaps=True)
    lost = without_its_last_row(tmp_path / "lake")
    status, found = told(config, night, visits)
    assert status == 1
    assert f"visit {missing}: {alerts} alerts: the whole visit is missing" in found
    (gap,) = (one for one in found if "retention dropped before they were read" in one)
    assert f"to {copies[FORGOTTEN] - 1}:" in gap
    doubled = [one for one in found if "came more than once" in one]
    assert sum(int(one.split(": ")[1].split()[0]) for one in doubled) in (
        COPIES - FORGOTTEN,
        COPIES - FORGOTTEN - 1,  # the row that is lost may be of one of these alerts
    )
    assert any(f"of {len(sent)} messages read" in one or "have no row" in one for one in found)
    assert lost["topic_partition"] == 0
