"""What the records of deployed models add up to: which is live, which are shadows, since when."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from broker.json_records import RecordError
from broker.models.records import (
    CHANGES_KEPT,
    Cause,
    Change,
    Erased,
    ModelVersion,
    Record,
    State,
    Status,
    read_record,
)
from broker.ports import Message

LOG: Final = logging.getLogger("gueststar.models")

LATER_S: Final = 1e-3
"""A promotion counts as that much later than the last, whatever its operator's clock says."""


def records_of(messages: Iterable[Message]) -> Iterator[Record]:
    """The records that messages hold; one that is none is logged and passed over."""
    for message in messages:
        try:
            yield read_record(message.key, message.value)
        except RecordError as error:
            place = f"{message.topic} offset {message.offset}"
            LOG.warning("no record of a model, passed over: %s: %s", place, error)


@dataclass(frozen=True)
class ModelRegister:
    """All models that were ever deployed, as a topic's records tell it. Never changed."""

    _versions: Mapping[tuple[str, int], ModelVersion] = field(default_factory=dict)
    _statuses: Mapping[tuple[str, int], Status] = field(default_factory=dict)

    def after(self, records: Iterable[Record]) -> ModelRegister:
        """With these records added, in the order in which they were written."""
        versions, statuses = dict(self._versions), dict(self._statuses)
        for record in records:
            place = (record.name, record.version)
            match record:
                case ModelVersion():
                    versions[place] = record
                case Status():
                    statuses[place] = record
                case Erased(of_status=True):
                    statuses.pop(place, None)
                case Erased():
                    versions.pop(place, None)
        return ModelRegister(versions, statuses)

    @cached_property
    def all(self) -> tuple[ModelVersion, ...]:
        """Every version that is known, by name and number."""
        return tuple(version for _, version in sorted(self._versions.items()))

    def versions(self, name: str) -> tuple[ModelVersion, ...]:
        """All versions of a model, the oldest first."""
        return tuple(each for each in self.all if each.name == name)

    @cached_property
    def shadows(self) -> tuple[ModelVersion, ...]:
        """Those that run beside the live ones."""
        return tuple(each for each in self.all if self.change(each).state is State.SHADOW)

    @cached_property
    def live(self) -> dict[str, tuple[ModelVersion, ...]]:
        """By name all that are live, the last promoted first: that one serves.

        The others are what a rollback returns to, one after another, and at last the file that
        gueststar came with.
        """
        found: dict[str, tuple[ModelVersion, ...]] = {}
        live = [each for each in self.all if self.change(each).state is State.LIVE]
        for each in sorted(live, key=lambda one: self.change(one).unix_s, reverse=True):
            found[each.name] = (*found.get(each.name, ()), each)
        return found

    def serving(self, name: str) -> ModelVersion | None:
        """The version whose scores are published; None: that which gueststar came with."""
        return next(iter(self.live.get(name, ())), None)

    def change(self, version: ModelVersion) -> Change:
        """How a version stands; a shadow since its deployment where nobody has said otherwise."""
        status = self._statuses.get((version.name, version.version))
        return status.now if status else _deployed(version)

    def changes(self, version: ModelVersion) -> tuple[Change, ...]:
        """What was changed of a version since its deployment, as far as is remembered."""
        status = self._statuses.get((version.name, version.version))
        return status.changes if status else ()

    def changed(self, version: ModelVersion, change: Change) -> Status:
        """The record to write for one more change of a version."""
        if change.state is State.LIVE:
            change = replace(change, unix_s=max(change.unix_s, self._promoted(version.name)))
        kept = (*self.changes(version), change)[-CHANGES_KEPT:]
        return Status(version.name, version.version, kept)

    def next_version(self, name: str) -> int:
        """The number that nothing of that name has had; a status may outlive its version."""
        taken = [at for known, at in (*self._versions, *self._statuses) if known == name]
        return max(taken, default=0) + 1

    def _promoted(self, name: str) -> float:
        """When another promotion of that name would be the last."""
        live = self.live.get(name, ())
        return max((self.change(each).unix_s + LATER_S for each in live), default=0.0)


def _deployed(version: ModelVersion) -> Change:
    return Change(State.SHADOW, Cause.ASKED, "deployed", version.by, version.deployed_unix_s)
