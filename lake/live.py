"""A lake that one process writes as a stream comes: its lock, its log, and its next change."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from lake.disk import make
from lake.flush import Flush, Flushed, Writer
from lake.freezing import nobody_joining
from lake.layout import LIVE, alert_files
from lake.lock import locked
from lake.ranges import Place, Source, Stretch, mark_of, places, union
from lake.recovery import Log, recover
from lake.streams import to_disk
from schemas.batch import AlertBatch
from schemas.errors import ArchiveError

STAGING: Final = ".flush"
"""Where files are written before they get their names."""

LIVE_SAYS: Final = "`gueststar lake write` writes this lake, and nothing else may.\n"


class LiveLake:
    """The one writer of a lake. Opening it waits for nobody, and recovers what an earlier left."""

    def __init__(self, path: Path, *, version: str, with_packets: bool = True) -> None:
        """`version` is gueststar's. Raises ArchiveError where another process writes the lake, it
        was archived, or its files do not make sense.
        """
        self.path = path
        self._held = ExitStack()
        refuse_archived(path)
        try:
            make(path)
            self._held.enter_context(_alone(path))
            self._log = self._recovered()
        except BaseException as error:
            self._held.close()
            if isinstance(error, OSError):
                told = f"{unwritable(path, error)}; see to that, then start again"
                raise ArchiveError(told) from error
            raise
        self._writer = Writer(
            path,
            path / STAGING,
            {"gueststar.version": version},
            with_packets=with_packets,
        )
        self._stretches = self._log.stretches
        self._number = max(self._log.flushes, default=0) + 1

    @property
    def log(self) -> Log:
        """What stood when it was opened."""
        return self._log

    def places(self) -> Mapping[tuple[str, int], Place]:
        """By topic and partition, where to read on."""
        return places(self._stretches)

    def begin(self, starts: Mapping[Source, int], nothing: AlertBatch) -> None:
        """Partitions will be read from there on: that is written, though nothing was read yet.

        Where that is behind what the lake has of one, what is between is left out. Raises as
        `write` does.
        """
        stretches = [Stretch(each, at, at, 0, self._number) for each, at in starts.items()]
        self._write(Flush(nothing, {}, {}, stretches))

    @property
    def number(self) -> int:
        """Of the next flush."""
        return self._number

    def write(self, flush: Flush) -> Flushed:
        """Make a flush part of the lake. Raises OSError, where it may be tried again, ArchiveError.

        Its stretches have this lake's `number`, and begin where the last ones ended.
        """
        _require_no_gap(self._stretches, flush.stretches)
        return self._write(flush)

    def _write(self, flush: Flush) -> Flushed:
        whole = union([*self._stretches, *flush.stretches])
        self._clear()
        written = self._writer.write(flush, self._number, self._mark(flush.stretches))
        self._stretches, self._number = whole, self._number + 1
        return written

    def close(self) -> None:
        """Let go of the lock. Idempotent."""
        self._held.close()

    def _mark(self, stretches: Sequence[Stretch]) -> str:
        """By where all of the lake's partitions stand, and those that begin now."""
        ends = {each.source: each.end for each in self._stretches}
        starts = {each.source: each.start for each in stretches}
        return mark_of(self._number, {**ends, **starts})

    def _recovered(self) -> Log:
        (self.path / LIVE).write_text(LIVE_SAYS)
        to_disk(self.path / LIVE)
        to_disk(self.path)
        self._clear()
        with nobody_joining(self.path):
            return recover(self.path)

    def _clear(self) -> None:
        staging = self.path / STAGING
        if staging.exists():
            shutil.rmtree(staging)
        staging.mkdir()


def unwritable(lake: Path, error: OSError) -> str:
    """What is said of a lake whose disk refuses."""
    return f"the lake {lake} cannot be written: {error}"


def _require_no_gap(before: Sequence[Stretch], new: Sequence[Stretch]) -> None:
    """Raises ArchiveError where something would be left out."""
    ends = {each.source: each.end for each in before}
    for each in new:
        end = ends.get(each.source, each.start)
        if each.start > end:
            topic, partition, _ = each.source
            raise ArchiveError(
                f"offsets {end} to {each.start} of {topic}[{partition}] would not be in the lake,"
                " so nothing is written; start again"
            )


def refuse_archived(lake: Path) -> None:
    """Raises ArchiveError where a lake was archived, whose rows are of no known offsets."""
    if not (lake / LIVE).exists() and any(alert_files(lake)):
        raise ArchiveError(
            f"{lake} is a lake that `gueststar archive` wrote; name another folder to write live"
        )


@contextmanager
def _alone(lake: Path) -> Iterator[None]:
    """The lake's lock, at once. Raises ArchiveError where another process has it."""
    with ExitStack() as held:
        try:
            held.enter_context(locked(lake, wait_s=0))
        except ArchiveError:
            raise ArchiveError(
                f"another process writes to the lake {lake}: stop it, or name another folder"
            ) from None
        yield
