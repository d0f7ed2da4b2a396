"""How a worker stands, as a message of the topic of statuses: JSON, its key the worker's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from broker.json_records import document_of, encoded, read, require
from classifiers.drift import Drift

FORMAT: Final = 1
"""Of the record. A later one of the same number may have more keys, and never fewer."""


@dataclass(frozen=True)
class Paused:
    """A filter that was deployed and is not asked now."""

    name: str
    version: int
    cause: str
    reason: str
    """One line, shortened."""
    unix_s: float
    """Since when."""


@dataclass(frozen=True)
class Model:
    """A model that scores."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True)
class Drifting(Drift):
    """A number of a night that is not spread as it was in training, beyond chance."""

    model: str
    version: str
    night: int


@dataclass(frozen=True)
class Waited:
    """A time in which an alert waited longer than WAIT_S_MAX (waited.py), UTC seconds."""

    start_unix_s: float
    end_unix_s: float


@dataclass(frozen=True)
class Status:
    """Of one worker, at one time; counts are of this process, since it started."""

    format: int
    worker: str
    gueststar: str
    """Its version."""
    models: tuple[Model, ...]
    started_unix_s: float
    told_unix_s: float
    phase: str
    """Of the loop (`broker.observer.Phase`); "stopped" is the last that a worker says."""
    batches: int
    """Committed: entries of the ledger."""
    aborts: int
    consumed: int
    """Messages that the ledger counts; published to the topic of all alerts, or dead."""
    published: Mapping[str, int]
    """By topic."""
    dead: Mapping[str, int]
    """Dead letters, by reason."""
    last_commit_unix_s: float | None
    lag: Mapping[str, Mapping[str, int]]
    """By topic and partition: messages that were waiting as of the last commit."""
    filters: Mapping[str, str]
    """On duty: the version by the name."""
    paused: tuple[Paused, ...]
    not_served: tuple[Waited, ...]
    """Of the last day, without overlap, in order."""
    drifts: tuple[Drifting, ...] = ()
    """Of the last two nights of each model, as far as this worker sees them, the worst first."""

    def __post_init__(self) -> None:
        """Raises RecordError for what no worker writes."""
        require(self.format == FORMAT, f"status of format {self.format}; this reads {FORMAT}")
        counts = [*self.published.values(), *self.dead.values()]
        for by_partition in self.lag.values():
            require(isinstance(by_partition, Mapping), "its lag is not by topic and partition")
            counts += by_partition.values()
        require(all(type(each) is int for each in counts), "a count is no whole number")
        texts = self.filters.values()
        require(all(isinstance(each, str) for each in texts), "a filter's version is no text")

    @property
    def key(self) -> bytes:
        return self.worker.encode()

    @property
    def behind(self) -> int:
        """Messages of all partitions that were waiting as of the last commit."""
        return sum(sum(each.values()) for each in self.lag.values())

    @property
    def hours_not_served(self) -> float:
        """Of the last day."""
        return sum(each.end_unix_s - each.start_unix_s for each in self.not_served) / 3_600.0

    def encode(self) -> bytes:
        return encoded(self)


KEYS: Final = frozenset(each.name for each in fields(Status))
ADDED: Final[Mapping[str, object]] = {"drifts": []}
"""Keys that earlier versions did not write, and what that meant."""


def read_status(value: bytes) -> Status:
    """A status from its JSON; keys that are not known here are passed over. Raises RecordError."""
    document = document_of(value)
    require(isinstance(document, dict), "a status is a JSON object")
    assert isinstance(document, dict)
    number = document.get("format")
    require(number == FORMAT, f"status of format {number!r:.20}; this reads {FORMAT}")
    known = {key: document[key] for key in document.keys() & KEYS}
    status: Status = read(Status, {**ADDED, **known})
    return status
