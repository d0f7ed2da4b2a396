"""A map of an event's place: HEALPix cells of many sizes, each with a probability density."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.errors import NoticeError
from sky.cells import DEPTH_MAX, Cells
from sky.cones import middles
from sky.messengers.compiled import find_pixels
from sky.messengers.localisation import (
    DEG2_PER_SR,
    SKY_DEG2,
    Distances,
    Floats,
    Places,
    Sample,
    Worth,
)

Rows = NDArray[np.int64]

BUCKET_DEPTH_MAX = 9
"""Of the coarse cells by which pixels are found: 3 million of four bytes."""

TOTAL_TOLERANCE = 0.01
"""How far a map's whole probability may be from 1; beyond, it is no density or not all of one."""


@dataclass(frozen=True)
class Pixels:
    """A map's cells, nested, in any order, (n,) each."""

    cell: Cells
    depth: Rows
    density_per_sr: Floats
    distance: Distances | None = None

    @property
    def area_sr(self) -> Floats:
        """Of each."""
        return np.float64(np.pi / 3.0) / np.float64(4.0) ** self.depth.astype(np.float64)

    def take(self, rows: Rows) -> Pixels:
        far = self.distance and Distances(*(column[rows] for column in self.distance))
        return Pixels(self.cell[rows], self.depth[rows], self.density_per_sr[rows], far)


class SkyMap:
    """A `Localisation` of pixels; a place outside all of them has density 0 and level 1."""

    def __init__(self, pixels: Pixels) -> None:
        """Raises NoticeError for pixels that overlap, or that are no probability."""
        shift = 2 * (DEPTH_MAX - pixels.depth)
        order = np.argsort(pixels.cell << shift)
        self.pixels = pixels = pixels.take(order)
        shift = shift[order]
        self._starts, self._ends = pixels.cell << shift, (pixels.cell + 1) << shift
        _check(pixels, self._starts, self._ends)
        self._order = np.argsort(-pixels.density_per_sr, kind="stable")
        self._levels = _credible_levels(pixels, self._order)
        self._densities = pixels.density_per_sr / DEG2_PER_SR
        self._shift, self._buckets = _bucketed(self._starts)

    def __len__(self) -> int:
        return len(self._starts)

    def rows(self, cells: Cells) -> Rows:
        """The pixel of each cell of the deepest order, (n,); -1 where there is none."""
        found = np.empty(len(cells), np.int64)
        find_pixels(cells, self._shift, self._buckets, self._starts, self._ends, found)
        return found

    def at(self, places: Places) -> Worth:
        """See `Localisation`."""
        rows = self.rows(places.cells)
        worth = Worth(self._densities[rows], self._levels[rows])
        outside = rows < 0
        if outside.any():
            worth.density_per_deg2[outside], worth.credible_level[outside] = 0.0, 1.0
        return worth

    def distances(self, places: Places) -> Distances | None:
        """See `Localisation`."""
        if self.pixels.distance is None:
            return None
        rows = self.rows(places.cells)
        columns = (np.where(rows < 0, np.nan, column[rows]) for column in self.pixels.distance)
        return Distances(*columns)

    def sample(self) -> Sample:
        """Its pixels."""
        pixels = self.pixels.take(self._order)
        vectors = np.empty((len(self), 3))
        for depth in np.unique(pixels.depth).tolist():
            own = pixels.depth == depth
            vectors[own] = middles(pixels.cell[own], depth)
        return Sample(
            np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0])) % 360.0,
            np.degrees(np.arcsin(np.clip(vectors[:, 2], -1.0, 1.0))),
            pixels.area_sr * DEG2_PER_SR,
            self._levels[self._order],
        )

    def area_deg2(self, level: float) -> float:
        """Whole pixels: until they hold so much."""
        if level >= 1.0:
            return SKY_DEG2
        areas = np.cumsum(self.pixels.area_sr[self._order]) * DEG2_PER_SR
        held = np.cumsum((self.pixels.density_per_sr * self.pixels.area_sr)[self._order])
        last = np.searchsorted(held / held[-1], level)
        return float(areas[min(int(last), len(areas) - 1)])


def _credible_levels(pixels: Pixels, order: Rows) -> Floats:
    """Of each pixel, the share of the probability at densities of its own or more.

    Pixels that are equally dense have one level, whatever order they came in.
    """
    density = pixels.density_per_sr[order]
    held = np.cumsum(density * pixels.area_sr[order])
    last = np.searchsorted(-density, -density, side="right") - 1
    levels = np.empty(len(order))
    levels[order] = np.minimum(held[last] / held[-1], 1.0)
    return levels


def _bucketed(starts: Cells) -> tuple[int, NDArray[np.int32]]:
    """The shift of the coarse cells, and of each the last pixel that starts at or before it."""
    wanted = int(np.ceil(np.log2(max(len(starts) / 6.0, 1.0)) / 2.0))
    depth = min(wanted, BUCKET_DEPTH_MAX)
    shift = 2 * (DEPTH_MAX - depth)
    edges = np.arange(12 * 4**depth + 1, dtype=np.int64) << shift
    return shift, (np.searchsorted(starts, edges, side="right") - 1).astype(np.int32)


def _check(pixels: Pixels, starts: Cells, ends: Cells) -> None:
    if not len(starts):
        raise NoticeError("the sky map has no pixels")
    if (starts[1:] < ends[:-1]).any():
        raise NoticeError("the sky map's pixels overlap; it is no partition of the sky")
    density = pixels.density_per_sr
    if not (np.isfinite(density) & (density >= 0)).all():
        raise NoticeError("the sky map has a pixel whose probability is no number of 0 or more")
    total = float(np.sum(density * pixels.area_sr))
    if abs(total - 1.0) > TOTAL_TOLERANCE:
        raise NoticeError(f"the sky map's probability sums to {total:.4g}, not to 1")
