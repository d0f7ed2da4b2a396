"""A catalogue's cross-match as a stage: the nearest source, how many there are, what it says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.batch import AlertBatch
from schemas.errors import FilterError
from schemas.learned import Given
from schemas.stage import VERSION_DIGITS, Identity
from sky.catalogue_files import Table, read_catalogue
from sky.catalogues import Degrees
from sky.cells import cells_of
from sky.grid import Grid
from sky.positions import Positions, RadiusRule, arcsec_of, check, on_sky, unit_vectors

DISTANCE, COUNT = "distance_arcsec", "count"
"""What every cross-match gives: to the nearest source, +inf where none is within the radius, and
how many are."""


class Nearest(NamedTuple):
    """Of n positions."""

    distance_arcsec: NDArray[np.float64]
    """+inf where no source is within the radius."""
    sources: NDArray[np.int64]
    """Within the radius."""
    row: NDArray[np.int64]
    """The nearest source's, the first of those as near; -1 where there is none."""


class CrossMatch:
    """The sources of a catalogue within one radius of each alert, as a `schemas.stage.Stage`."""

    reads: tuple[str, ...] = ("ra_deg", "dec_deg")

    def __init__(self, name: str, table: Table, radius_arcsec: float) -> None:
        """Raises FilterError for rows that are no positions, or too crowded for the radius."""
        radius = np.broadcast_to(np.float64(radius_arcsec), table.ra_deg.shape)
        positions = Positions(table.ra_deg, table.dec_deg, radius)
        check(positions, RadiusRule(), rows_max=None)
        self._grid = Grid(positions)
        self._columns = list(table.columns.values())
        self.identity = Identity(name, table.sha256[:VERSION_DIGITS], table.sha256)
        self.gives: tuple[Given, ...] = (Given(name, "values", (DISTANCE, COUNT, *table.columns)),)

    def run(self, batch: AlertBatch) -> tuple[NDArray[np.float64]]:
        """(n, 2 + columns): NaN in a column where there is no source."""
        values = np.full((len(batch), 2 + len(self._columns)), np.nan)
        asked = np.flatnonzero(on_sky(batch.ra_deg, batch.dec_deg))
        found = self.nearest(batch.ra_deg[asked], batch.dec_deg[asked])
        values[asked, 0], values[asked, 1] = found.distance_arcsec, found.sources
        near = found.row >= 0
        for place, column in enumerate(self._columns, 2):
            values[asked[near], place] = column[found.row[near]]
        return (values,)

    def nearest(self, ra_deg: Degrees, dec_deg: Degrees) -> Nearest:
        """Of ICRS positions (n,), all of them `on_sky`."""
        chord = np.full(len(ra_deg), np.inf)
        count, row = np.zeros(len(chord), np.int64), np.full(len(chord), -1)
        for near in self._grid.near(cells_of(ra_deg, dec_deg), unit_vectors(ra_deg, dec_deg)):
            alert = near.alert
            count += np.bincount(alert, minlength=len(count))
            order = np.lexsort((near.row, near.chord, alert))
            _, first = np.unique(alert[order], return_index=True)
            best = order[first]
            best = best[near.chord[best] < chord[alert[best]]]
            chord[alert[best]], row[alert[best]] = near.chord[best], near.row[best]
        return Nearest(arcsec_of(chord), count, row)

    def warm_up(self) -> None:
        """Nothing is left to do."""


def open_crossmatch(
    name: str, path: Path, radius_arcsec: float, columns: Sequence[str] = ()
) -> CrossMatch:
    """The stage of a catalogue (`catalogue_files`). Raises FilterError where it cannot be used."""
    if taken := {DISTANCE, COUNT} & set(columns):
        raise FilterError(f"{taken.pop()!r} is what a cross-match gives itself; leave it out")
    if len(set(columns)) != len(columns):
        raise FilterError(f"a column is named twice in {', '.join(columns)}")
    try:
        return CrossMatch(name, read_catalogue(path, columns), radius_arcsec)
    except FilterError as error:
        raise error if str(path) in str(error) else FilterError(f"{path}: {error}") from error
