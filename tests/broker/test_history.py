"""Whoever waits for another member to open a group does not wait for ever."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

import pytest

from broker.kafka.history import History
from broker.kafka.offsets import GroupOffsets
from broker.ports import Partition

FIRST, SECOND = Partition("survey", 0), Partition("survey", 1)


class FakeOffsets:
    """Of one topic with two partitions, each of which holds offsets 3 to 7."""

    def topics(self, timeout_s: float = 0.0) -> dict[str, int]:
        return {"survey": 2}

    def ends(self, partition: Partition) -> tuple[int, int]:
        return 3, 8


def nothing_committed(asked: Collection[Partition]) -> dict[Partition, int]:
    """A new group's places."""
    return dict.fromkeys(asked, -1)


def named(topics: Collection[str], _: float = 0.0) -> dict[str, str]:
    """A Kafka without ids."""
    return dict.fromkeys(topics, "")


def beginnings(mine: list[Partition]) -> dict[Partition, int] | None:
    """Where a member of a new group that shares the topic begins in what it was assigned."""
    offsets = cast(GroupOffsets, FakeOffsets())
    history = History(["survey"], "latest", alone=False)
    history.arrive(offsets, named)
    return history.beginnings(mine, mine, offsets, nothing_committed, named)


def test_the_member_with_the_first_partition_opens_them_all() -> None:
    assert beginnings([FIRST]) == {FIRST: 8, SECOND: 8}


def test_another_waits_for_it_and_then_opens_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert beginnings([SECOND]) is None
    monkeypatch.setattr("broker.kafka.history.OPENING_S_MAX", 0.0)
    assert beginnings([SECOND]) == {SECOND: 8}
