"""A request: one observation that is wanted of one object, and how it stands.

Its id is made of what it is for, so an alert that is seen twice, or a job that was killed, can only
ever make it again. It is also what telescopes are told it is called, and so what they are asked by.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain
from logging import Logger
from typing import Final

from broker.json_records import RecordError, document_of, encoded, read, require, shortened
from broker.ports import Message, Output
from services.followup.planning.brightness import Course
from services.followup.planning.ephemeris import DAY_S


class State(StrEnum):
    """How a request stands: the Observatory Control System's words, and ours before and between.

    WANTED        by a programme; not asked for yet
    SUBMITTED     about to be asked for: written before the telescope hears of it
    UNKNOWN       the answer was lost; to be reconciled by asking
    PENDING       the telescope has it
    WITHDRAWING   it was asked to give it up
    """

    WANTED = "WANTED"
    SUBMITTED = "SUBMITTED"
    UNKNOWN = "UNKNOWN"
    PENDING = "PENDING"
    WITHDRAWING = "WITHDRAWING"
    COMPLETED = "COMPLETED"
    WINDOW_EXPIRED = "WINDOW_EXPIRED"
    FAILURE_LIMIT_REACHED = "FAILURE_LIMIT_REACHED"
    CANCELED = "CANCELED"


FINAL: Final = frozenset(
    {State.COMPLETED, State.WINDOW_EXPIRED, State.FAILURE_LIMIT_REACHED, State.CANCELED}
)
ASKED: Final = frozenset({State.SUBMITTED, State.UNKNOWN, State.PENDING, State.WITHDRAWING})
"""A telescope may have it."""
UNIX_MJD: Final = 40_587.0
OLD_D: Final = 30.0
"""An alert that is older when something is wanted of it was sent again, and no visit is so late."""
CLOCKS_S: Final = 43_200.0
"""By less telescopes' clocks differ from ours: half of what a request is kept at the least."""


@dataclass(frozen=True)
class Request:
    """One observation; every change of it is a new one of the same id."""

    id: str
    """programme/object/visit"""
    programme: str
    version: int
    """Of the programme, when it was wanted."""
    object_id: str
    alert_id: str
    ra_deg: float
    dec_deg: float
    mjd: float
    """Of the alert."""
    magnitude: float
    fades_mag_per_day: float
    priority: float
    visit: int
    """From 1."""
    events: tuple[str, ...]
    """Of other messengers, that the programme asks of by name."""
    wanted_unix_s: float
    not_before_unix_s: float
    until_unix_s: float
    state: State
    reason: str
    changed_unix_s: float
    site: str = ""
    begin_unix_s: float = 0.0
    end_unix_s: float = 0.0
    """The window that the site was asked for."""
    attempt: int = 0
    """Submissions so far."""
    reference: str = ""
    """What the telescope calls it."""
    submitted_unix_s: float = 0.0
    """When it was asked for last."""
    past: tuple[str, ...] = ()
    """What telescopes called it in attempts that are over."""
    barred: tuple[str, ...] = ()
    """Sites that refused it."""
    replan: bool = False
    """Of one that is withdrawn: whether it is wanted elsewhere then."""
    sequence: int = 1
    """Which change of it this is."""
    origin: str = ""
    """Where its alert lies: topic-partition-offset."""
    ahead: tuple[tuple[float, ...], ...] = ()
    """What is foretold of it: days after the alert, rising, and magnitudes."""

    def __post_init__(self) -> None:
        """Raises RecordError for what no job writes."""
        require(self.id == id_of(self.programme, self.object_id, self.visit), "its id is another's")

    @property
    def course(self) -> Course:
        """How bright it is going to be. Of a night that is sent again its alert is of now."""
        alert_unix_s = (self.mjd - UNIX_MJD) * DAY_S
        is_old = self.wanted_unix_s - alert_unix_s > OLD_D * DAY_S
        begin_unix_s = self.wanted_unix_s if is_old else alert_unix_s
        points = self.ahead or ((0.0, self.magnitude),)
        return Course(begin_unix_s, points, self.fades_mag_per_day)

    @property
    def digest(self) -> str:
        """Of its id, where that is too long or has signs that are not allowed."""
        return hashlib.sha256(self.id.encode()).hexdigest()[:16]

    def may_have(self, made_unix_s: float) -> bool:
        """Whether what was made then can be of it, and not of one of its id long forgotten."""
        return made_unix_s >= self.wanted_unix_s - CLOCKS_S

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    def now(self, state: State, reason: str, unix_s: float, **changes: object) -> Request:
        """The same in another state."""
        told = shortened(reason)
        kept = replace(self, **changes)  # type: ignore[arg-type]
        number = self.sequence + 1
        return replace(kept, state=state, reason=told, changed_unix_s=unix_s, sequence=number)

    def output(self, topic: str) -> Output:
        """As its topic has it."""
        return Output(topic, self.id.encode(), encoded(self))

    def deletion(self, topic: str) -> Output:
        """What takes it off its topic."""
        return Output(topic, self.id.encode(), b"")


def id_of(programme: str, object_id: str, visit: int) -> str:
    return f"{programme}/{object_id}/{visit}"


ADDED: Final[Mapping[str, object]] = {"ahead": []}
"""Keys that earlier versions did not write, and what that meant."""


class Requests:
    """All that are known, by id: what the topic's records add up to."""

    def __init__(self) -> None:
        self._all: dict[str, Request] = {}

    def learn(self, messages: Iterable[Message], log: Logger) -> list[Request]:
        """Those that changed; a message that is no request is logged and passed over."""
        changed = list[Request]()
        # Of each request its last record says all, and reading one takes a while.
        for message in {message.key: message for message in messages}.values():
            key = (message.key or b"").decode("utf-8", "replace")
            if not message.value:
                # What is open was wanted anew since: only what has ended is ever deleted.
                if key in self._all and self._all[key].is_final:
                    del self._all[key]
                continue
            try:
                said = document_of(message.value)
                request: Request = read(
                    Request, {**ADDED, **said} if isinstance(said, dict) else said
                )
                require(request.id == key, f"it calls itself {request.id!r:.80}")
            except RecordError as error:
                log.warning("no request, passed over: %s offset %d: %s", key, message.offset, error)
                continue
            if self.put(request):
                changed.append(request)
        return changed

    def put(self, request: Request) -> bool:
        """As it stands now; False where a later change is known already."""
        known = self._all.get(request.id)
        if known is not None and known.sequence >= request.sequence:
            return False
        self._all[request.id] = request
        return True

    def get(self, named: str) -> Request | None:
        return self._all.get(named)

    def forgettable(self, before_unix_s: float) -> list[Request]:
        """All that a programme wanted of an object, where the last of it ended before.

        They go together: of a visit whose successor is not known a successor would be wanted.
        """
        visits = defaultdict[tuple[str, str], list[Request]](list)
        for one in self._all.values():
            visits[one.programme, one.object_id].append(one)
        ended = (
            together
            for together in visits.values()
            if all(one.is_final and one.changed_unix_s < before_unix_s for one in together)
        )
        return [*chain.from_iterable(ended)]

    def forget(self, requests: Iterable[Request]) -> None:
        for one in requests:
            del self._all[one.id]

    @property
    def open(self) -> list[Request]:
        """Those that have not ended, the dearest first."""
        found = [one for one in self._all.values() if not one.is_final]
        return sorted(found, key=lambda one: (-one.priority, one.id))

    @property
    def all(self) -> Mapping[str, Request]:
        return self._all
