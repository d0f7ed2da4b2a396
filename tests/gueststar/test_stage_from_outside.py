"""A stranger's stage and a catalogue's, from the packet to topic, filter, subscriber and lake."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

import gueststar
from broker.kafka import Connection, KafkaAdmin, TopicSettings
from filters.expressions.filter import read_filter
from kafka_node.node import KafkaNode
from lake.reading import Lake
from lake.writing import LakeWriter
from replay.invention import invent
from schemas.batch import AlertBatch
from schemas.learned import Given
from tests.gueststar.running import run_until_published

pytestmark = pytest.mark.kafka

OUTSIDE = Path(__file__).resolve().parents[1] / "outside"
ALERTS = 60
PACKETS = [one.packet for one in invent(ALERTS, seed=6)]
WIDTH = 64
"""Of the network's last hidden layer."""
CONFIG = """
[kafka]
bootstrap = "{address}"
group = "outside"
[topics]
input = ["outside-survey"]
prefix = "outside."
[classifiers]
names = ["realbogus", "supernova"]
embeddings = ["supernova"]
[stages]
names = ["depth"]
[stages.catalogues.mine]
path = "{folder}/mine.parquet"
columns = ["mag"]
[filters]
files = ["{folder}/well_above.toml"]
[metrics]
port = 0
"""
FILTER = """
name = "well-above"
description = "Well above what the image could show."
form = "full"
[clauses]
above = 'value("depth", "above_limit_mag") > 1'
near = 'value("mine", "distance_arcsec") < 1.5'
"""


@pytest.fixture
def config(kafka: KafkaNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With the stranger's package installed, and a catalogue of every second alert's position."""
    monkeypatch.syspath_prepend(str(OUTSIDE))
    (tmp_path / "well_above.toml").write_text(FILTER)
    batch = gueststar.decode(PACKETS)
    columns = {"ra": batch.ra_deg[::2], "dec": batch.dec_deg[::2], "mag": batch.magnitude[::2]}
    parquet.write_table(pa.table(columns), tmp_path / "mine.parquet")
    path = tmp_path / "gueststar.toml"
    path.write_text(CONFIG.format(address=kafka.address, folder=tmp_path))
    KafkaAdmin(Connection(kafka.address)).create([TopicSettings("outside-survey")])
    return path


def test_it_is_seen_on_every_topic_by_every_filter_and_in_the_lake(
    config: Path, kafka: KafkaNode, tmp_path: Path
) -> None:
    run_until_published(config, PACKETS)
    everything = gueststar.subscribe(
        "outside.enriched", bootstrap=kafka.address, start="earliest", until="end"
    )
    seen = {each.alert_id: each for each in everything}
    depth = {each: one.values["depth"]["above_limit_mag"] for each, one in seen.items()}
    expected = {each: one.limit_mag - one.magnitude for each, one in seen.items()}
    np.testing.assert_array_equal(list(depth.values()), list(expected.values()))
    near = {each for each, one in seen.items() if one.values["mine"]["mag"] == one.magnitude}
    above = {each for each, value in depth.items() if value > 1 and each in near}
    assert 0 < len(above) < len(near) < ALERTS == len(seen)
    chosen = gueststar.subscribe_batches(
        "outside.well-above", bootstrap=kafka.address, start="earliest", until="end"
    )
    (batch,) = chosen
    assert set(batch.alert_id.tolist()) == above
    assert batch.given["depth"] == Given("depth", "values", ("above_limit_mag",))
    assert all(not one.vectors for one in seen.values()), "lite records have no room for them"
    assert batch.given["supernova_embedding"].kind == "vector"
    assert len(batch.given["supernova_embedding"].columns) == WIDTH
    with LakeWriter(tmp_path / "lake", version="test", with_packets=False) as writer:
        writer.add(batch)
    again = read_filter(tmp_path / "well_above.toml").selection("well-above")
    for rows in Lake(tmp_path / "lake").tables():
        assert again.evaluate(rows).selected.all()
        assert_same_learned(rows.batch(), batch)


def assert_same_learned(kept: AlertBatch, published: AlertBatch) -> None:
    """All that was learned of each alert, whatever their order."""
    places = [published.alert_id.tolist().index(each) for each in kept.alert_id.tolist()]
    assert kept.given == published.given
    for name, learned in published.learned.items():
        found = kept.learned[name].values
        # A lake has even odds: what was published at another prior is brought there and back.
        np.testing.assert_allclose(found, learned.values[places], atol=1e-6 * learned.is_scores)
