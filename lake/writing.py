"""Scored batches written to a lake: buffered by night, and each night put in place at the end."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from lake.layout import LIVE, first_files
from lake.lock import WAIT_S_MAX, locked, sweep, writing
from lake.merge import NightWritten, put
from lake.night_buffer import NightBuffer
from lake.reading import Lake
from schemas.batch import AlertBatch
from schemas.errors import ArchiveError
from schemas.nights import NONE

WAITING_BYTES_MAX = 256 * 2**20
"""Columns held in memory, of all nights together; over it the largest night goes to disk."""

NAMED_MAX = 5
"""Alerts of no night that are named; all are counted."""


class LakeWriter:
    """Takes batches of any nights in any order; on leaving the `with`, they are in the lake.

    Each alert, by survey and id, is one row of its night: the newest copy stands, whole, but
    that a packet which the newest lacks stays. Nothing else goes. Where the block raises, the lake
    stays as it was; a process killed while nights are put in place leaves each as it was or as it
    shall be. Many processes may write at once: their changes come one after another.

    Memory holds WAITING_BYTES_MAX of columns, some rows of each run that is merged, and some 60
    bytes an alert for the keys and places of a night.
    """

    def __init__(self, lake: Path, *, version: str, with_packets: bool = True) -> None:
        """`version` is gueststar's, for the files. Raises ArchiveError where nothing can be made"""
        self._lake = lake
        self._mark = secrets.token_hex(4)
        self._facts = {"gueststar.version": version}
        self._with_packets = with_packets
        self._nights: dict[str, NightBuffer] = {}
        self._held = ExitStack()
        self.written: tuple[NightWritten, ...] = ()
        self.nightless = 0
        """Alerts whose time is none, which were left out."""
        self.nightless_ids: list[int] = []
        """The first NAMED_MAX of them."""
        _require_archived(lake)
        if any(first_files(lake)):
            raise ArchiveError(
                f"{lake} is a lake of an older layout, which is read but no longer written;"
                " archive into another folder"
            )
        with _explained(lake):
            self._staging = self._held.enter_context(writing(lake, self._mark))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Put the nights in place, or, after an error, nothing. Raises ArchiveError."""
        try:
            if error is None:
                with _explained(self._lake), locked(self._lake, wait_s=WAIT_S_MAX):
                    _require_archived(self._lake)
                    sweep(self._lake)
                    self.written = tuple(self._finished(each) for each in sorted(self._nights))
        finally:
            self._held.close()

    def add(self, batch: AlertBatch) -> None:
        """Take a scored batch. Raises ArchiveError where the disk refuses."""
        with _explained(self._lake):
            for night in np.unique(batch.night).tolist():
                rows = np.flatnonzero(batch.night == night)
                whole = len(rows) == len(batch)
                self._take(night, batch if whole else batch.take(rows))
            while sum(each.waiting_bytes for each in self._nights.values()) > WAITING_BYTES_MAX:
                max(self._nights.values(), key=lambda each: each.waiting_bytes).spill()

    def sort(self) -> None:
        """Take up every night that has rows which are not sorted by place, or small files."""
        for night, parts in groupby(Lake(self._lake).parts, key=lambda part: part.night):
            found = [*parts]
            if len(found) > 1 or not found[0].is_sorted:
                self._of(night)

    def _take(self, night: int, batch: AlertBatch) -> None:
        if night == NONE:
            self.nightless += len(batch)
            room = NAMED_MAX - len(self.nightless_ids)
            self.nightless_ids += batch.alert_id[:room].tolist()
            return
        self._of(str(night)).add(batch)

    def _of(self, night: str) -> NightBuffer:
        if night not in self._nights:
            folder = self._staging / night
            folder.mkdir()
            self._nights[night] = NightBuffer(folder, self._mark, with_packets=self._with_packets)
        return self._nights[night]

    def _finished(self, night: str) -> NightWritten:
        buffer = self._nights[night]
        buffer.spill()
        return put(self._lake, night, buffer, self._staging, self._facts)


def _require_archived(lake: Path) -> None:
    """Raises ArchiveError where a lake is written live."""
    if (lake / LIVE).exists():
        raise ArchiveError(
            f"`gueststar lake write` writes {lake}, and nothing else may; archive into another"
            " folder"
        )


@contextmanager
def _explained(lake: Path) -> Iterator[None]:
    """What the disk or Parquet refuses, in one line."""
    import pyarrow as pa

    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise ArchiveError(f"the lake {lake} cannot be written: {error}") from error
