"""Deployed models as records of a compacted topic; register.py says what they add up to.

How a version and its status are told apart is said in broker/versions.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from broker.json_records import require
from broker.models.labelled import Marks
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

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
KEY: Final = keys_of(NAME)


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
class ModelVersion(VersionRecord):
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
        require(NAME.fullmatch(self.name) is not None, f"{self.name!r:.80} is no name of a model")
        check_version(self.version)
        require(SHA256.fullmatch(self.sha256) is not None, f"{self.sha256!r:.80} is no sha256")
        require(bool(self.place and self.card), "it names no file or no card")
        check_time(self.deployed_unix_s, "deployed")


@dataclass(frozen=True)
class Change(ChangeRecord):
    """One change of how a version stands."""

    state: State
    cause: Cause
    reason: str
    by: str
    unix_s: float
    promotion: Promotion | None = None


@dataclass(frozen=True)
class Status(VersionStatus[Change]):
    """How a version stands, and how it came to."""

    changes: tuple[Change, ...]


Record = ModelVersion | Status | Erased


def read_record(key: bytes | None, value: bytes) -> Record:
    """A message of the topic; an empty value is Kafka's deletion. Raises RecordError, one line."""
    return read_version(KEY, (ModelVersion, Status), key, value)
