"""What the records of deployed models add up to: which is live, which are shadows, since when."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from broker.models.records import (
    Cause,
    Change,
    ModelVersion,
    Record,
    State,
    Status,
    read_record,
)
from broker.ports import Message
from broker.versions import VersionRegister, records_in

LOG: Final = logging.getLogger("gueststar.models")

LATER_S: Final = 1e-3
"""A promotion counts as that much later than the last, whatever its operator's clock says."""


def records_of(messages: Iterable[Message]) -> Iterator[Record]:
    """The records that messages hold; one that is none is logged and passed over."""
    return records_in(messages, read_record, what="model", log=LOG)


@dataclass(frozen=True)
class ModelRegister(VersionRegister[ModelVersion, Status, Change]):
    """All models that were ever deployed, as a topic's records tell it. Never changed."""

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

    def changed(self, version: ModelVersion, change: Change) -> Status:
        """The record to write for one more change of a version."""
        if change.state is State.LIVE:
            change = replace(change, unix_s=max(change.unix_s, self._promoted(version.name)))
        return Status(version.name, version.version, self._with(version, change))

    def _promoted(self, name: str) -> float:
        """When another promotion of that name would be the last."""
        live = self.live.get(name, ())
        return max((self.change(each).unix_s + LATER_S for each in live), default=0.0)

    def _deployed(self, version: ModelVersion) -> Change:
        return Change(State.SHADOW, Cause.ASKED, "deployed", version.by, version.deployed_unix_s)
