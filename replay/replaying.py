"""A source sent to a topic at a pace, from where it was left, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice

from rich.console import Console

from broker.marked import Bookmark
from broker.ports import Clock, Headers, Sink
from lake.archives import Archive
from replay.ahead import ahead
from replay.ordering import Ordered, timed
from replay.pacing import RUBIN_VISIT_S, Due, at_once, bursts, cadence, steady
from replay.progress import told
from replay.sender import Sent, send
from schemas.errors import ArchiveError
from schemas.lsst_schema import frame_of

WINDOW_S = 0.02
"""Packets due within so long of each other are one transaction, and up to so late."""
TOLD_MAX = 20
"""Members passed over that are named; all are counted."""
TOGETHER_MAX = 2000
"""Packets of one transaction."""


@dataclass(frozen=True)
class Pace:
    """How packets follow each other: the first that is given counts; none, as fast as may be."""

    rate_per_s: float | None = None
    factor: float | None = None
    """Times as fast as they came, by the instants of their exposures."""
    burst_sizes: Sequence[int] = ()
    every_s: float = RUBIN_VISIT_S

    @property
    def is_free(self) -> bool:
        """Whether there is none to keep."""
        return self.rate_per_s is None and self.factor is None and not self.burst_sizes


class Source:
    """An archive's packets in the order in which they are sent, and how far through it that is."""

    def __init__(
        self, archive: Archive, pace: Pace, *, limit: int | None, schema_id: int | None = None
    ) -> None:
        """schema_id: under which a registry has a simulation's schema; None for Rubin's own."""
        self.archive = archive
        self._frame = None if schema_id is None else frame_of(schema_id)
        self._pace = pace
        self._limit = limit
        self._ordered: Ordered | None = None
        self.broken: ArchiveError | None = None
        """Why the archive could be read no further than what was sent."""

    @property
    def total(self) -> float:
        """What `done` comes to."""
        if self._limit is not None:
            return self._limit
        return len(self._ordered) if self._ordered else self.archive.bytes_total

    def done(self, taken: int) -> float:
        """How far it is where so many were sent."""
        by_number = self._limit is not None or self._ordered or self.archive.is_simulated
        return taken if by_number else self.archive.bytes_read

    @contextmanager
    def dues(self, first: int) -> Iterator[Iterator[Due[bytes]]]:
        """Packets from that number on, each with its time."""
        with self._paced(first) as dues:
            yield dues if self._frame is None else _framed(dues, self._frame)

    @contextmanager
    def _paced(self, first: int) -> Iterator[Iterator[Due[bytes]]]:
        pace, decoder = self._pace, self.archive.decoder
        if pace.rate_per_s is not None:
            yield steady(self._some(first), rate_per_s=pace.rate_per_s)
        elif pace.burst_sizes:
            yield bursts(self._some(first), sizes=pace.burst_sizes, every_s=pace.every_s)
        elif pace.factor is None:
            yield at_once(self._some(first))
        elif self.archive.is_simulated:
            yield cadence(timed(self._some(first), decoder), factor=pace.factor)
        else:
            with closing(Ordered(timed(self._readable(0), decoder))) as self._ordered:
                some = islice(self._ordered, first, self._limit)
                yield cadence(some, factor=pace.factor)

    def _some(self, first: int) -> Iterator[bytes]:
        left = None if self._limit is None else max(self._limit - first, 0)
        return islice(self._readable(first), left)

    def _readable(self, first: int) -> Iterator[bytes]:
        """Up to where the archive breaks off."""
        try:
            yield from self.archive.packets(first)
        except ArchiveError as error:
            self.broken = error


def _framed(dues: Iterator[Due[bytes]], frame: bytes) -> Iterator[Due[bytes]]:
    return (due._replace(item=frame + due.item[len(frame) :]) for due in dues)


def replay(
    source: Source,
    *,
    sink: Sink,
    topic: str,
    clock: Clock,
    console: Console,
    headers: Headers = (),
    bookmark: Bookmark | None = None,
    first: int = 0,
) -> Sent:
    """Send a source from a packet on, and say at the end what was passed over.

    Of an archive that breaks off all is sent that could be read; `source.broken` says why.
    """
    archive = source.archive
    with source.dues(first) as dues, told(console, archive.path.name, source.total) as advance:
        sent = send(
            ahead(dues),
            sink=sink,
            topic=topic,
            clock=clock,
            together_max=TOGETHER_MAX,
            window_s=WINDOW_S,
            on_sent=lambda so_far: advance(source.done(first + so_far.taken), so_far.packets),
            headers=headers,
            bookmark=bookmark,
            before=first,
        )
    for name, reason in archive.unreadable[:TOLD_MAX]:
        console.print(f"passed over {name}: {reason}", markup=False, highlight=False)
    if archive.unreadable:
        console.print(f"{len(archive.unreadable):,} members passed over", highlight=False)
    return sent
