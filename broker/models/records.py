"""Deployed models as records of a compacted topic; register.py says what they add up to.

As of filters (broker/deployments/records.py) a version has two keys: `NAME/VERSION`, written once,
and `NAME/VERSION/status`, how it stands and how it came to. Both are JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from broker.json_records import RecordError, document_of, encoded, read, require
from broker.models.labelled import Marks

VERSION_MAX: Final = 2**31
CHANGES_KEPT: Final = 50
"""Changes that a status remembers."""
UNIX_S_MAX: Final = 1e11
SHA256: Final = re.compile(r"[0-9a-f]{64}")
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
KEY: Final = re.compile(rf"({NAME.pattern})/([1-9][0-9]{{0,9}})(/status)?")


class State(StrEnum):
    """How a version stands."""

    SHADOW = "shadow"
    """It runs beside the live one, and only a comparison is published."""
    LIVE = "live"
    """Its scores are published, unless another was promoted since."""
    PAUSED = "paused"
    RETIRED = "retired"
    """For good."""


class Cause(StrEnum):
    """Why it came to stand so; the metrics' word for it."""

    ASKED = "asked"
    ROLLED_BACK = "rolled-back"
    COST = "cost"
    """It took too long beside the live one."""
    UNFIT = "unfit"
    """A worker cannot open it."""


@dataclass(frozen=True)
class Comparison:
    """A version beside the one that was live, on the same alerts; None where nothing is known."""

    against: str
    """The live one's version, as its file says."""
    against_sha256: str
    alerts: int
    """That both were asked about."""
    agreement: float | None
    """Of those that both scored, the share with the same most probable label."""
    declined: float
    declined_against: float
    """Shares of the alerts."""
    cost_us: float
    """CPU time an alert beside the live one, whose stamps and light curves it shares."""
    latency_ms_p50: float
    latency_ms_p99: float
    """Of a batch, on the clock."""
    faults: int
    """Alerts on which it raised."""
    marks: Marks | None
    marks_against: Marks | None
    """On the alerts that both scored, and whose label came later."""


@dataclass(frozen=True)
class Gate:
    """One thing that a version had to pass."""

    name: str
    passed: bool
    found: float | None
    """None where it could not be told."""
    limit: float


@dataclass(frozen=True)
class Promotion:
    """Why a version may be live."""

    comparison: Comparison | None
    gates: tuple[Gate, ...]
    forced: str
    """The reason given with --force; empty where every gate was passed."""


@dataclass(frozen=True)
class ModelVersion:
    """One version of a model, as it was deployed; it never changes."""

    name: str
    version: int
    """From 1, counted by the topic."""
    model_version: str
    """As the file says it, which stands beside each score."""
    sha256: str
    place: str
    """The file's path, the same at every worker."""
    card: str
    """Where its data, figures and limits are told."""
    reference: str
    """The path of a table of what it was taught; empty where its file carries that, or nothing."""
    by: str
    """user@host"""
    deployed_unix_s: float
    previous_sha256: str | None
    """Of the version before."""

    def __post_init__(self) -> None:
        """Raises RecordError for what no deployment writes."""
        _check_place(self.name, self.version)
        require(SHA256.fullmatch(self.sha256) is not None, f"{self.sha256!r:.80} is no sha256")
        require(bool(self.place and self.card), "it names no file or no card")
        require(0 <= self.deployed_unix_s < UNIX_S_MAX, "it was deployed at no time")

    @property
    def key(self) -> bytes:
        return _key(self.name, self.version)

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
    promotion: Promotion | None = None

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


Record = ModelVersion | Status | Erased


def read_record(key: bytes | None, value: bytes) -> Record:
    """A message of the topic; an empty value is Kafka's deletion. Raises RecordError, one line."""
    named = KEY.fullmatch((key or b"").decode("utf-8", "replace"))
    if named is None:
        raise RecordError(f"the key {key!r} is no NAME/VERSION nor NAME/VERSION/status")
    name, version, of_status = named[1], int(named[2]), named[3] is not None
    if not value:
        return Erased(name, version, of_status)
    try:
        kind = Status if of_status else ModelVersion
        record: ModelVersion | Status = read(kind, document_of(value))
    except RecordError as error:
        raise RecordError(f"the record {named[0]} cannot be read: {error}") from error
    if (record.name, record.version) != (name, version):
        raise RecordError(f"the record {named[0]} calls itself {record.name}/{record.version}")
    return record


def _key(name: str, version: int, *, of_status: bool = False) -> bytes:
    return f"{name}/{version}{'/status' if of_status else ''}".encode()


def _check_place(name: str, version: int) -> None:
    require(NAME.fullmatch(name) is not None, f"{name!r:.80} is no name of a model")
    require(1 <= version < VERSION_MAX, f"{version} is no version")
