"""Light curves of any number of objects on disk, and their detections in the order of time.

Columns lie in flat files that the system maps and drops as it likes: 453 million rows are 10 GB
of disk and no memory to speak of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ArchiveError

Ints = NDArray[np.int64]

CHUNK_ROWS = 2**20
"""Rows that are in memory at once where all are gone through."""

OBJECT_ROWS_MAX = 2**16
"""Points of one object: they are numbered in its sources' ids."""
MJD_MIN, MJD_MAX = 10_000, 100_000
"""Between 1886 and 2132: else a time is no MJD."""

_COLUMNS: dict[str, np.dtype[Any]] = {
    "object_id": np.dtype("i8"),
    "mjd": np.dtype("f8"),
    "band": np.dtype("i1"),
    "flux_njy": np.dtype("f4"),
    "flux_err_njy": np.dtype("f4"),
    "detected": np.dtype("?"),
}


class CurveRows(NamedTuple):
    """Points of light curves, one entry each; those of an object stand together."""

    object_id: Ints
    mjd: NDArray[np.float64]
    band: NDArray[np.int8]
    """The place in "ugrizy"."""
    flux_njy: NDArray[np.float32]
    flux_err_njy: NDArray[np.float32]
    detected: NDArray[np.bool_]

    def part(self, rows: slice | Ints) -> CurveRows:
        """Some of the points."""
        return CurveRows(*(column[rows] for column in tuple[Any, ...](self)))


class Curves:
    """Light curves that were written to a folder: each object's points by rising time."""

    def __init__(self, folder: Path) -> None:
        self.rows = CurveRows(*(_mapped(folder / name, _COLUMNS[name]) for name in _COLUMNS))
        self._order = _mapped(folder / "order", np.dtype("i8"))
        self._days = np.load(folder / "days.npy")
        self.begins: Ints = np.load(folder / "begins.npy", mmap_mode="r")
        """By object: its first row; and the number of rows at the end."""

    @property
    def detections(self) -> int:
        """How many there are: one alert each."""
        return len(self._order)

    def in_time(self, first: int = 0) -> Iterator[int]:
        """Rows of detections by time, of one time by row; from the number `first` on."""
        for begin, end in zip(self._days[:-1].tolist(), self._days[1:].tolist(), strict=True):
            if end > first:
                rows = np.sort(self._order[begin:end])
                ordered = rows[np.argsort(self.rows.mjd[rows], kind="stable")]
                yield from ordered[max(first - begin, 0) :].tolist()

    def begin_of(self, row: int) -> int:
        """The first row of the object that has that one."""
        return int(self.begins[np.searchsorted(self.begins, row, side="right") - 1])


def write_curves(chunks: Iterable[CurveRows], folder: Path) -> Curves:
    """Light curves in an empty folder, from points of which each object's stand together.

    Raises ArchiveError where an object's points stand apart, or there is none.
    """
    begins = _write_rows(chunks, folder)
    if not begins[-1]:
        raise ArchiveError("the files hold no point of a light curve")
    ids = _mapped(folder / "object_id", _COLUMNS["object_id"])[begins[:-1]]
    known, counts = np.unique(ids, return_counts=True)
    if (apart := known[counts > 1]).size:
        raise ArchiveError(
            f"the points of object {apart[0]} stand apart from each other; sort the files by object"
        )
    if (longest := int(np.diff(begins).max())) > OBJECT_ROWS_MAX:
        raise ArchiveError(f"an object has {longest} points, over {OBJECT_ROWS_MAX}")
    np.save(folder / "begins.npy", begins)
    _write_order(folder)
    return Curves(folder)


