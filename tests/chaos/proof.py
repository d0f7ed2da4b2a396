"""Whether each alert came out exactly once: sets of positions and bytes, never counts alone."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import fastavro
from confluent_kafka import Consumer, Message, TopicPartition

READ_WAIT_S = 30.0


class Position(NamedTuple):
    """Where a message lies."""

    topic: str
    partition: int
    offset: int


class Found(NamedTuple):
    """What a reader found against what was sent."""

    missing: frozenset[Position]
    doubled: frozenset[Position]
    changed: frozenset[Position]
    """Published, but its survey record is not the one that was sent, byte for byte."""
    strangers: int
    """Published, but never sent."""

    @property
    def is_exact(self) -> bool:
        """Everything once, unchanged."""
        return not (self.missing or self.doubled or self.changed or self.strangers)


def messages(bootstrap: str, topic: str) -> Iterator[tuple[Position, bytes]]:
    """Every message of a topic that a read_committed reader sees now."""
    for message in raw_messages(bootstrap, topic):
        yield Position(topic, message.partition(), message.offset()), message.value()


def raw_messages(
    bootstrap: str, topic: str, *, isolation: str = "read_committed"
) -> Iterator[Message]:
    """Every message of a topic that a reader sees now, as librdkafka gives it."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "proof",
            "isolation.level": isolation,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    parts = consumer.list_topics(topic).topics[topic].partitions
    open_parts = set(parts)
    consumer.assign([TopicPartition(topic, number, 0) for number in parts])
    try:
        while open_parts:
            message = consumer.poll(READ_WAIT_S)
            assert message is not None, f"{topic}: no message and no end within {READ_WAIT_S} s"
            if message.error():
                open_parts.discard(message.partition())
            else:
                yield message
    finally:
        consumer.close()


def ends(bootstrap: str, topic: str) -> dict[int, int]:
    """The offset after the last message of each partition."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "proof"})
    try:
        return {
            number: consumer.get_watermark_offsets(TopicPartition(topic, number))[1]
            for number in consumer.list_topics(topic).topics[topic].partitions
        }
    finally:
        consumer.close()


def compare(survey: str, ours: str, *, sent: str, enriched: str, dead: str) -> Found:
    """Each message of `sent` against the full records of `enriched` and the letters of `dead`.

    survey, ours: the addresses of the Kafkas where the first stands, and the others.
    """
    datums, junk = _sent(survey, sent)
    arrived: Counter[Position] = Counter()
    changed, strangers = set(), 0
    for _, value in messages(ours, enriched):
        candid, datum = _opened(value)
        position, original = datums.get(candid, (None, b""))
        if position is None:
            strangers += 1
            continue
        arrived[position] += 1
        if not datum.startswith(original):
            changed.add(position)
    for _, value in messages(ours, dead):
        letter = json.loads(value)
        arrived[Position(letter["topic"], letter["partition"], letter["offset"])] += 1
    expected = {position for position, _ in datums.values()} | junk
    return Found(
        frozenset(expected - arrived.keys()),
        frozenset(position for position, times in arrived.items() if times > 1),
        frozenset(changed),
        strangers + len(arrived.keys() - expected),
    )


def _sent(bootstrap: str, topic: str) -> tuple[dict[int, tuple[Position, bytes]], set[Position]]:
    """By candid where it lies and its datum; and the positions of what is no alert."""
    datums: dict[int, tuple[Position, bytes]] = {}
    junk = set()
    for position, value in messages(bootstrap, topic):
        try:
            candid, datum = _opened(value)
        except (ValueError, EOFError):
            junk.add(position)
        else:
            assert candid not in datums, "each alert is sent once"
            datums[candid] = position, datum
    return datums, junk


def _opened(packet: bytes) -> tuple[int, bytes]:
    """A container's one alert: its candid, and its datum's bytes. By fastavro alone."""
    block = next(iter(fastavro.block_reader(io.BytesIO(packet))))
    datum = block.bytes_.getvalue()
    (record,) = block
    assert isinstance(record, dict)
    return int(record["candid"]), datum
