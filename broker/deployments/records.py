"""Deployed filters as records of a compacted topic; register.py says what they add up to.

How a version and its status are told apart is said in broker/versions.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from broker.json_records import require
from broker.versions import (
    SHA256,
    ChangeRecord,
    Erased,
    VersionRecord,
    VersionStatus,
    check_time,
    check_version,
    keys_of,
    read_version,
)
from filters.expressions.filter import NAME

KEY = keys_of(NAME)


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
class Version(VersionRecord):
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
        require(NAME.fullmatch(self.name) is not None, f"{self.name!r} is no name of a filter")
        check_version(self.version)
        require(SHA256.fullmatch(self.sha256) is not None, f"{self.sha256!r} is no sha256")
        check_time(self.deployed_unix_s, "deployed")
        clauses = self.document.get("clauses")
        require(
            isinstance(clauses, Mapping) and all(isinstance(one, str) for one in clauses.values()),
            "its clauses are no table of texts",
        )

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


@dataclass(frozen=True)
class Change(ChangeRecord):
    """One change of how a version stands."""

    state: State
    cause: Cause
    reason: str
    by: str
    unix_s: float


@dataclass(frozen=True)
class Status(VersionStatus[Change]):
    """How a version stands, and how it came to."""

    changes: tuple[Change, ...]


Record = Version | Status | Erased


def read_record(key: bytes | None, value: bytes) -> Record:
    """A message of the topic; an empty value is Kafka's deletion. Raises RecordError, one line."""
    return read_version(KEY, (Version, Status), key, value)
