"""A simulated season: the alerts of all its detections, by time, each as it was known then."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, NamedTuple
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from lake.simulated import plasticc, snana
from lake.simulated.curves import CurveRows, Curves, Ints, write_curves
from lake.simulated.records import Place, packet
from schemas.errors import ArchiveError

PREFIX = "gueststar-season-"


class Files(NamedTuple):
    """What a season is read from."""

    kind: str
    """`plasticc` or `snana`."""
    curves: tuple[Path, ...]
    """Of SNANA those of objects, which have those of points beside them."""
    about: tuple[Path, ...]
    """Where the objects' positions stand."""


def simulation_at(path: Path) -> Files | None:
    """The files of a simulation, where a path is one: a folder of them, or one file of points.

    Raises ArchiveError where there are points and nothing about their objects.
    """
    if not path.is_dir():
        return _named(path) if path.is_file() else None
    files = sorted(file for file in path.iterdir() if file.is_file())
    if heads := tuple(filter(snana.is_head, files)):
        return Files("snana", heads, heads)
    return _csv(path, tuple(filter(plasticc.is_csv, files)))


def _named(path: Path) -> Files | None:
    if snana.is_head(path):
        return Files("snana", (path,), (path,))
    if not plasticc.is_csv(path) or not _has_curves(path):
        return None
    found = _csv(path.parent, tuple(filter(plasticc.is_csv, sorted(path.parent.iterdir()))))
    return found and found._replace(curves=(path,))


def _csv(folder: Path, files: tuple[Path, ...]) -> Files | None:
    curves = tuple(filter(_has_curves, files))
    if not curves:
        return None
    about = tuple(one for one in files if plasticc.columns_of(one) >= plasticc.OBJECT_COLUMNS)
    if not about:
        raise ArchiveError(
            f"{folder} has light curves, but no file with the columns object_id, ra and decl"
        )
    return Files("plasticc", curves, about)


def _has_curves(file: Path) -> bool:
    names = plasticc.columns_of(file)
    return names >= plasticc.CURVE_COLUMNS and not names.isdisjoint(plasticc.DETECTED)


class Season:
    """The alerts of a simulation, to be gone through in the order of time.

    The first use writes the light curves to a folder that is removed with the season: 26 bytes a
    point, below `work` or where the system keeps what is temporary.
    """

    def __init__(self, files: Files, *, work: Path | None = None) -> None:
        self.files = files
        self._work = work

    def __len__(self) -> int:
        """Alerts. Raises ArchiveError where the files cannot be read."""
        return self._curves.detections

    def alerts(self, first: int = 0) -> Iterator[bytes]:
        """The packets from that number on. Raises ArchiveError."""
        curves, places = self._curves, self._places
        for row in curves.in_time(first):
            begin = curves.begin_of(row)
            known = _known(curves, begin, row)
            yield packet(known, places.of(int(known.object_id[-1])), row - begin)

    @cached_property
    def _curves(self) -> Curves:
        folder = mkdtemp(prefix=PREFIX, dir=self._work)
        finalize(self, rmtree, folder, ignore_errors=True)
        source = plasticc if self.files.kind == "plasticc" else snana
        return write_curves(source.curve_rows(self.files.curves), Path(folder))

    @cached_property
    def _places(self) -> _Places:
        source: Any = plasticc if self.files.kind == "plasticc" else snana
        columns = zip(*source.objects(self.files.about), strict=True)
        return _Places(*(np.concatenate(column) for column in columns))


class _Places:
    """Where objects are, 24 bytes each in memory."""

    def __init__(self, ids: Ints, ra: NDArray[np.float64], dec: NDArray[np.float64]) -> None:
        order = np.argsort(ids, kind="stable")
        self._ids, self._ra, self._dec = ids[order], ra[order], dec[order]

    def of(self, object_id: int) -> Place:
        """Raises ArchiveError where nothing is known of it."""
        at = int(np.searchsorted(self._ids, object_id))
        if at == len(self._ids) or self._ids[at] != object_id:
            raise ArchiveError(f"object {object_id} has points, but no file says where it is")
        return Place(object_id, float(self._ra[at]), float(self._dec[at]))


def _known(curves: Curves, begin: int, row: int) -> CurveRows:
    """What was known when that point was measured: all earlier ones of its object, and itself.

    Nothing else is read, so that an alert cannot look ahead.
    """
    mjd = curves.rows.mjd[begin : row + 1]
    earlier = np.arange(begin, begin + int(np.searchsorted(mjd, mjd[-1], side="left")))
    return curves.rows.part(np.append(earlier, row))
