"""Packets sent to a topic as they are due, and what is told of how the pace was kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from broker.marked import Bookmark, MarkedPublisher
from broker.ports import Clock, Headers, Output, Sink
from replay.pacing import Due, in_time

TOGETHER_MAX = 500
"""Packets sent in one transaction when they are late."""

LINGER_MS = 1.0
"""The sink's: a request to a partition is full within it, and goes as one. With half of it the rest
of some waited for the first ones' answer, for which the client asks without a pause."""

BEHIND_S = 1.0
"""Less than so far behind its pace a replay keeps it."""


@dataclass
class Times:
    """Where the time went, seconds."""

    total_s: float = 0.0
    kafka_s: float = 0.0
    """Waited for Kafka to take what was sent."""
    source_s: float = 0.0
    """Waited for packets to be read or made."""
    behind_s: float = 0.0
    """Of the last packets, after they were due."""
    behind_s_max: float = 0.0

    @property
    def is_behind(self) -> bool:
        """Whether the pace was not kept."""
        return self.behind_s_max >= BEHIND_S

    def sentence(self, *, free: bool = False) -> str:
        """Whether the pace was kept, and what stood in its way; `free`: there was none to keep."""
        limit = "Kafka" if self.kafka_s > self.source_s else "reading the packets"
        parts = self.kafka_s, self.source_s
        kafka, source = (f"{part / max(self.total_s, 1e-9):.0%}" for part in parts)
        shares = f"of the time Kafka took {kafka}, reading {source}"
        if free:
            return f"{limit} was the limit ({shares})"
        if not self.is_behind:
            return f"the pace was kept, {self.behind_s_max * 1e3:,.0f} ms late at most"
        if self.behind_s < BEHIND_S:
            late_s = f"{self.behind_s_max:,.1f} s"
            return f"the pace was kept, but for a while {limit} was {late_s} behind it ({shares})"
        return (
            f"behind the pace by {self.behind_s:,.1f} s at the end, {self.behind_s_max:,.1f} at"
            f" most: not the pace but {limit} was the limit ({shares})"
        )


@dataclass
class Sent:
    """What became of the packets so far."""

    packets: int = 0
    bytes: int = 0
    too_large: int = 0
    """Passed over, because the client or the topic takes no message of that size."""
    clock: Times = field(default_factory=Times, compare=False)

    @property
    def taken(self) -> int:
        """From the source: sent or passed over."""
        return self.packets + self.too_large


def send(
    packets: Iterable[Due[bytes]],
    *,
    sink: Sink,
    topic: str,
    clock: Clock,
    together_max: int = TOGETHER_MAX,
    window_s: float = 0.0,
    on_sent: Callable[[Sent], None] = lambda _: None,
    headers: Headers = (),
    bookmark: Bookmark | None = None,
    before: int = 0,
) -> Sent:
    """Send each packet when it is due; `on_sent` hears the counts after each transaction.

    The sink has its producer (`Sink.rebuild`). Packets have no keys: Kafka spreads them over the
    topic's partitions. With a bookmark, which says `before` now, each transaction moves it.
    Raises BrokerError where Kafka aborted a transaction ATTEMPTS_MAX times, or where another moved
    the bookmark, and what the sink raises besides.
    """
    sent, publisher = Sent(), MarkedPublisher(sink, bookmark)
    start_s = clock.monotonic_s()
    dues = (Due(due.due_s, due) for due in _timed(packets, clock, sent.clock))
    for group in in_time(dues, clock, together_max=together_max, window_s=window_s):
        values = [due.item for due in group]
        fitting = [packet for packet in values if len(packet) <= sink.bytes_max(topic)]
        outputs = [Output(topic, None, packet, headers) for packet in fitting]
        begin_s, taken = clock.monotonic_s(), before + sent.taken
        publisher.publish(outputs, taken, taken + len(group))
        sent.packets += len(fitting)
        sent.bytes += sum(map(len, fitting))
        sent.too_large += len(group) - len(fitting)
        now_s = clock.monotonic_s()
        sent.clock.kafka_s += now_s - begin_s
        sent.clock.total_s = now_s - start_s
        sent.clock.behind_s = max(0.0, sent.clock.total_s - group[0].due_s - window_s)
        sent.clock.behind_s_max = max(sent.clock.behind_s, sent.clock.behind_s_max)
        on_sent(sent)
    return sent


def _timed(packets: Iterable[Due[bytes]], clock: Clock, times: Times) -> Iterator[Due[bytes]]:
    """The same; what is waited for them is counted."""
    source = iter(packets)
    while True:
        begin_s = clock.monotonic_s()
        due = next(source, None)
        times.source_s += clock.monotonic_s() - begin_s
        if due is None:
            return
        yield due
