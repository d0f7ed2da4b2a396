"""What is said in the log of faults and aborts, and how often."""

from __future__ import annotations

import logging
from typing import NamedTuple

import pytest

from broker.clock import ManualClock
from broker.errors import TransactionAborted
from broker.fault_log import MESSAGES_KEPT_MAX, SILENCE_S, FaultLog
from broker.observer import Phase
from tests.broker.test_metrics import report_of


class Faulty(NamedTuple):
    """What a job tells of a batch."""

    faults: tuple[str, ...]


def said(reporter: FaultLog, caplog: pytest.LogCaptureFixture, *faults: str) -> list[str]:
    caplog.clear()
    with caplog.at_level(logging.WARNING, logger="gueststar.broker"):
        reporter.on_batch(report_of(Faulty(faults)))
    return caplog.messages


def test_a_fault_is_said_at_once_and_then_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock()
    reporter = FaultLog(clock)
    assert said(reporter, caplog, "it broke (3 alerts)") == ["it broke (3 alerts)"]
    clock.advance(SILENCE_S / 2)
    assert said(reporter, caplog, "it broke (5 alerts)", "another (1 alerts)") == [
        "another (1 alerts)"
    ]
    clock.advance(SILENCE_S / 2)
    assert said(reporter, caplog, "it broke (7 alerts)") == ["it broke (7 alerts)"]


def test_faults_that_are_never_the_same_fill_no_memory(caplog: pytest.LogCaptureFixture) -> None:
    reporter = FaultLog(ManualClock())
    for number in range(MESSAGES_KEPT_MAX + 5):
        said(reporter, caplog, f"fault {number}")
    assert said(reporter, caplog, "fault 0") == ["fault 0"]
    assert said(reporter, caplog, f"fault {MESSAGES_KEPT_MAX + 4}") == []


def test_an_abort_is_said_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    FaultLog(ManualClock()).on_abort(TransactionAborted("Kafka said no"), Phase.COMMITTING)
    assert caplog.messages == [
        "a transaction was given up (committing), its alerts are read again: Kafka said no"
    ]
