"""The lake's writer at a real Kafka: what it keeps is what was published, field by field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from broker.kafka import Connection, KafkaAdmin, KafkaSink, TopicSettings
from broker.kafka_settings import KafkaSection, TopicsSection
from broker.ports import Output, Partition
from broker.service_settings import MetricsSection
from broker.settings import LakeSection, Settings
from filters.alerts import Table
from kafka_node.node import KafkaNode
from lake.layout import CURVES, PLAIN
from lake.reading import Lake, LakeRows
from lake.recovery import read_log
from replay.invention import invent
from schemas.annotation import Annotations
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.enriched import Enricher
from schemas.enriched_reading import EnrichedReader
from schemas.learned import Learned
from schemas.schema_folder import SchemaFolder
from services.lake_writer.assembly import lake_writer
from tests.chaos.proof import messages
from tests.lake.held import assert_same_curves
from tests.running import Enough
from tests.schemas.real_packets import night_files

pytestmark = pytest.mark.kafka

LABELS = ("real", "bogus")


class Place:
    """A topic of enriched alerts, and a lake of it."""

    def __init__(self, kafka: KafkaNode, folder: Path) -> None:
        self.address, self.topic = kafka.address, f"{folder.name}.enriched"
        self.connection = Connection(kafka.address)
        KafkaAdmin(self.connection).create([TopicSettings(self.topic, 3)])
        self.lake = folder / "lake"
        self.settings = Settings(
            topics=TopicsSection(input=("unread",), enriched=self.topic),
            kafka=KafkaSection(bootstrap=kafka.address),
            lake=LakeSection(path=self.lake, flush_s=0.3, parts_max=3, flush_alerts_max=100),
            metrics=MetricsSection(port=20_500, ports_max=100),
        )
        self._sink = KafkaSink(self.connection, group=self.topic, worker="w", topics=[self.topic])
        self._sink.rebuild()

    def publish(self, values: Sequence[bytes], *, together: int = 50, abort: bool = False) -> None:
        """In transactions of so many, as a worker does."""
        for begin in range(0, len(values), together):
            self._sink.begin()
            some = values[begin : begin + together]
            self._sink.produce(
                [Output(self.topic, b"%d" % (begin + n), one) for n, one in enumerate(some)]
            )
            if abort:
                self._sink.abort()
            else:
                self._sink.commit()

    def write(self, count: int) -> None:
        """Let a writer live until it has kept so many messages."""
        watch = Enough(count)
        with lake_writer(self.settings, version="test", observers=[watch]) as worker:
            watch.worker = worker
            worker.run()

    def held(self) -> dict[tuple[int, int], bytes]:
        """The packets in the lake, by where they lay."""
        found: dict[tuple[int, int], bytes] = {}
        for table in Lake(self.lake).tables():
            places = zip(
                table.column("topic_partition").tolist(),
                table.column("topic_offset").tolist(),
                strict=True,
            )
            found |= dict(zip(places, table.packets, strict=True))
        assert len(found) == len(Lake(self.lake))
        return found

    def published(self) -> dict[tuple[int, int], bytes]:
        """The same of the topic."""
        return {place[1:]: value for place, value in messages(self.address, self.topic)}

    def close(self) -> None:
        self._sink.close()


def enriched(batch: AlertBatch) -> list[bytes]:
    """Full records with scores, values and a vector that differ from alert to alert."""
    some = np.linspace(0, 1, len(batch), dtype=np.float32)
    some[::7] = np.nan
    pair = np.stack([some, 1 - some], axis=1)
    learned = {
        "realbogus": Learned("probabilities", LABELS, pair, (0.25, 0.75)),
        "gaia": Learned("values", ("distance_arcsec", "count"), pair.astype(np.float64)),
        "embedding": Learned("vector", ("0", "1"), pair),
    }
    annotations = Annotations(
        broker_version="9.9",
        models=[("realbogus", "0.3.0", "abc")],
        ingest_unix_us=np.arange(len(batch)) * 1_000 + 1_763_000_000_000_000,
        publish_unix_us=1_763_000_000_000_001,
        learned=learned,
        filters=[("bright", "young")[: number % 3] for number in range(len(batch))],
        flags=[("seen-before",) if number % 5 == 0 else () for number in range(len(batch))],
    )
    return Enricher().encode(batch, annotations, "full")


def place_of(kafka: KafkaNode, folder: Path) -> Place:
    return Place(kafka, folder)


def test_a_lake_holds_what_its_topic_does_over_lives_aborts_and_new_partitions(
    kafka: KafkaNode, tmp_path: Path
) -> None:
    place = place_of(kafka, tmp_path)
    packets = enriched(Decoder().decode([one.packet for one in invent(240, seed=5)]))
    place.publish(packets[:60], together=7)
    place.publish(packets[60:80], abort=True)
    place.publish([b"junk", *packets[80:160]], together=9)
    place.write(100)
    place.publish(packets[160:200])
    place.write(181 - sum(one.consumed for one in read_log(place.lake).stretches))
    place.close()
    held, published = place.held(), place.published()
    assert held == {at: one for at, one in published.items() if one != b"junk"}
    assert len(held) == 180
    log = read_log(place.lake)
    assert sum(one.alerts for one in log.unread) == 1
    assert len({one.source for one in log.stretches}) == len(log.stretches) == 3
    ends = {
        one.source.partition: one.end for one in log.stretches if one.source.topic == place.topic
    }
    assert all(ends[partition] > offset for partition, offset in published)
    assert all(one.source.life for one in log.stretches)


@pytest.mark.data
def test_real_alerts_in_the_lake_are_field_by_field_what_the_source_had(
    kafka: KafkaNode, tmp_path: Path, data_folder: Path
) -> None:
    schemas = SchemaFolder(data_folder / "lsst" / "schemas")
    rubin = [path.read_bytes() for path in sorted((data_folder / "lsst").rglob("*.avro"))]
    decoder = Decoder(schemas=schemas)
    split = [one for data in rubin for one in decoder.split(data)]
    batch = decoder.decode([*night_files(data_folder), *split])
    assert sorted({*batch.survey.tolist()}) == ["lsst", "ztf"]
    assert (batch.survey == "ztf").sum() == 835
    records = enriched(batch)
    place = place_of(kafka, tmp_path)
    place.publish(records, together=300)
    place.write(len(records))
    place.close()
    assert place.held() == place.published()
    number = {record: row for row, record in enumerate(records)}
    rows = 0
    for table in Lake(place.lake).tables():
        chosen = np.array([number[packet] for packet in table.packets])
        assert_as_published(table, replace(batch, learned={}).take(chosen))
        rows += len(table)
    assert rows == len(records)


def assert_as_published(table: LakeRows, source: AlertBatch) -> None:
    """Columns and light curves are the survey's, and the rest is what was published beside them."""
    reader = EnrichedReader()
    for name in PLAIN:
        if name != "seen_before":
            np.testing.assert_array_equal(table.column(name), source.column(name), err_msg=name)
    np.testing.assert_array_equal(table.column("night"), source.night)
    for kind in CURVES:
        assert_same_curves(getattr(table, kind), getattr(source, kind))
    notes = [reader.read(packet).get("gueststar") or {} for packet in table.packets]
    assert table.column("seen_before").tolist() == ["seen-before" in one["flags"] for one in notes]
    for column, name in (("ingest_unix_us", "ingest_time"), ("publish_unix_us", "publish_time")):
        told = [round(one[name].timestamp() * 1e6) for one in notes]
        assert table.column(column).tolist() == told
    assert {*table.column("models").tolist()} == {"realbogus 0.3.0 abc"}
    assert_learned(table, notes)


