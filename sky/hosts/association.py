"""The most likely host of each alert as a stage: by light radii, with its chance and redshift."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.batch import AlertBatch
from schemas.errors import FilterError
from schemas.learned import Given
from schemas.stage import VERSION_DIGITS, Identity
from sky.catalogues import Degrees
from sky.cells import Cells, cells_of, parents
from sky.grid import Grid
from sky.hosts.ellipses import LIGHT_RADII_MAX, SQUARE_ARCSEC, Floats, light_radii
from sky.hosts.galaxies import REDSHIFT_ERR_DEFAULT, Galaxies, read_galaxies
from sky.index import size_classes
from sky.positions import Positions, RadiusRule, Vectors, arcsec_of, check, on_sky, unit_vectors

RIVAL_RATIO = 0.5
"""A second galaxy makes a host ambiguous where the first is less than so much nearer, in light
radii: on supernovae with a redshift, the first of such two is right in two of three."""
DENSITY_DEPTH = 3
"""HEALPix cells of 7 degrees, in which the share of the sky that galaxies cover is taken."""

GIVES = (
    "found",
    "ambiguous",
    "candidates",
    "separation_arcsec",
    "offset_light_radii",
    "chance",
    "semi_major_arcsec",
    "axis_ratio",
    "angle_deg",
    "redshift",
    "redshift_err",
)
"""found: 1, or 0 for none; NaN without a position. ambiguous: 1 where another galaxy is nearly as
likely. candidates: galaxies within the limit. chance: that a position anywhere here has a galaxy of
this catalogue as near, in light radii. The redshift is that of the most likely host."""


Rows = NDArray[np.int64]
NONE = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
"""No pair of alert, galaxy and squared chord."""


class Associated(NamedTuple):
    """Of n positions."""

    row: NDArray[np.int64]
    """The most likely host's, -1 where there is none."""
    light_radii: Floats
    """To it, +inf where there is none."""
    rival_light_radii: Floats
    """To the second, within twice the limit."""
    separation_arcsec: Floats
    candidates: NDArray[np.int64]


