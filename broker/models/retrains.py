"""Requests to make a model again, as records of a compacted topic, and what they add up to.

A request is to its model what a version is to a filter: numbered, written once, and beside it how
it stands (broker/versions.py). Workers ask for what drifts, people for what they will; the job of
`training/` carries requests out, one after another.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from broker.json_records import require
from broker.models.records import KEY
from broker.ports import Message
from broker.versions import (
    SHA256,
    ChangeRecord,
    Erased,
    VersionRecord,
    VersionRegister,
    VersionStatus,
    check_time,
    check_version,
    read_version,
    records_in,
)
from lake.layout import night_date

LOG: Final = logging.getLogger("gueststar.models")

JOB: Final = "retraining"
"""Who carries them out: behind the workers' group, its transactional id."""

NIGHTS: Final = re.compile(r"[0-9]{8}(:[0-9]{8})?")
"""As `lake.reading.Lake` takes them."""


class State(StrEnum):
    """How a request stands."""

    ASKED = "asked"
    TAKEN = "taken"
    """By a job, which is at it or was killed."""
    DONE = "done"
    FAILED = "failed"


OPEN: Final = (State.ASKED, State.TAKEN)


@dataclass(frozen=True)
class RetrainRequest(VersionRecord):
    """That a model shall be made again; it never changes."""

    name: str
    """The model's."""
    version: int
    """The request's number, from 1, counted by the topic."""
    nights: tuple[str, ...]
    """Whose alerts it is to be taught: "20231018", or "20231001:20231031"."""
    why: str
    drifted: int | None
    """The night that did, YYYYMMDD; None where somebody asked."""
    model_version: str
    """As the file says it that served then,"""
    sha256: str
    """and which that is."""
    by: str
    """user@host, or a worker."""
    deployed_unix_s: float
    """When it was asked."""

    def __post_init__(self) -> None:
        """Raises RecordError for what nobody asks."""
        check_version(self.version)
        require(bool(self.nights), "it names no night")
        require(all(map(NIGHTS.fullmatch, self.nights)), f"{self.nights!r:.80} are no nights")
        require(self.drifted is None or is_night(self.drifted), f"{self.drifted} is no night")
        require(SHA256.fullmatch(self.sha256) is not None, f"{self.sha256!r:.80} is no sha256")
        check_time(self.deployed_unix_s, "asked")

    @property
    def called(self) -> str:
        return f"request {self.version} of {self.name}"


@dataclass(frozen=True)
class Change(ChangeRecord):
    """One change of how a request stands."""

    state: State
    reason: str
    """Why it failed; of others what is to be said."""
    made: int | None
    """The number of the version that came of it, a shadow then."""
    by: str
    unix_s: float


@dataclass(frozen=True)
class Status(VersionStatus[Change]):
    """How a request stands, and how it came to."""

    changes: tuple[Change, ...]


def records_of(messages: Iterable[Message]) -> Iterator[RetrainRequest | Status | Erased]:
    """The records that messages hold; one that is none is logged and passed over."""
    return records_in(messages, _read, what="request to make a model again", log=LOG)


def _read(key: bytes | None, value: bytes) -> RetrainRequest | Status | Erased:
    return read_version(KEY, (RetrainRequest, Status), key, value)


@dataclass(frozen=True)
class RetrainRegister(VersionRegister[RetrainRequest, Status, Change]):
    """All requests that were ever made. Never changed."""

    @property
    def open(self) -> tuple[RetrainRequest, ...]:
        """Those that are neither done nor failed, the oldest first."""
        found = [each for each in self.all if self.change(each).state in OPEN]
        return tuple(sorted(found, key=lambda each: each.deployed_unix_s))

    def times_taken(self, request: RetrainRequest) -> int:
        """How often a job began with it."""
        return sum(each.state is State.TAKEN for each in self.changes(request))

    def is_due(self, name: str, sha256: str, night: int, wait_days: int) -> bool:
        """Whether what drifts is to be asked for.

        It is not while a request of the model is open, nor so soon after one that drift of the same
        file made: until a better one is promoted, that goes on.
        """
        if any(each.name == name for each in self.open):
            return False
        known = [each.drifted for each in self.versions(name) if each.sha256 == sha256]
        wait = timedelta(days=wait_days)
        return all(_date(night) - _date(each) >= wait for each in known if each is not None)

    def changed(self, request: RetrainRequest, change: Change) -> Status:
        """The record to write for one more change of a request."""
        return Status(request.name, request.version, self._with(request, change))

    def _deployed(self, version: RetrainRequest) -> Change:
        return Change(State.ASKED, version.why, None, version.by, version.deployed_unix_s)


def is_night(night: int) -> bool:
    """Whether a number is a night's, YYYYMMDD."""
    try:
        return bool(_date(night))
    except ValueError:
        return False


def nights_to(night: int, count: int) -> str:
    """So many nights, the last of them this one (YYYYMMDD)."""
    begin = _date(night) - timedelta(days=count - 1)
    return f"{begin:%Y%m%d}:{night}"


def _date(night: int) -> date:
    return night_date(str(night))
