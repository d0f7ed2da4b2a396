"""A spool's alerts to a topic, each frame's in one transaction, exactly once.

A frame is a message and its spool a partition: how many entries are on the topic is a bookmark that
moves in the transactions that send them (`broker.kafka.bookmark`). An entry without alerts moves it
too, so that the topic says of every frame that it was dealt with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from broker.marked import Bookmark, MarkedPublisher
from broker.ports import Output, Sink
from telescope.spool import Spool

TOGETHER_MAX = 50
"""Entries of one transaction, where many wait."""
BYTES_TOGETHER_MAX = 20_000_000


@dataclass
class Dispatched:
    """What was sent so far."""

    frames: int = 0
    alerts: int = 0
    bytes: int = 0
    too_large: int = 0


class Sender:
    """The one sender of a spool; another with its name is fenced."""

    def __init__(self, spool: Spool, sink: Sink, bookmark: Bookmark, topic: str) -> None:
        """Take the spool over: what an earlier sender left open is ended."""
        self._spool, self._sink, self._topic = spool, sink, topic
        sink.rebuild()
        self.sent = bookmark.read()
        self._publisher = MarkedPublisher(sink, bookmark)
        self.told = Dispatched()

    def send(self, on_sent: Callable[[int], None] = lambda _: None) -> Dispatched:
        """All entries that wait; `on_sent` hears the bookmark after each transaction."""
        while self.sent < len(self._spool):
            end, outputs = self._next()
            self._publisher.publish(outputs, self.sent, end)
            self.told.frames += end - self.sent
            self.told.alerts += len(outputs)
            self.told.bytes += sum(one.size_bytes for one in outputs)
            self.sent = end
            self._spool.shed(end)
            on_sent(end)
        return self.told

    def _next(self) -> tuple[int, list[Output]]:
        outputs, size, end = list[Output](), 0, self.sent
        while end < min(len(self._spool), self.sent + TOGETHER_MAX):
            packets = self._spool.read(end).packets
            if outputs and size + sum(map(len, packets)) > BYTES_TOGETHER_MAX:
                break
            for packet in packets:
                if len(packet) > self._sink.bytes_max(self._topic):
                    self.told.too_large += 1
                    continue
                outputs.append(Output(self._topic, None, packet))
                size += len(packet)
            end += 1
        return end, outputs
