"""Who follows the live stream: each with a short queue, which drops the oldest and says so."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from gueststar.portal.night import Night, rows_of

TICK_S = 0.2
"""Between two messages to a viewer."""
ROWS_PER_TICK = 6
"""Of the newest alerts: thirty a second are a screen; of the others their number is told."""
QUEUE_MAX = 16
"""Messages that wait for a viewer who does not read; then the oldest go."""
SILENCE_S = 15.0
"""After so long without an alert a viewer is sent an empty line, so that proxies keep the line."""


class Told(NamedTuple):
    """A message to viewers, and how many alerts it tells of."""

    data: bytes
    alerts: int


class TooManyViewersError(Exception):
    """Nobody else may follow the stream now."""


@dataclass(eq=False)
class Viewer:
    """One who follows the stream, or one filter's part of it."""

    topic: str
    left_out: int = 0
    """Alerts that it was not told of, since it did not read."""
    over: bool = False
    _queue: deque[Told] = field(default_factory=deque)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, told: Told) -> None:
        """Never waits: where the queue is full, its oldest goes."""
        if len(self._queue) >= QUEUE_MAX:
            self.left_out += self._queue.popleft().alerts
        self._queue.append(told)
        self._woken.set()

    def end(self) -> None:
        """Have its messages end."""
        self.over = True
        self._woken.set()

    async def messages(self) -> AsyncIterator[bytes]:
        """What it is sent, as server-sent events, until the portal ends."""
        yield b"retry: 3000\n\n"
        while not self.over:
            try:
                await asyncio.wait_for(self._woken.wait(), SILENCE_S)
            except TimeoutError:
                yield b":\n\n"
            self._woken.clear()
            if waiting := self._taken():
                yield waiting

    def _taken(self) -> bytes:
        told = b"".join(each.data for each in self._queue)
        self._queue.clear()
        if self.left_out:
            told += event("left_out", {"alerts": self.left_out})
            self.left_out = 0
        return told


class Viewers:
    """All of them; what is told of one topic is written once."""

    def __init__(self, night: Night, *, viewers_max: int) -> None:
        self._night = night
        self._viewers_max = viewers_max
        self._viewers: set[Viewer] = set()
        self._told = night.seen

    def __len__(self) -> int:
        return len(self._viewers)

    @property
    def is_full(self) -> bool:
        return len(self._viewers) >= self._viewers_max

    @contextmanager
    def enter(self, topic: str) -> Iterator[Viewer]:
        """Someone who follows. Raises TooManyViewersError."""
        if self.is_full:
            raise TooManyViewersError
        viewer = Viewer(topic)
        self._viewers.add(viewer)
        try:
            yield viewer
        finally:
            self._viewers.discard(viewer)

    async def run(self) -> None:
        """Tell them what comes, until cancelled."""
        try:
            while True:
                await asyncio.sleep(TICK_S)
                self.tick()
        finally:
            self.end()

    def end(self) -> None:
        """Have everybody's messages end; from the thread of the loop."""
        for each in self._viewers:
            each.end()

    def tick(self) -> None:
        """Tell what came since the last time."""
        seen = self._night.seen
        if seen == self._told:
            return
        topics = {viewer.topic for viewer in self._viewers}
        told = {topic: self._message(topic) for topic in topics}
        self._told = seen
        for viewer in self._viewers:
            if message := told[viewer.topic]:
                viewer.put(message)

    def _message(self, topic: str) -> Told | None:
        came = self._night.newer(self._told, topic)
        if not came:
            return None
        shown = came[-ROWS_PER_TICK:]
        data = {"rows": rows_of(shown), "more": len(came) - len(shown)}
        return Told(event("alerts", data), len(came))


def event(name: str, data: object) -> bytes:
    """A server-sent event; JSON has no line end within it."""
    return f"event: {name}\ndata: {json.dumps(data, allow_nan=False)}\n\n".encode()