class Hosts:
    """Galaxies within some light radii of each alert, as a `schemas.stage.Stage`."""

    reads: tuple[str, ...] = ("ra_deg", "dec_deg")

    def __init__(
        self, name: str, galaxies: Galaxies, light_radii_max: float = LIGHT_RADII_MAX
    ) -> None:
        """Raises FilterError for rows that are no positions, or too crowded for their sizes."""
        self.light_radii_max = light_radii_max
        self._galaxies = galaxies
        self._reach = light_radii_max / RIVAL_RATIO
        shape = galaxies.ellipses
        self._parts = [*_grids(galaxies, self._reach)]
        self._vectors = unit_vectors(shape.ra_deg, shape.dec_deg)
        self._covered = _covered_share(galaxies)
        self._carried = list(galaxies.columns.values())
        self.identity = Identity(name, galaxies.sha256[:VERSION_DIGITS], galaxies.sha256)
        self.gives: tuple[Given, ...] = (Given(name, "values", (*GIVES, *galaxies.columns)),)

    def run(self, batch: AlertBatch) -> tuple[Floats]:
        """(n, values): as GIVES says, then the columns that are carried."""
        values = np.full((len(batch), len(self.gives[0].columns)), np.nan)
        asked = np.flatnonzero(on_sky(batch.ra_deg, batch.dec_deg))
        ra, dec = batch.ra_deg[asked], batch.dec_deg[asked]
        cell = cells_of(ra, dec)
        found = self._best(cell, unit_vectors(ra, dec))
        has = found.row >= 0
        values[asked, :5] = np.column_stack(
            (
                has,
                np.where(has, found.rival_light_radii * RIVAL_RATIO < found.light_radii, np.nan),
                found.candidates,
                found.separation_arcsec,
                found.light_radii,
            )
        )
        if has.any():
            chance = self._chance(cell[has], found.light_radii[has])
            values[asked[has], 5:] = np.column_stack((chance, *self._said(found.row[has])))
        return (values,)

    def associated(self, ra_deg: Degrees, dec_deg: Degrees) -> Associated:
        """Of ICRS positions (n,), all of them `on_sky`."""
        return self._best(cells_of(ra_deg, dec_deg), unit_vectors(ra_deg, dec_deg))

    def _best(self, cell: Cells, vectors: Vectors) -> Associated:
        alert, row, radii, chord = self._pairs(cell, vectors)
        order = np.lexsort((row, radii, alert))
        alert, row, radii, chord = alert[order], row[order], radii[order], chord[order]
        begins = np.searchsorted(alert, np.arange(len(cell) + 1))
        within = np.bincount(alert[radii <= self.light_radii_max], minlength=len(cell))
        host, has, second = begins[:-1], within > 0, np.diff(begins) > 1
        far = np.full((3, len(cell)), np.inf)
        found = Associated(np.full(len(cell), -1), far[0], far[1], far[2], within)
        found.row[has], found.light_radii[has] = row[host[has]], radii[host[has]]
        found.separation_arcsec[has] = arcsec_of(chord[host[has]])
        found.rival_light_radii[second] = radii[host[second] + 1]
        return found

    def _pairs(self, cell: Cells, vectors: Vectors) -> tuple[Rows, Rows, Floats, Floats]:
        """All within reach: alert, galaxy, light radii and squared chord."""
        parts = [
            (near.alert, rows[near.row], near.chord)
            for grid, rows in self._parts
            for near in grid.near(cell, vectors)
        ]
        alert, row, chord = (np.concatenate(each) for each in zip(NONE, *parts, strict=True))
        radii = light_radii(self._galaxies.ellipses.take(row), vectors[alert])
        kept = np.flatnonzero(radii <= self._reach)
        return alert[kept], row[kept], radii[kept], chord[kept]

    def _chance(self, cell: Cells, radii: Floats) -> Floats:
        """That galaxies thrown anywhere in a cell of the sky leave none as near, (n,)."""
        covered = self._covered[parents(cell, DENSITY_DEPTH)]
        return np.asarray(-np.expm1(-covered * radii**2))

    def _said(self, row: NDArray[np.int64]) -> Sequence[Floats]:
        shape, galaxies = self._galaxies.ellipses, self._galaxies
        known = np.isfinite(galaxies.redshift[row])
        return (
            shape.major_arcsec[row],
            shape.axis_ratio[row],
            shape.angle_deg[row],
            galaxies.redshift[row],
            np.where(known, galaxies.redshift_err[row], np.nan),
            *(column[row] for column in self._carried),
        )

    def warm_up(self) -> None:
        """Nothing is left to do."""


def open_hosts(
    name: str,
    path: Path,
    *,
    light_radii_max: float = LIGHT_RADII_MAX,
    redshift_err: float = REDSHIFT_ERR_DEFAULT,
    columns: Sequence[str] = (),
) -> Hosts:
    """The stage of a catalogue of galaxies (`galaxies`). Raises FilterError as that does."""
    if taken := set(GIVES) & set(columns):
        raise FilterError(f"{sorted(taken)[0]!r} is what a host's stage gives itself; leave it out")
    if not 0 < light_radii_max <= 10:
        raise FilterError(f"light_radii_max is {light_radii_max:g}, not above 0 and at most 10")
    try:
        return Hosts(name, read_galaxies(path, columns, redshift_err), light_radii_max)
    except FilterError as error:
        raise error if str(path) in str(error) else FilterError(f"{path}: {error}") from error


def _grids(galaxies: Galaxies, reach: float) -> Iterator[tuple[Grid, NDArray[np.int64]]]:
    """Galaxies of like size, each class with its rows."""
    shape = galaxies.ellipses
    positions = Positions(shape.ra_deg, shape.dec_deg, reach * shape.major_arcsec)
    check(positions, RadiusRule(max_arcsec=float(positions.radius_arcsec.max())), rows_max=None)
    for rows in size_classes(positions.radius_arcsec):
        yield Grid(positions.take(rows)), rows


def _covered_share(galaxies: Galaxies) -> Floats:
    """By cell of DENSITY_DEPTH: the share of its sky within one light radius of a galaxy."""
    shape, cells = galaxies.ellipses, 12 * 4**DENSITY_DEPTH
    cell = parents(cells_of(shape.ra_deg, shape.dec_deg), DENSITY_DEPTH)
    return np.asarray(np.bincount(cell, shape.area, minlength=cells) * cells / SQUARE_ARCSEC)
