"""A region of the sky: what a MOC covers, or the cones of a CSV file."""

# ruff: noqa: PLC0415 - a broker without regions does not wait for mocpy
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.errors import FilterError
from sky.catalogues import CatalogueIdentity, Degrees, Region
from sky.cells import cells_of
from sky.files import in_one_line, sha256_of
from sky.positions import CONE_RADIUS_ARCSEC_MAX, RadiusRule, on_sky
from sky.watchlists import open_watchlist

CONES = RadiusRule(default_arcsec=None, max_arcsec=CONE_RADIUS_ARCSEC_MAX)


class MocRegion:
    """A multi-order coverage map (IVOA MOC 2.0): HEALPix cells, nested, in ICRS.

    A position is inside when its cell at the map's greatest order is, so a border is as fine as
    the cells of that order: 3.4 arcmin across at order 10, 0.4 milliarcsec at 29.
    """

    def __init__(self, identity: CatalogueIdentity, ranges: NDArray[np.uint64]) -> None:
        """`open_region` makes one of a file; ranges of cells at order 29, rising, (n, 2)."""
        self.identity = identity
        self._borders = ranges.astype(np.int64).ravel()

    def contains(self, ra_deg: Degrees, dec_deg: Degrees) -> NDArray[np.bool_]:
        """Whether each ICRS position (n,) lies in it; what is no position is outside."""
        inside = np.zeros(len(ra_deg), dtype=np.bool_)
        known = on_sky(ra_deg, dec_deg)
        cell = cells_of(ra_deg[known], dec_deg[known])
        # Between the begin and the end of a range an odd number of borders lies behind.
        inside[known] = np.searchsorted(self._borders, cell, side="right") % 2 == 1
        return inside


def open_region(name: str, path: Path) -> Region:
    """A region of a MOC (FITS, JSON or ASCII, told by what it begins with) or a CSV of cones.

    Cones are columns ra_deg, dec_deg and radius_deg, at most 30 degrees each, and exact. Raises
    FilterError where the file cannot be used.
    """
    if path.suffix.lower() == ".csv":
        return open_watchlist(name, path, CONES)
    identity = CatalogueIdentity(name, sha256_of(path))
    return MocRegion(identity, moc_ranges(path))


def moc_ranges(path: Path) -> NDArray[np.uint64]:
    """The ranges of cells at order 29 of a MOC in any of its serialisations, (n, 2).

    Raises FilterError.
    """
    try:
        moc = _load(path)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise FilterError(
            f"{path}: it is no MOC in FITS, JSON or ASCII ({in_one_line(error)}); "
            "write it with mocpy's MOC.save, or give cones in a .csv file"
        ) from error
    if moc.empty():
        raise FilterError(f"{path}: it covers nothing; a region needs one cell at least")
    ranges: NDArray[np.uint64] = moc.to_depth29_ranges
    return ranges


def _load(path: Path) -> Any:  # noqa: ANN401 - mocpy has no types
    from mocpy import MOC

    with path.open("rb") as file:
        begin = file.read(64).lstrip()
    if begin.startswith(b"SIMPLE"):
        return MOC.load(path, format="fits")
    text = path.read_text(encoding="ascii")
    return MOC.from_string(_ascii_of(text) if begin.startswith(b"{") else text, format="ascii")


def _ascii_of(text: str) -> str:
    """A MOC in JSON as ASCII, in which mocpy checks that its orders have the cells."""
    cells = json.loads(text)
    return " ".join(f"{order}/{' '.join(map(str, each))}" for order, each in cells.items())
