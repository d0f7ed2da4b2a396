"""What topics and a lake hold, offset by offset: the two sides of what is compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from broker.dead_letters.letters import Letter, read
from broker.headers import source_of
from broker.packets import packet_of
from broker.ports import Message, Partition
from gueststar.audit import Cluster
from gueststar.ending import polls_to_end
from lake.layout import ORIGIN
from lake.part import Part
from lake.ranges import Stretch
from lake.recovery import read_log
from lake.unread import unread_origin
from schemas.batch import AlertBatch

Ints = NDArray[np.int64]
Decode = Callable[[Sequence[bytes]], AlertBatch]
Origin = tuple[Partition, int] | None
"""The survey's message that one of ours is of; None where it does not say."""

NOTHING: Final = np.zeros(0, np.int64)


class Rows(NamedTuple):
    """Alerts of the night, (n) each."""

    topic: NDArray[np.str_]
    partition: Ints
    offset: Ints
    survey: NDArray[np.str_]
    alert_id: Ints
    visit: Ints

    def __len__(self) -> int:
        """How many."""
        return len(self.offset)

    def visits(self) -> Counter[int]:
        """Distinct alerts by visit."""
        known = dict.fromkeys(zip(self.survey.tolist(), self.alert_id.tolist(), strict=True), 0)
        named = zip(self.survey.tolist(), self.alert_id.tolist(), self.visit.tolist(), strict=True)
        known.update({(survey, alert): visit for survey, alert, visit in named})
        return Counter(known.values())


class TopicHeld(NamedTuple):
    """What a topic holds now, by partition."""

    firsts: Mapping[Partition, int]
    """Where retention begins."""
    ends: Mapping[Partition, int]
    """Where what is committed ends."""
    lives: Mapping[Partition, str]
    offsets: Mapping[Partition, Ints]
    """Of its messages, rising; empty where they were not read."""
    rows: Rows
    origins: Mapping[Partition, Ints]
    """Of the survey's messages that its own are of, as far as they say; rising, some twice."""

    @property
    def is_partly_unnamed(self) -> bool:
        """Whether there are any that do not say."""
        return sum(map(len, self.origins.values())) < sum(map(len, self.offsets.values()))


class LakeHeld(NamedTuple):
    """What a lake holds, by partition of the topics that it was written from."""

    stretches: Sequence[Stretch]
    offsets: Mapping[Partition, Ints]
    """Of rows and of messages left unread, rising; one that is there twice comes twice."""
    rows: Rows


def extent(cluster: Cluster, topic: str) -> TopicHeld:
    """Where a topic begins and ends, its messages unread. Raises KafkaUnavailable."""
    return _held(cluster, topic, lambda _: True, lambda _: None)


def topic_held(cluster: Cluster, topic: str, decode: Decode, night: int) -> TopicHeld:
    """All of a topic of enriched alerts. Raises KafkaUnavailable, OffsetGap."""
    found: list[Rows] = []

    def keep(messages: Sequence[Message]) -> None:
        batch = decode([packet_of(each) for each in messages])
        rows = np.flatnonzero(batch.night == night)
        came = [messages[at] for at in batch.source_index[rows].tolist()]
        found.append(_rows(batch.take(rows), came))

    held = _held(cluster, topic, lambda _: False, keep)
    return held._replace(rows=_joined(found))


def counted(cluster: Cluster, topic: str) -> TopicHeld:
    """The messages of a topic, their contents unread."""
    return _held(cluster, topic, lambda _: False, lambda _: None)


def letters_held(cluster: Cluster, topic: str) -> TopicHeld:
    """The dead letters of a topic, without the marks beside them."""
    return _held(cluster, topic, lambda _: False, lambda _: None, _letters)


def lake_held(path: Path, night: int) -> LakeHeld:
    """A lake that is written live. Raises ArchiveError."""
    log = read_log(path)
    found: list[Rows] = []
    origins = [unread_origin(one.path) for one in log.unread]
    for standing in log.parts:
        part = Part(standing)
        origin = tuple(_column(part, name) for name in ORIGIN)
        origins.append(origin)
        if part.night == str(night):
            rest = (_column(part, name) for name in ("survey", "alert_id", "visit"))
            found.append(Rows(*origin, *rest))
    return LakeHeld(log.stretches, _by_partition(origins), _joined(found))


def _records(messages: Sequence[Message]) -> Iterator[tuple[Message, Origin]]:
    return ((each, source_of(each.headers)) for each in messages)


def _letters(messages: Sequence[Message]) -> Iterator[tuple[Message, Origin]]:
    for message in messages:
        letter = read(message)
        if isinstance(letter, Letter):
            yield message, (letter.source, letter.offset)


def _held(
    cluster: Cluster,
    topic: str,
    is_enough: Callable[[list[Message]], bool],
    keep: Callable[[Sequence[Message]], None],
    named: Callable[[Sequence[Message]], Iterator[tuple[Message, Origin]]] = _records,
) -> TopicHeld:
    firsts: dict[Partition, int] = {}
    found: dict[Partition, list[int]] = {}
    origins: dict[Partition, list[int]] = {}
    with closing(cluster.open_source(topic)) as source:
        for messages in polls_to_end(source):
            at, began = source.positions(), source.starts()
            for each in at:
                firsts.setdefault(each, min(began.get(each, at[each]), at[each]))
            for message, origin in named(messages):
                place = Partition(message.topic, message.partition)
                found.setdefault(place, []).append(message.offset)
                if origin:
                    origins.setdefault(origin[0], []).append(origin[1])
            if messages:
                keep(messages)
            if at and is_enough(messages):
                break
        ends = source.ends() or {}
        lives = {each: life.name for each, life in source.lives().items()}
    offsets = {each: np.array(found.get(each, ()), np.int64) for each in firsts}
    rising = {each: np.sort(np.array(of, np.int64)) for each, of in origins.items()}
    return TopicHeld(firsts, ends, lives, offsets, _joined([]), rising)


def _rows(batch: AlertBatch, messages: Sequence[Message]) -> Rows:
    return Rows(
        np.array([each.topic for each in messages], np.str_),
        np.array([each.partition for each in messages], np.int64),
        np.array([each.offset for each in messages], np.int64),
        batch.survey,
        batch.alert_id,
        batch.visit,
    )


def _joined(parts: Sequence[Rows]) -> Rows:
    texts = np.zeros(0, np.str_)
    none = Rows(texts, NOTHING, NOTHING, texts, NOTHING, NOTHING)
    return Rows(*(np.concatenate(columns) for columns in zip(none, *parts, strict=True)))


def _column(part: Part, name: str) -> NDArray[Any]:
    whole = [part.column(group, name) for group in range(part.groups)]
    return np.concatenate(whole) if whole else NOTHING


def _by_partition(origins: Sequence[tuple[NDArray[Any], ...]]) -> dict[Partition, Ints]:
    found: dict[Partition, list[Ints]] = {}
    for topics, partitions, offsets in origins:
        for place in _places(topics, partitions):
            here = (topics == place.topic) & (partitions == place.number)
            found.setdefault(place, []).append(offsets[here].astype(np.int64))
    return {place: np.sort(np.concatenate(each)) for place, each in found.items()}


def _places(topics: NDArray[Any], partitions: NDArray[Any]) -> Iterator[Partition]:
    for topic in np.unique(topics).tolist() if len(topics) else ():
        for number in np.unique(partitions[topics == topic]).tolist():
            yield Partition(topic, int(number))
