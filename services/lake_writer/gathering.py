"""A source that waits for more: a part of a lake a poll would be far too many parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from broker.errors import TopicRemade
from broker.ports import Clock, Life, Message, Partition, Source

PAUSE_S = 0.25
"""Between two polls, each of which asks Kafka whether its topics are still those that were read."""


INSTANT_S = 1e-3
"""Less than this is not waited for."""


class GatheringSource:
    """A `broker.ports.Source` whose poll goes on for a while after its first message.

    It polls the source that it stands for again and again, and hands over together what came. What
    was read before a rebalance, or before a topic was made anew, is read again.
    """

    def __init__(self, source: Source, clock: Clock, *, gather_s: float) -> None:
        """`gather_s`: how long after its first message a poll returns at the latest."""
        self._source = source
        self._clock = clock
        self._gather_s = gather_s
        self._hurried = False
        self._starts: Mapping[Partition, int] = {}
        self._positions: Mapping[Partition, int] = {}
        self._lives: Mapping[Partition, Life] = {}
        self.join = source.join
        self.confirm_member = source.confirm_member
        self.committed = source.committed
        self.confirm_lives = source.confirm_lives
        self.lag = source.lag
        self.ends = source.ends
        self.group = source.group
        self.close = source.close

    def hurry(self) -> None:
        """Wait for nothing more. May be called from a signal handler."""
        self._hurried = True

    def poll(self, *, messages_max: int, bytes_max: int, timeout_s: float) -> list[Message]:
        """As `Source.poll`, once the bounds are reached or the time is over."""
        taken = self._polled(messages_max, bytes_max, timeout_s)
        until_s = self._clock.monotonic_s() + self._gather_s
        size = sum(len(each.value) for each in taken)
        while taken and len(taken) < messages_max and size < bytes_max and not self._hurried:
            left_s = until_s - self._clock.monotonic_s()
            if left_s < INSTANT_S:
                break
            room = messages_max - len(taken), bytes_max - size
            self._clock.sleep(min(left_s, PAUSE_S))
            more = self._more(*room, _ends(taken))
            if more is None:
                return []
            taken += more
            size += sum(len(each.value) for each in more)
        return taken

    def starts(self) -> Mapping[Partition, int]:
        """Where each partition stood when the first of the messages of the last poll came."""
        return self._starts

    def positions(self) -> Mapping[Partition, int]:
        """Where the last of them left each: what an empty poll passes over is the next poll's."""
        return self._positions

    def lives(self) -> Mapping[Partition, Life]:
        """The life of its topic in which each is read."""
        return self._lives

    def seek(self, positions: Mapping[Partition, int]) -> None:
        """Go back to these offsets."""
        self._source.seek(positions)

    def _polled(self, messages_max: int, bytes_max: int, timeout_s: float) -> list[Message]:
        taken = self._source.poll(
            messages_max=messages_max, bytes_max=bytes_max, timeout_s=timeout_s
        )
        if taken:
            self._starts, self._lives = self._source.starts(), self._source.lives()
            self._positions = self._source.positions()
        return taken

    def _more(
        self, messages_max: int, bytes_max: int, ends: Mapping[Partition, int]
    ) -> list[Message] | None:
        """What came since partitions were read up to there; None where all is read again."""
        try:
            self._source.confirm_lives()
        except TopicRemade:
            self._source.seek(self._starts)
            return None
        more = self._source.poll(messages_max=messages_max, bytes_max=bytes_max, timeout_s=0.0)
        stands = self._source.starts() if more else self._source.positions()
        if all(stands.get(each, -1) >= end for each, end in ends.items()):
            self._positions = self._source.positions() if more else self._positions
            return more
        # Partitions were assigned anew, and are read from what is committed: before what we took.
        if more:
            self._source.seek(stands)
        return None


def _ends(messages: Sequence[Message]) -> dict[Partition, int]:
    """Behind the last message of each partition, which stand in their order."""
    return {Partition(each.topic, each.partition): each.offset + 1 for each in messages}
