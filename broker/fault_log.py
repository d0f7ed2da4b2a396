"""What was not read, what raised, and what Kafka took back, as lines in the log."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Final, Protocol

from broker.observer import BatchReport, Phase
from broker.ports import Clock
from schemas.errors import BrokerError

LOG: Final = logging.getLogger("gueststar.broker")

SILENCE_S: Final = 60.0
"""A fault that comes again is said again after this long: a broken filter raises every batch."""

MESSAGES_KEPT_MAX: Final = 1_000
"""Different messages that are remembered; all are forgotten when there is one more."""

ALERTS: Final = re.compile(r" \(\d+ alerts\)$")


class Faults(Protocol):
    """The outcome of any job that says what was at fault."""

    @property
    def faults(self) -> Sequence[str]:
        """A line each."""
        ...


class FaultLog:
    """An observer: faults in the log, each at most once in SILENCE_S, and every abort."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said_s: dict[str, float] = {}

    def on_phase(self, phase: Phase) -> None:
        """Not logged."""

    def on_batch(self, report: BatchReport[Faults]) -> None:
        """Log what was not read, and what filters and classifiers raised."""
        now_s = self._clock.monotonic_s()
        for fault in report.outcome.faults:
            kind = ALERTS.sub("", fault)
            if now_s - self._said_s.get(kind, -SILENCE_S) >= SILENCE_S:
                LOG.warning("%s", fault)
                self._remember(kind, now_s)

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        LOG.warning("a transaction was given up (%s), its alerts are read again: %s", phase, error)

    def _remember(self, kind: str, now_s: float) -> None:
        if len(self._said_s) >= MESSAGES_KEPT_MAX:
            self._said_s.clear()
        self._said_s[kind] = now_s