def assert_learned(table: Table, notes: Sequence[dict[str, object]]) -> None:
    """Scores at the published prior are those of the lake at even odds, brought there."""
    for name, field in (("gaia", "values"), ("embedding", "vectors")):
        for place, column in enumerate(table.given[name].columns):
            told = [_one(note[field], name, place) for note in notes]
            np.testing.assert_array_equal(table.learned_column(name, column), told)
    odds = np.array([_one(note["scores"], "realbogus", 0) for note in notes])
    real = table.learned_column("realbogus", "real").astype(np.float64)
    again = real * 0.25 / (real * 0.25 + (1 - real) * 0.75)
    np.testing.assert_allclose(again, odds, atol=2e-6)


def _one(entries: object, name: str, place: int) -> float:
    """A stage's number of that place in a note; NaN where it gave none."""
    assert isinstance(entries, dict)
    entry = entries.get(name)
    if entry is None:
        return np.nan
    found = list(entry.values() if isinstance(entry, dict) else entry)[place]
    return np.nan if found is None else float(found)


def test_a_partition_that_is_added_is_read_from_its_beginning(
    kafka: KafkaNode, tmp_path: Path
) -> None:
    from tests.broker.clusters import RealCluster

    place, cluster = place_of(kafka, tmp_path), RealCluster(kafka.address)
    packets = enriched(Decoder().decode([one.packet for one in invent(30, seed=6)]))
    place.publish(packets[:20])
    place.write(20)
    cluster.add_partitions(place.topic, 4)
    cluster.publish(place.topic, packets[20:], partition=3)
    place.write(10)
    place.close()
    cluster.close()
    assert place.held() == place.published()
    assert Partition(place.topic, 3) in {one.source[:2] for one in read_log(place.lake).stretches}
