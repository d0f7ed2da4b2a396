"""Dead letters as the portal shows them: how many of which reason, and the newest."""

from __future__ import annotations

from collections import deque
from threading import Lock

from broker.dead_letters.letters import Letter, read
from broker.ports import Message
from gueststar.dead_letters.listing import Group

LETTERS_KEPT = 200


class Letters:
    """Written by the thread that reads their topic, read by everybody."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], Group] = {}
        self._newest: deque[Letter] = deque(maxlen=LETTERS_KEPT)
        self._lock = Lock()

    def add(self, messages: list[Message]) -> None:
        """Take what one poll brought; marks of letters that were sent again are passed over."""
        letters = [each for each in map(read, messages) if isinstance(each, Letter)]
        with self._lock:
            for each in letters:
                key = each.reason, each.source.topic
                self._groups.setdefault(key, Group(*key)).add(each, None)
                self._newest.append(each)

    def groups(self) -> list[Group]:
        """By reason and topic, the largest first."""
        with self._lock:
            return sorted(self._groups.values(), key=lambda each: -each.letters)

    def newest(self, most: int) -> list[Letter]:
        """The newest first."""
        with self._lock:
            return [*self._newest][::-1][:most]
