"""What records of what is live, paused or removed add up to, as filters and programmes are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from broker.deployments.records import Cause, Change, State, Status, Version
from broker.versions import Deployed, VersionRegister


class DeployedBy(Deployed, Protocol):
    """A version that says who deployed it, and when."""

    @property
    def by(self) -> str: ...

    @property
    def deployed_unix_s(self) -> float: ...


VersionKind = TypeVar("VersionKind", bound=DeployedBy)


@dataclass(frozen=True)
class LiveRegister(VersionRegister[VersionKind, Status, Change], Generic[VersionKind]):
    """All versions that were ever deployed; each is live until somebody says otherwise."""

    @cached_property
    def latest(self) -> dict[str, VersionKind]:
        """By name the newest version, whatever its state; names in order."""
        return {version.name: version for version in self.all}

    @cached_property
    def live(self) -> tuple[VersionKind, ...]:
        """The newest version of each name where it is live; names in order.

        A newer version replaces an older one; where it is paused or removed, the older does not
        come back by itself.
        """
        return tuple(v for v in self.latest.values() if self.change(v).state is State.LIVE)

    def changed(self, version: VersionKind, change: Change) -> Status:
        """The record to write for one more change of a version."""
        return Status(version.name, version.version, self._with(version, change))

    def _deployed(self, version: VersionKind) -> Change:
        return Change(State.LIVE, Cause.ASKED, "deployed", version.by, version.deployed_unix_s)


@dataclass(frozen=True)
class Register(LiveRegister[Version]):
    """All filters that were ever deployed, as a topic's records tell it. Never changed."""

    @cached_property
    def active(self) -> tuple[Version, ...]:
        """Those that are live, in the order deployed."""
        return tuple(sorted(self.live, key=lambda each: (each.deployed_unix_s, each.name)))
