"""What a worker's log says of dead letters, line by line under a clock that is moved by hand."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import pytest

from broker.clock import ManualClock
from broker.dead_letters import DeadLetter
from broker.dead_letters.log import INTERVAL_S, KINDS_KEPT_MAX, DeadLetterLog
from broker.observer import BatchReport, Phase
from broker.ports import Message
from tests.broker.test_metrics import report_of

SEE = "; see `gueststar dead-letters list`"


def died(count: int, reason: str, detail: str) -> list[DeadLetter]:
    """So many alerts; each {} in the detail is a number of its own."""
    message = Message("rubin", 0, 0, -1, None, b"")
    return [DeadLetter(reason, detail.format(n, n), message) for n in range(count)]


def batch(alerts: int, dead: Sequence[DeadLetter]) -> BatchReport[object]:
    """A committed batch."""
    report = report_of(None)
    ranges = tuple(each._replace(consumed=0) for each in report.entry.ranges)
    ranges = (ranges[0]._replace(consumed=alerts), *ranges[1:])
    return replace(report, entry=replace(report.entry, ranges=ranges), dead=dead)


class Watched:
    """A log, its clock, and what it has said since last asked."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self.clock = ManualClock()
        self.log = DeadLetterLog(self.clock)
        self._caplog = caplog

    def said(self) -> list[str]:
        lines = [f"{each.levelname} {each.message}" for each in self._caplog.records]
        self._caplog.clear()
        return lines


@pytest.fixture
def watched(caplog: pytest.LogCaptureFixture) -> Watched:
    caplog.set_level(logging.INFO, logger="gueststar.broker")
    return Watched(caplog)


def test_a_schema_bump_is_said_at_once_and_then_once_a_minute(watched: Watched) -> None:
    bump = died(40, "unknown schema", "schema id 1200")
    watched.log.on_batch(batch(40, bump))
    assert watched.said() == [
        f"ERROR 40 of 40 alerts became dead letters: 40 unknown schema (schema id 1200){SEE}"
    ]
    for _ in range(59):
        watched.clock.advance(1)
        watched.log.on_batch(batch(60, bump))
    assert watched.said() == []
    watched.clock.advance(1)
    watched.log.on_batch(batch(60, bump))
    assert watched.said() == [
        f"ERROR 2400 of 3600 alerts became dead letters: 2400 unknown schema (schema id 1200){SEE}"
    ]


def test_texts_that_differ_by_numbers_and_quotes_are_one_reason(watched: Watched) -> None:
    dead = [
        *died(40, "truncated", "at byte {} of 7f3a{}"),
        *died(3, "not an alert", "it begins with '{}'"),
    ]
    watched.log.on_batch(batch(300, dead))
    assert watched.said() == [
        "WARNING 43 of 300 alerts became dead letters: 40 truncated (at byte 0 of 7f3a0),"
        f" 3 not an alert (it begins with '0'){SEE}"
    ]


def test_the_most_frequent_reasons_are_named_and_the_rest_is_summed(watched: Watched) -> None:
    names = ("one", "two", "three", "four", "five", "six", "seven")
    dead = [each for n, name in enumerate(names, 1) for each in died(n, "not an alert", name)]
    watched.log.on_batch(batch(100, dead))
    (line,) = watched.said()
    assert line.startswith("WARNING 28 of 100 alerts became dead letters: 7 not an alert (seven),")
    assert line.endswith(f" 3 not an alert (three), 3 of other reasons{SEE}")


def test_reasons_that_are_never_the_same_fill_no_memory(watched: Watched) -> None:
    letters = [chr(97 + n // 26) * 30 + chr(97 + n % 26) for n in range(KINDS_KEPT_MAX + 9)]
    dead = [each for name in letters for each in died(1, "not an alert", "ghijk" + name)]
    watched.log.on_batch(batch(1000, dead))
    (line,) = watched.said()
    assert f"{KINDS_KEPT_MAX + 9} of 1000 alerts" in line
    assert line.endswith(f" {KINDS_KEPT_MAX + 4} of other reasons{SEE}")


def test_what_was_counted_is_said_though_no_batch_comes_any_more(watched: Watched) -> None:
    watched.log.on_batch(batch(10, died(1, "truncated", "a")))
    watched.log.on_batch(batch(10, died(2, "truncated", "a")))
    watched.said()
    watched.clock.advance(INTERVAL_S)
    watched.log.on_phase(Phase.POLLING)
    assert watched.said() == [f"WARNING 2 of 10 alerts became dead letters: 2 truncated (a){SEE}"]
    watched.log.on_batch(batch(4, died(1, "truncated", "a")))
    watched.log.on_phase(Phase.STOPPED)
    assert watched.said() == [f"WARNING 1 of 4 alerts became dead letters: 1 truncated (a){SEE}"]


def test_what_is_withheld_as_it_was_set_is_not_said(watched: Watched) -> None:
    watched.log.on_batch(batch(40, died(30, "withheld", "programid 2")))
    assert watched.said() == []


def test_a_quiet_hour_is_not_counted_into_the_next_line(watched: Watched) -> None:
    for _ in range(60):
        watched.log.on_batch(batch(1000, []))
        watched.log.on_phase(Phase.POLLING)
        watched.clock.advance(INTERVAL_S)
    watched.log.on_batch(batch(2, died(2, "truncated", "a")))
    assert watched.said() == [f"ERROR 2 of 2 alerts became dead letters: 2 truncated (a){SEE}"]
