"""When a reader has read all that there was: for those who read a topic once, not for ever."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from broker.errors import SettingsError
from broker.ports import Message, Partition, Source

POLL_MESSAGES_MAX: Final = 500
POLL_BYTES_MAX: Final = 64_000_000
POLL_WAIT_S: Final = 0.5
"""How long one poll waits for a first message, and so at most how late an interrupt is heard."""

Until = Literal["end"]
"""Where reading ends: at the end that each partition had when the reader first got it."""


@dataclass
class Ending:
    """Asked between two polls, whether a reader is done.

    at_end: whether it ends where its partitions ended when it first got them; what was committed
    by then is read. timeout_s: it ends, too, when nothing has come for so long; None is for ever.
    """

    at_end: bool = False
    timeout_s: float | None = None
    now_s: Callable[[], float] = time.monotonic
    _ends: dict[Partition, int] = field(default_factory=dict, init=False)
    _since_s: float | None = field(default=None, init=False)

    @classmethod
    def of(cls, until: Until | None, timeout_s: float | None) -> Ending:
        """What a caller asks for. Raises SettingsError for what can't be."""
        if until not in (None, "end"):
            raise SettingsError(f"until {until!r} is not 'end'; leave it out to read for ever")
        if timeout_s is not None and not timeout_s > 0:
            raise SettingsError(f"timeout_s {timeout_s!r} is not more than 0 seconds")
        return cls(at_end=until == "end", timeout_s=timeout_s)

    def reached(self, source: Source, *, came: bool) -> bool:
        """Whether the reader is done; `came`: whether the last poll brought a message."""
        return self._silent_for_long(came) or (self.at_end and self._all_read(source))

    def _silent_for_long(self, came: bool) -> bool:
        if self.timeout_s is None:
            return False
        now_s = self.now_s()
        if came or self._since_s is None:
            self._since_s = now_s
        return now_s - self._since_s >= self.timeout_s

    def _all_read(self, source: Source) -> bool:
        positions = source.positions()
        if not positions or positions.keys() - self._ends.keys():
            ends = source.ends()
            if ends is None:
                return False
            self._ends = {**ends, **self._ends}
        return all(at >= self._ends[each] for each, at in positions.items())


def polls_to_end(source: Source) -> Iterator[list[Message]]:
    """What each poll brings, up to where the partitions ended when the source first got them."""
    ending, done = Ending(at_end=True), False
    while not done:
        came = source.poll(
            messages_max=POLL_MESSAGES_MAX, bytes_max=POLL_BYTES_MAX, timeout_s=POLL_WAIT_S
        )
        yield came
        done = ending.reached(source, came=bool(came))
