"""Alerts that come twice: which are flagged, what filters may do, and what is forgotten."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from broker.alerts.pipeline import Pipeline
from broker.alerts.repeats import Repeats
from broker.clock import ManualClock
from broker.ports import Message
from filters.alerts import Alerts
from filters.handmade import handmade
from filters.selection import Clauses, Selection
from schemas.annotation import SEEN_BEFORE
from tests.broker.alerts.test_pipeline import numbers, on
from tests.broker.fakes import (
    TOPICS,
    FakeDecoder,
    FakeEnricher,
    bright,
    filter_set_of,
    no_limit,
    packet,
)


def came(ids: Sequence[int], first: int = 0, partition: int = 0) -> list[Message]:
    """Alerts of these ids, one behind the other in a partition from an offset on."""
    return [
        Message("survey", partition, first + at, 0, None, packet(number))
        for at, number in enumerate(ids)
    ]


def marked(repeats: Repeats, messages: Sequence[Message]) -> list[int]:
    """The column that comes of messages."""
    batch = FakeDecoder().decode([each.value for each in messages])
    repeats.mark(batch, messages)
    found: list[int] = batch.seen_before.tolist()
    return found


def test_an_alert_that_comes_again_is_seen_before_in_its_batch_and_in_later_ones() -> None:
    repeats = Repeats()
    assert marked(repeats, came([1, 2, 1])) == [0, 0, 1]
    assert marked(repeats, came([2, 3], first=3)) == [1, 0]
    assert marked(repeats, came([3], partition=1)) == [1]


def test_a_batch_that_was_given_back_is_no_repetition() -> None:
    repeats = Repeats()
    messages = came([1, 2, 1])
    assert marked(repeats, messages) == marked(repeats, messages) == [0, 0, 1]


def test_alerts_of_two_surveys_may_have_one_id() -> None:
    repeats, messages = Repeats(), came([1, 1])
    batch = handmade(rows=2, alert_id=[1, 1], survey=["ztf", "lsst"])
    repeats.mark(batch, messages)
    assert batch.seen_before.tolist() == [0, 0]


@given(st.lists(st.integers(0, 30), max_size=80), st.integers(1, 10), st.integers(1, 7))
def test_what_came_within_the_window_is_known_and_what_is_older_is_forgotten(
    ids: list[int], kept: int, batch: int
) -> None:
    repeats = Repeats(kept)
    known: list[int] = []
    for first in range(0, len(ids), batch):
        part = ids[first : first + batch]
        expected = []
        for number in part:
            expected.append(int(number in known))
            known += [number] if number not in known else []
        known = known[-kept:]
        assert marked(repeats, came(part, first)) == expected


def _unseen(alerts: Alerts) -> Clauses:
    """What comes for the first time."""
    yield "first", alerts.seen_before == 0


def test_both_are_published_the_second_with_a_flag_and_a_filter_may_refuse_it() -> None:
    pipeline = Pipeline(
        decoder=FakeDecoder(),
        stages=[],
        filters=filter_set_of(Selection(_unseen, topic="unseen", name="unseen"), bright()),
        enricher=FakeEnricher(),
        topics=TOPICS,
        bytes_max=no_limit,
        clock=ManualClock(),
        broker_version="test",
    )
    done = pipeline.process(came([0, 1, 0]))
    flags = [record["flags"] for record in on("enriched", done.outputs)]
    assert flags == [[], [], [SEEN_BEFORE]]
    assert numbers("unseen", done.outputs) == [0, 1]
    assert numbers("bright", done.outputs).count(0) == 2
    assert done.outcome.counts.refused["unseen"] == {"first": 1}
