"""What the records of deployed filters add up to: which are active, and how they came to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from broker.deployments.records import (
    CHANGES_KEPT,
    Cause,
    Change,
    Erased,
    Record,
    State,
    Status,
    Version,
)


@dataclass(frozen=True)
class Register:
    """All filters that were ever deployed, as a topic's records tell it. Never changed."""

    _versions: Mapping[tuple[str, int], Version] = field(default_factory=dict)
    _statuses: Mapping[tuple[str, int], Status] = field(default_factory=dict)

    def after(self, records: Iterable[Record]) -> Register:
        """With these records added, in the order in which they were written."""
        versions, statuses = dict(self._versions), dict(self._statuses)
        for record in records:
            place = (record.name, record.version)
            match record:
                case Version():
                    versions[place] = record
                case Status():
                    statuses[place] = record
                case Erased(of_status=True):
                    statuses.pop(place, None)
                case Erased():
                    versions.pop(place, None)
        return Register(versions, statuses)

    @cached_property
    def latest(self) -> dict[str, Version]:
        """By name the newest version, whatever its state; names in order."""
        return {version.name: version for _, version in sorted(self._versions.items())}

    @cached_property
    def active(self) -> tuple[Version, ...]:
        """The newest version of each filter where it is live, in the order deployed.

        A newer version replaces an older one; where it is paused or removed, the older does not
        come back by itself.
        """
        live = (each for each in self.latest.values() if self.change(each).state is State.LIVE)
        return tuple(sorted(live, key=lambda each: (each.deployed_unix_s, each.name)))

    def versions(self, name: str) -> tuple[Version, ...]:
        """All versions of a filter that are known, the oldest first."""
        return tuple(v for place, v in sorted(self._versions.items()) if place[0] == name)

    def change(self, version: Version) -> Change:
        """How a version stands; live since its deployment where nobody has said otherwise."""
        status = self._statuses.get((version.name, version.version))
        return status.now if status else _deployed(version)

    def changes(self, version: Version) -> tuple[Change, ...]:
        """What was changed of a version since its deployment, as far as is remembered."""
        status = self._statuses.get((version.name, version.version))
        return status.changes if status else ()

    def changed(self, version: Version, change: Change) -> Status:
        """The record to write for one more change of a version."""
        kept = (*self.changes(version), change)[-CHANGES_KEPT:]
        return Status(version.name, version.version, kept)

    def next_version(self, name: str) -> int:
        """The number that nothing of that name has had; a status may outlive its version."""
        taken = [at for known, at in (*self._versions, *self._statuses) if known == name]
        return max(taken, default=0) + 1


def _deployed(version: Version) -> Change:
    return Change(State.LIVE, Cause.ASKED, "deployed", version.by, version.deployed_unix_s)
