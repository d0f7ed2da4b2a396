"""Compression against a real Kafka: what is sent comes back as it was, and takes less room."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from broker.assembly import build, provide_topics
from broker.errors import SettingsError
from broker.kafka import Connection, KafkaAdmin, KafkaSink, TopicSettings
from broker.kafka.connection import Compression, topic_compression
from broker.kafka_settings import KafkaSection, TopicsSection
from broker.plan import plan
from broker.ports import Output
from kafka_node.node import KafkaNode
from tests.broker.clusters import RealCluster
from tests.broker.test_assembly import settings_with

RECORDS = [b"%03d " % number + b"one schema " * 400 for number in range(50)]
CODECS: tuple[Compression, ...] = get_args(Compression)


def log_bytes(kafka: KafkaNode, topic: str) -> int:
    files = (kafka.folder / "data" / f"{topic}-0").glob("*.log")
    return sum(file.stat().st_size for file in files)


def sent(kafka: KafkaNode, topic: str, compression: Compression) -> int:
    """The bytes that the records take on a topic, once they are there."""
    sink = KafkaSink(
        Connection(kafka.address), group=topic, worker="w", topics=[topic], compression=compression
    )
    sink.rebuild()
    sink.begin()
    sink.produce([Output(topic, b"key", record) for record in RECORDS])
    sink.commit()
    sink.close()
    assert RealCluster(kafka.address).read(topic) == RECORDS
    return log_bytes(kafka, topic)


@pytest.mark.parametrize("compression", CODECS)
def test_what_is_compressed_is_read_as_it_was_sent(
    kafka: KafkaNode, compression: Compression
) -> None:
    topic = f"compressed-{compression}"
    KafkaAdmin(Connection(kafka.address)).create([TopicSettings(topic)])
    plain = sum(map(len, RECORDS))
    size = sent(kafka, topic, compression)
    assert size > plain if compression == "none" else size < plain / 5


@pytest.mark.parametrize(("sender", "own"), [("none", "zstd"), ("zstd", "none")])
def test_a_topic_s_own_compression_is_made_with_it_and_wins(
    kafka: KafkaNode, tmp_path: Path, sender: Compression, own: Compression
) -> None:
    names = {name: f"{own}-{name}" for name in ("enriched", "dead_letters", "ledger")}
    settings = replace(
        settings_with(tmp_path, **names, compressions={names["enriched"]: own}),
        kafka=KafkaSection(kafka.address),
    )
    parts, admin = build(settings), KafkaAdmin(Connection(kafka.address))
    provide_topics(parts, admin)
    found = admin.compressions([*names.values()])
    (kafkas,) = topic_compression(own).values()
    assert found == {**dict.fromkeys(names.values(), "producer"), names["enriched"]: kafkas}
    assert plan(parts, admin).warnings == ()
    size = sent(kafka, names["enriched"], sender)
    assert (size < sum(map(len, RECORDS)) / 5) == (own == "zstd")


def test_a_topic_that_was_compressed_otherwise_before_is_named(
    kafka: KafkaNode, tmp_path: Path
) -> None:
    admin = KafkaAdmin(Connection(kafka.address))
    admin.create([TopicSettings("before", settings=topic_compression("lz4"))])
    settings = settings_with(tmp_path, enriched="before", compressions={"before": "zstd"})
    (warning,) = plan(build(settings), admin).warnings
    assert "before has compression.type lz4, and [topics.compressions] asks for zstd" in warning


def test_a_compression_of_a_topic_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"compressions\] 'real-one' is no topic; did you mean"):
        build(settings_with(tmp_path, compressions={"real-one": "zstd"}))


def test_a_filter_deployed_later_may_have_a_compression_of_its_own(tmp_path: Path) -> None:
    build(settings_with(tmp_path, compressions={"gueststar.filter.risers": "zstd"}))


def test_compressions_are_named_as_the_prefix_has_topics() -> None:
    topics = TopicsSection(input=("a",), prefix="two.", compressions={"solar-system": "none"})
    assert topics.compressions == {"two.solar-system": "none"}
