"""What is deployed in versions, as records of a compacted topic, and what these add up to.

A version has two keys: `NAME/VERSION`, what was deployed, written once; and `NAME/VERSION/status`,
how it stands and how it came to. So pausing version 3 can never undo version 4, and Kafka's
compaction, which keeps the last record of a key, forgets nothing that counts. Both are JSON.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from logging import Logger
from typing import Any, Final, Generic, NamedTuple, Protocol, Self, TypeVar

from broker.json_records import RecordError, document_of, encoded, read, require
from broker.ports import Message

VERSION_MAX: Final = 2**31
"""Versions of one name; far more than anyone deploys."""
CHANGES_KEPT: Final = 50
"""Changes that a status remembers: what is paused and resumed every night stays a small record."""
UNIX_S_MAX: Final = 1e11
"""A time after the year 5138 is no time of a deployment."""
SHA256: Final = re.compile(r"[0-9a-f]{64}")

ChangeKind = TypeVar("ChangeKind")


class Deployed(Protocol):
    """A version of something, as it was deployed; it never changes."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> int: ...

    @property
    def key(self) -> bytes: ...


class VersionRecord:
    """What every record of a version has: its key, and how it is written."""

    name: str
    version: int

    @property
    def key(self) -> bytes:
        return key_of(self.name, self.version)

    def encode(self) -> bytes:
        return encoded(self)


class ChangeRecord:
    """What every change of how a version stands has: when it was made."""

    unix_s: float

    def __post_init__(self) -> None:
        """Raises RecordError for a change at no time."""
        check_time(self.unix_s, "changed")


@dataclass(frozen=True)
class VersionStatus(Generic[ChangeKind]):
    """How a version stands, and how it came to."""

    name: str
    version: int
    changes: tuple[ChangeKind, ...]
    """The last CHANGES_KEPT, the present one last."""

    def __post_init__(self) -> None:
        """Raises RecordError for what no change writes."""
        check_version(self.version)
        require(bool(self.changes), "a status without a change")

    @property
    def key(self) -> bytes:
        return key_of(self.name, self.version, of_status=True)

    @property
    def now(self) -> ChangeKind:
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
        return key_of(self.name, self.version, of_status=self.of_status)


VersionKind = TypeVar("VersionKind", bound=Deployed)
StatusKind = TypeVar("StatusKind", bound=VersionStatus[Any])


def key_of(name: str, version: int, *, of_status: bool = False) -> bytes:
    """Of a version's record, or of its status."""
    return f"{name}/{version}{'/status' if of_status else ''}".encode()


def keys_of(name: re.Pattern[str]) -> re.Pattern[str]:
    """All keys of records of such names: the name, the version, and whether of a status."""
    return re.compile(rf"({name.pattern})/([1-9][0-9]{{0,9}})(/status)?")


def check_version(version: int) -> None:
    """Raises RecordError for a number that no version has."""
    require(1 <= version < VERSION_MAX, f"{version} is no version")


def check_time(unix_s: float, what: str) -> None:
    """Raises RecordError, saying what was done at no time."""
    require(0 <= unix_s < UNIX_S_MAX, f"it was {what} at no time")


def read_version(
    keys: re.Pattern[str],
    kinds: tuple[type[VersionKind], type[StatusKind]],
    key: bytes | None,
    value: bytes,
) -> VersionKind | StatusKind | Erased:
    """A message of the topic; an empty value is Kafka's deletion. Raises RecordError, one line."""
    named = keys.fullmatch((key or b"").decode("utf-8", "replace"))
    if named is None:
        raise RecordError(f"the key {key!r} is no NAME/VERSION nor NAME/VERSION/status")
    name, version, of_status = named[1], int(named[2]), named[3] is not None
    if not value:
        return Erased(name, version, of_status)
    try:
        record: VersionKind | StatusKind = read(kinds[of_status], document_of(value))
    except RecordError as error:
        raise RecordError(f"the record {named[0]} cannot be read: {error}") from error
    if (record.name, record.version) != (name, version):
        raise RecordError(f"the record {named[0]} calls itself {record.name}/{record.version}")
    return record


RecordKind = TypeVar("RecordKind")


def records_in(
    messages: Iterable[Message],
    read_record: Callable[[bytes | None, bytes], RecordKind],
    *,
    what: str,
    log: Logger,
) -> Iterator[RecordKind]:
    """The records that messages hold; one that is none is logged and passed over."""
    for message in messages:
        try:
            yield read_record(message.key, message.value)
        except RecordError as error:
            place = f"{message.topic} offset {message.offset}"
            log.warning("no record of a %s, passed over: %s: %s", what, place, error)


@dataclass(frozen=True)
class VersionRegister(ABC, Generic[VersionKind, StatusKind, ChangeKind]):
    """All versions that were ever deployed, as a topic's records tell it. Never changed."""

    _versions: Mapping[tuple[str, int], VersionKind] = field(default_factory=dict)
    _statuses: Mapping[tuple[str, int], StatusKind] = field(default_factory=dict)

    @abstractmethod
    def _deployed(self, version: VersionKind) -> ChangeKind:
        """How a version stands of which nobody has said anything since."""

    def after(self, records: Iterable[VersionKind | StatusKind | Erased]) -> Self:
        """With these records added, in the order in which they were written."""
        versions, statuses = dict(self._versions), dict(self._statuses)
        for record in records:
            place = (record.name, record.version)
            if isinstance(record, Erased):
                (statuses if record.of_status else versions).pop(place, None)
            elif isinstance(record, VersionStatus):
                statuses[place] = record
            else:
                versions[place] = record
        return replace(self, _versions=versions, _statuses=statuses)

    @cached_property
    def all(self) -> tuple[VersionKind, ...]:
        """Every version that is known, by name and number."""
        return tuple(version for _, version in sorted(self._versions.items()))

    def versions(self, name: str) -> tuple[VersionKind, ...]:
        """All versions of a name, the oldest first."""
        return tuple(each for each in self.all if each.name == name)

    def change(self, version: VersionKind) -> ChangeKind:
        """How a version stands; as it was deployed where nobody has said otherwise."""
        changes = self.changes(version)
        return changes[-1] if changes else self._deployed(version)

    def changes(self, version: VersionKind) -> tuple[ChangeKind, ...]:
        """What was changed of a version since its deployment, as far as is remembered."""
        status = self._statuses.get((version.name, version.version))
        return status.changes if status else ()

    def next_version(self, name: str) -> int:
        """The number that nothing of that name has had; a status may outlive its version."""
        taken = [at for known, at in (*self._versions, *self._statuses) if known == name]
        return max(taken, default=0) + 1

    def _with(self, version: VersionKind, change: ChangeKind) -> tuple[ChangeKind, ...]:
        """The changes to keep after one more."""
        return (*self.changes(version), change)[-CHANGES_KEPT:]
