"""What the records of deployed filters add up to: which are active, and how they came to be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from broker.deployments.records import Cause, Change, State, Status, Version
from broker.versions import VersionRegister


@dataclass(frozen=True)
class Register(VersionRegister[Version, Status, Change]):
    """All filters that were ever deployed, as a topic's records tell it. Never changed."""

    @cached_property
    def latest(self) -> dict[str, Version]:
        """By name the newest version, whatever its state; names in order."""
        return {version.name: version for version in self.all}

    @cached_property
    def active(self) -> tuple[Version, ...]:
        """The newest version of each filter where it is live, in the order deployed.

        A newer version replaces an older one; where it is paused or removed, the older does not
        come back by itself.
        """
        live = (each for each in self.latest.values() if self.change(each).state is State.LIVE)
        return tuple(sorted(live, key=lambda each: (each.deployed_unix_s, each.name)))

    def changed(self, version: Version, change: Change) -> Status:
        """The record to write for one more change of a version."""
        return Status(version.name, version.version, self._with(version, change))

    def _deployed(self, version: Version) -> Change:
        return Change(State.LIVE, Cause.ASKED, "deployed", version.by, version.deployed_unix_s)
