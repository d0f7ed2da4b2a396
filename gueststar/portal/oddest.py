"""The oddest of a lake's nights, and the profiles of those who look through them, held open."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

from broker.ports import ControlTopic
from classifiers.anomaly import Anomaly
from gueststar.anomalies.nights import Odd, oddest
from gueststar.anomalies.records import Profile
from gueststar.anomalies.review import ranked, still_open
from gueststar.portal.lake_door import NO_LAKE
from lake.reading import Lake
from schemas.errors import QuestionError

NIGHTS_DEFAULT: Final = 7
"""The lake's last."""
KEPT_S: Final = 600.0
"""So long the nights' oddest stay as they were found: a lake that is written grows all the time."""
QUESTIONS_MAX: Final = 4
USERS_MAX: Final = 16
"""Whose profiles are held open at once."""


@dataclass
class Desk:
    """One user's answers, while they look."""

    profile: Profile
    held: ExitStack
    skipped: set[tuple[str, str]] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)

    def next_of(self, odd: Odd) -> Odd | None:
        """The first by their ranking that is neither answered nor skipped."""
        self.profile.learn()
        return next(still_open(ranked(odd, self.profile), self.profile, self.skipped), None)


class Found(NamedTuple):
    """The oddest of some nights, as they were at a time."""

    odd: Odd
    nights: str
    unix_s: float
    monotonic_s: float
    """The same time: the clock of day may be set meanwhile."""


class Reviewing:
    """Users' profiles, and the oddest that they look through."""

    def __init__(
        self, lake: Path | None, opens: Callable[[], AbstractContextManager[ControlTopic]]
    ) -> None:
        """opens: the topic of answers."""
        self._lake, self._opens = lake, opens
        self._stage: Anomaly | None = None
        self._found: dict[str, Found] = {}
        self._desks: dict[str, Desk] = {}
        self._lock, self._finding = Lock(), Lock()

    def oddest(self, nights: str) -> Found:
        """Of nights as `Lake` takes them, or of its last. Raises ArchiveError, QuestionError."""
        with self._finding:
            known = self._found.get(nights)
            if known is None or time.monotonic() - known.monotonic_s > KEPT_S:
                known = self._looked_for(nights)
                self._found = {**self._found, nights: known}
                for old in [*self._found][:-QUESTIONS_MAX]:
                    del self._found[old]
            return known

    def _looked_for(self, nights: str) -> Found:
        if self._lake is None:
            raise QuestionError(NO_LAKE)
        if not nights:
            names = [*Lake(self._lake).nights][-NIGHTS_DEFAULT:]
            nights = ":".join(dict.fromkeys((names[0], names[-1])))
        self._stage = self._stage or Anomaly()
        found = oddest(Lake(self._lake, [nights]), self._stage)
        return Found(found, nights, time.time(), time.monotonic())

    @contextmanager
    def asked(self, user: str, by: str) -> Iterator[Desk]:
        """A user's desk, while no other request has it. Raises QuestionError, KafkaUnavailable."""
        desk = self._desk(user, by)
        with desk.lock:
            yield desk

    def _desk(self, user: str, by: str) -> Desk:
        with self._lock:
            desk = self._desks.pop(user, None) or self._opened(user, by)
            self._desks[user] = desk
            for old in [*self._desks][:-USERS_MAX]:
                one = self._desks.pop(old)
                with one.lock:
                    one.held.close()
            return desk

    def _opened(self, user: str, by: str) -> Desk:
        with ExitStack() as opening:
            self._stage = self._stage or Anomaly()
            control = opening.enter_context(self._opens())
            profile = Profile(control, user, sha256=self._stage.identity.sha256, by=by)
            return Desk(profile, opening.pop_all())

    def close(self) -> None:
        """Let go of all profiles."""
        for desk in self._desks.values():
            desk.held.close()
        self._desks = {}