def _write_rows(chunks: Iterable[CurveRows], folder: Path) -> Ints:
    """Where each object begins, and the number of rows."""
    begins, total = [np.zeros(0, np.int64)], 0
    files = [(folder / name).open("wb") for name in _COLUMNS]
    try:
        for rows in _whole_objects(chunks):
            _check(rows)
            changes = np.flatnonzero(np.diff(rows.object_id)) + 1
            run = np.searchsorted(changes, np.arange(len(rows.mjd)), side="right")
            ordered = rows.part(np.lexsort((rows.mjd, run)))
            for file, column, dtype in zip(
                files, tuple[Any, ...](ordered), _COLUMNS.values(), strict=True
            ):
                file.write(column.astype(dtype).tobytes())
            begins.append(np.concatenate(([0], changes)) + total)
            total += len(rows.mjd)
    finally:
        for file in files:
            file.close()
    return np.concatenate((*begins, [total])).astype(np.int64)


def _check(rows: CurveRows) -> None:
    strange = ~((rows.mjd > MJD_MIN) & (rows.mjd < MJD_MAX)) | (rows.object_id < 1)
    if strange.any():
        row = int(np.flatnonzero(strange)[0])
        raise ArchiveError(
            f"object {rows.object_id[row]} has a point at MJD {rows.mjd[row]}; ids are to be above"
            f" 0 and times between {MJD_MIN} and {MJD_MAX}"
        )


def _whole_objects(chunks: Iterable[CurveRows]) -> Iterator[CurveRows]:
    """The same points, cut between objects only."""
    kept: CurveRows | None = None
    for chunk in chunks:
        whole = chunk if kept is None else _joined(kept, chunk)
        others = np.flatnonzero(whole.object_id != whole.object_id[-1:])
        cut = int(others[-1]) + 1 if others.size else 0
        if cut:
            yield whole.part(slice(0, cut))
        kept = whole.part(slice(cut, None))
    if kept is not None and len(kept.object_id):
        yield kept


def _joined(one: CurveRows, other: CurveRows) -> CurveRows:
    pairs: Any = zip(one, other, strict=True)
    return CurveRows(*(np.concatenate(pair) for pair in pairs))


def _write_order(folder: Path) -> None:
    """The rows of detections, sorted by day and within one not at all: a counting sort."""
    mjd = _mapped(folder / "mjd", _COLUMNS["mjd"])
    detected = _mapped(folder / "detected", _COLUMNS["detected"])
    chunks = [slice(i, i + CHUNK_ROWS) for i in range(0, len(mjd), CHUNK_ROWS)]
    first = min(int(mjd[chunk].min()) for chunk in chunks)
    days = max(int(mjd[chunk].max()) for chunk in chunks) - first + 1
    counts = np.zeros(days, np.int64)
    for chunk in chunks:
        counts += np.bincount(_days(mjd, detected, chunk, first)[1], minlength=days)
    ends = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
    np.save(folder / "days.npy", ends)
    (folder / "order").touch()
    if ends[-1]:
        order = np.memmap(folder / "order", "i8", "w+", shape=(int(ends[-1]),))
        free = ends[:-1].copy()
        for chunk in chunks:
            _deal(order, free, *_days(mjd, detected, chunk, first))


def _days(
    mjd: NDArray[np.float64], detected: NDArray[np.bool_], chunk: slice, first: int
) -> tuple[Ints, Ints]:
    """The detections of a chunk: their rows, and their days since the first."""
    rows = np.flatnonzero(detected[chunk]) + chunk.start
    return rows, mjd[rows].astype(np.int64) - first


def _deal(order: NDArray[np.int64], free: Ints, rows: Ints, days: Ints) -> None:
    """Put rows in the next free places of their days."""
    by_day = np.argsort(days, kind="stable")
    found, begins, counts = np.unique(days[by_day], return_index=True, return_counts=True)
    within = np.arange(len(rows)) - np.repeat(begins, counts)
    order[np.repeat(free[found], counts) + within] = rows[by_day]
    free[found] += counts


def _mapped(path: Path, dtype: np.dtype[Any]) -> NDArray[Any]:
    if not path.stat().st_size:
        return np.zeros(0, dtype)
    return np.memmap(path, dtype, "r")
