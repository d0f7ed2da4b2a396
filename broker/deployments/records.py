"""Deployed filters as records of a compacted topic; register.py says what they add up to.

A version has two keys: `NAME/VERSION`, what was deployed, written once; and `NAME/VERSION/status`,
how it stands and how it came to. So pausing version 3 can never undo version 4, and Kafka's
compaction, which keeps the last record of a key, forgets nothing that counts. Both are JSON.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from broker.json_records import RecordError, document_of, encoded, read, require
from filters.expressions.filter import NAME

VERSION_MAX = 2**31
"""Versions of one filter; far more than anyone deploys."""

CHANGES_KEPT = 50
"""Changes that a status remembers: a filter paused and resumed every night stays a small record."""

UNIX_S_MAX = 1e11
"""A time after the year 5138 is no time of a deployment."""

SHA256 = re.compile(r"[0-9a-f]{64}")
KEY = re.compile(rf"({NAME.pattern})/([1-9][0-9]{{0,9}})(/status)?")


class State(StrEnum):
    """How a version stands."""

    LIVE = "live"
    PAUSED = "paused"
    REMOVED = "removed"


class Cause(StrEnum):
    """Why it came to stand so; the metrics' word for it."""

    ASKED = "asked"
    """Somebody said so."""
    RAISED = "raised"
    """Its clauses raised."""
    COST = "cost"
    """It took too long."""
    DIFFERS = "differs"
    """Asked alone and asked among all it gave two answers."""
    UNFIT = "unfit"
    """A worker cannot activate it."""


@dataclass(frozen=True)
class DryRun:
    """What the dry run found, before the version was deployed."""

    archive: str
    """Its path, as it was given, made absolute."""
    archive_sha256: str
    """Of the alerts judged: their ids in the order read."""
    alerts: int
    selected: int
    pass_rate: float
    """0 to 1; 0 where there were no alerts."""
    looks_ahead: bool
    """It used what was not known at the alert's time, or would if a packet carried it."""
    unix_s: float


@dataclass(frozen=True)
class Version:
    """One version of a filter, as it was deployed; it never changes."""

    name: str
    version: int
    """From 1."""
    sha256: str
    """Of the filter: `ExpressionFilter.sha256`."""
    document: Mapping[str, Any]
    """`ExpressionFilter.document()`."""
    topic: str
    catalogues: tuple[str, ...]
    """The regions and watchlists that it asks, by name."""
    by: str
    """user@host"""
    deployed_unix_s: float
    dry_run: DryRun | None
    overridden: tuple[str, ...]
    """What `--force` overrode, a sentence each."""
    previous_sha256: str | None
    """Of the version before."""

    def __post_init__(self) -> None:
        """Raises RecordError for what no deployment writes."""
        _check_place(self.name, self.version)
        require(SHA256.fullmatch(self.sha256) is not None, f"{self.sha256!r} is no sha256")
        require(0 <= self.deployed_unix_s < UNIX_S_MAX, "it was deployed at no time")
        clauses = self.document.get("clauses")
        require(
            isinstance(clauses, Mapping) and all(isinstance(one, str) for one in clauses.values()),
            "its clauses are no table of texts",
        )

    @property
    def key(self) -> bytes:
        return _key(self.name, self.version)

    @property
    def clauses(self) -> dict[str, str]:
        """The texts, by name, in order."""
        return dict(self.document["clauses"])

    @property
    def form(self) -> str:
        """Of the records on its topic; "full" or "lite"."""
        return str(self.document.get("form", ""))

    @property
    def forced(self) -> bool:
        return bool(self.overridden)

    def encode(self) -> bytes:
        return encoded(self)


@dataclass(frozen=True)
class Change:
    """One change of how a version stands."""

    state: State
    cause: Cause
    reason: str
    by: str
    unix_s: float

    def __post_init__(self) -> None:
        """Raises RecordError for a change at no time."""
        require(0 <= self.unix_s < UNIX_S_MAX, "it was changed at no time")


@dataclass(frozen=True)
class Status:
    """How a version stands, and how it came to."""

    name: str
    version: int
    changes: tuple[Change, ...]
    """The last CHANGES_KEPT, the present one last."""

    def __post_init__(self) -> None:
        """Raises RecordError for what no change writes."""
        _check_place(self.name, self.version)
        require(bool(self.changes), "a status without a change")

    @property
    def key(self) -> bytes:
        return _key(self.name, self.version, of_status=True)

    @property
    def now(self) -> Change:
        return self.changes[-1]

    def encode(self) -> bytes:
        return encoded(self)


class Erased(NamedTuple):
    """A key whose record was deleted, as an administrator can."""

    name: str
    version: int
    of_status: bool

    @property
    def key(self) -> bytes:
        return _key(self.name, self.version, of_status=self.of_status)


Record = Version | Status | Erased


def read_record(key: bytes | None, value: bytes) -> Record:
    """A message of the topic; an empty value is Kafka's deletion. Raises RecordError, one line."""
    named = KEY.fullmatch((key or b"").decode("utf-8", "replace"))
    if named is None:
        raise RecordError(f"the key {key!r} is no NAME/VERSION nor NAME/VERSION/status")
    name, version, of_status = named[1], int(named[2]), named[3] is not None
    if not value:
        return Erased(name, version, of_status)
    try:
        record: Version | Status = read(Status if of_status else Version, document_of(value))
    except RecordError as error:
        raise RecordError(f"the record {named[0]} cannot be read: {error}") from error
    if (record.name, record.version) != (name, version):
        raise RecordError(f"the record {named[0]} calls itself {record.name}/{record.version}")
    return record


def _key(name: str, version: int, *, of_status: bool = False) -> bytes:
    return f"{name}/{version}{'/status' if of_status else ''}".encode()


def _check_place(name: str, version: int) -> None:
    require(NAME.fullmatch(name) is not None, f"{name!r} is no name of a filter")
    require(1 <= version < VERSION_MAX, f"{version} is no version")
