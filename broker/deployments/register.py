"""What records of what is live, paused or removed add up to, as filters and programmes are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from logging import Logger
from typing import Generic, Protocol, TypeVar

from broker.deployments.records import KEY, Cause, Change, State, Status, Version
from broker.ports import Message
from broker.versions import Deployed, Erased, VersionRegister, read_version, records_in


class DeployedBy(Deployed, Protocol):
    """A version that says who deployed it, and when."""

    @property
    def by(self) -> str: ...

    @property
    def deployed_unix_s(self) -> float: ...


VersionKind = TypeVar("VersionKind", bound=DeployedBy)


def live_records(
    kind: type[VersionKind], messages: Iterable[Message], *, what: str, log: Logger
) -> Iterator[VersionKind | Status | Erased]:
    """What messages say of such versions, named as filters are; what is no record is logged."""
    read = partial(read_version, KEY, (kind, Status))
    return records_in(messages, read, what=what, log=log)


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
