"""The lake as the engine's store: what a transaction is to Kafka, a flush is to the lake.

The ledger's entry of a batch says which offsets it is of; they stand in the footer of the part that
commits it, and nowhere else. So the positions are the lake's, and no group has any.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from broker.errors import TransactionAborted
from broker.ledger import Entry, read_entry
from broker.lives import Committed
from broker.ports import Life, Output, Partition
from lake.flush import Beside, Flush, Flushed
from lake.live import LiveLake, unwritable
from lake.ranges import Place, Source, Stretch
from schemas.batch import AlertBatch

NOWHERE = Place(-1)


class LakeStore:
    """A `broker.ports.Sink`: a lake that one has open."""

    def __init__(
        self,
        lake: LiveLake,
        *,
        flushed: Callable[[Flushed], None] = lambda _: None,
    ) -> None:
        """`flushed` hears of each flush that is committed."""
        self._lake = lake
        self._flushed = flushed
        self._rows: tuple[AlertBatch, Beside, Mapping[str, Sequence[Any]]] | None = None
        self._entry: Entry | None = None

    def put(self, batch: AlertBatch, beside: Beside, unread: Mapping[str, Sequence[Any]]) -> None:
        """What the next commit is to hold."""
        self._rows = batch, beside, unread

    def begin(self) -> None:
        """Nothing is held up by it."""

    def produce(self, outputs: Sequence[Output]) -> None:
        """Take the ledger's entry; the job has no other output."""
        (record,) = outputs
        self._entry = read_entry(record.value)

    def send_offsets(self, offsets: Mapping[Partition, int], group: object) -> None:
        """They are the entry's."""

    def commit(self) -> None:
        """Write the flush. Raises TransactionAborted where the disk refuses, ArchiveError."""
        assert self._rows is not None, "the job has put rows"
        assert self._entry is not None, "the engine has produced its entry"
        flush = Flush(*self._rows, self._stretches(self._entry))
        with _aborting(self._lake):
            written = self._lake.write(flush)
        self.abort()
        self._flushed(written)

    def abort(self) -> None:
        """Forget what was to be written."""
        self._rows = self._entry = None

    def rebuild(self) -> None:
        """The lake's lock is ours as long as it is open."""

    def bytes_max(self, _: str) -> int:
        """A row may be of any size."""
        return sys.maxsize

    def close(self) -> None:
        """Whoever opened the lake closes it."""

    def _stretches(self, entry: Entry) -> list[Stretch]:
        """Of the partitions that moved."""
        return [
            Stretch(
                Source(one.topic, one.partition, one.life),
                one.start,
                one.end,
                one.consumed,
                self._lake.number,
            )
            for one in entry.ranges
            if one.end > one.start
        ]


class LakePositions:
    """A `broker.positions.PositionStore`, of a lake that one has open: its log has them."""

    def __init__(self, lake: LiveLake, nothing: AlertBatch) -> None:
        """nothing: a batch without rows."""
        self._lake = lake
        self._nothing = nothing

    def read(self, partitions: Iterable[Partition]) -> dict[Partition, Committed]:
        """Where the lake ends in each partition."""
        known = self._lake.places()
        return {each: Committed(*known.get(each, NOWHERE)) for each in partitions}

    def take(self, _: Collection[Partition]) -> bool:
        """All of them are ours, by the lake's lock."""
        return True

    def outputs(
        self,
        ends: Mapping[Partition, int],
        starts: Mapping[Partition, int],
        lives: Mapping[Partition, Life],
    ) -> list[Output]:
        """Nothing: the part itself has them."""
        return []

    def release(self, partitions: Iterable[Partition]) -> None:
        """Nobody else reads for this lake."""

    def commit(self, places: Mapping[Partition, int], lives: Mapping[Partition, Life]) -> None:
        """Note where partitions begin. Raises TransactionAborted where the disk refuses."""
        starts = {Source(*each, lives[each].name): at for each, at in places.items()}
        if not starts:
            return
        with _aborting(self._lake):
            self._lake.begin(starts, self._nothing)

    def rebuild(self) -> None:
        """They are ours as long as the lake is open."""

    def close(self) -> None:
        """The store closes the lake."""


@contextmanager
def _aborting(lake: LiveLake) -> Iterator[None]:
    """What the disk refuses may be tried again."""
    try:
        yield
    except OSError as error:
        raise TransactionAborted(unwritable(lake.path, error)) from error
