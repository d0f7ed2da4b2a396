"""Dead letters as lines in the log: the first at once, then one a minute with counts by reason."""

from __future__ import annotations

import logging
import re
from collections import Counter
from typing import Final

from broker.dead_letters.letters import NOT_PUBLIC, DeadLetter
from broker.observer import BatchReport, Phase
from broker.ports import Clock
from schemas.errors import BrokerError

LOG: Final = logging.getLogger("gueststar.broker")

INTERVAL_S: Final = 60.0
"""Between two lines, however many letters there are."""

KINDS_SHOWN_MAX: Final = 5
"""Reasons in one line, the most frequent first; the rest are summed."""

KINDS_KEPT_MAX: Final = 100
"""Different reasons that are told apart between two lines; more are summed."""

EXAMPLE_CHARACTERS_MAX: Final = 200
"""How much of one reason's first detail is said."""

ERROR_FRACTION: Final = 0.5
"""Where more of the alerts than this died, the line is an error, else a warning."""

CHANGING: Final = re.compile(r"'[^']*'|\"[^\"]*\"|[0-9a-fA-F]*[0-9][0-9a-fA-F]*")
"""What differs between two packets that died of one cause: numbers, hashes, quoted texts."""


class DeadLetterLog:
    """An observer that counts dead letters and says so, at most once in INTERVAL_S."""

    def __init__(self, clock: Clock, *, where: str = "`gueststar dead-letters list`") -> None:
        """`where` they can be seen."""
        self._clock = clock
        self._where = where
        self._said_s: float | None = None
        self._alerts = 0
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, str] = {}
        self._uncounted = 0

    def on_batch(self, report: BatchReport[object]) -> None:
        self._alerts += report.entry.consumed
        for letter in report.dead:
            if letter.reason != NOT_PUBLIC:  # That is as it was set.
                self._count(letter)
        self._say_if_due()

    def on_phase(self, phase: Phase) -> None:
        """Say what was counted where it is due, though no batch comes any more."""
        if phase is Phase.STOPPED:
            self._say()
        elif phase is Phase.POLLING:
            self._say_if_due()

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        """Nothing of it was committed."""

    def _count(self, letter: DeadLetter) -> None:
        kind = f"{letter.reason}: {CHANGING.sub('#', letter.detail)}"
        if kind not in self._examples and len(self._examples) >= KINDS_KEPT_MAX:
            self._uncounted += 1
            return
        self._counts[kind] += 1
        self._examples.setdefault(
            kind, f"{letter.reason} ({letter.detail[:EXAMPLE_CHARACTERS_MAX]})"
        )

    def _say_if_due(self) -> None:
        now_s = self._clock.monotonic_s()
        if self._said_s is None or now_s - self._said_s >= INTERVAL_S:
            self._say()

    def _say(self) -> None:
        dead = self._counts.total() + self._uncounted
        if dead:
            level = logging.ERROR if dead > ERROR_FRACTION * self._alerts else logging.WARNING
            LOG.log(
                level,
                "%d of %d alerts became dead letters: %s; see %s",
                dead,
                self._alerts,
                self._told(dead),
                self._where,
            )
            self._said_s = self._clock.monotonic_s()
        if dead or self._quiet():
            self._alerts, self._uncounted = 0, 0
            self._counts.clear()
            self._examples.clear()

    def _quiet(self) -> bool:
        """Whether the last line is so long ago that its interval is over."""
        return self._said_s is None or self._clock.monotonic_s() - self._said_s >= INTERVAL_S

    def _told(self, dead: int) -> str:
        shown = self._counts.most_common(KINDS_SHOWN_MAX)
        told = [f"{count} {self._examples[kind]}" for kind, count in shown]
        rest = dead - sum(count for _, count in shown)
        return ", ".join([*told, f"{rest} of other reasons"] if rest else told)
