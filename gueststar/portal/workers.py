"""How workers stand, as the portal shows it: what each last said of itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from broker.observer import Phase
from broker.ports import Message
from broker.status import Status
from gueststar.status_command import SILENT_S, last_of_each


class Workers:
    """Written by the thread that reads their topic, read by everybody."""

    def __init__(self) -> None:
        self._known: Mapping[str, Status] = {}

    def add(self, messages: Iterable[Message]) -> None:
        """Take what one poll brought; what is no status is passed over."""
        last = {each.worker: each for each in last_of_each(messages)}
        self._known = {**self._known, **last}

    def all(self) -> list[Status]:
        """By name, those that stopped or fell silent too."""
        return [self._known[name] for name in sorted(self._known)]

    def speaking(self, now_unix_s: float) -> list[Status]:
        """Those that are at work, by what they last said."""
        return [each for each in self.all() if speaks(each, now_unix_s)]


def speaks(one: Status, now_unix_s: float) -> bool:
    """Whether a worker has said lately that it is at work."""
    return one.phase != Phase.STOPPED and now_unix_s - one.told_unix_s <= SILENT_S
