"""A reference brought onto a frame's own pixels, with its noise; and how well that went.

The frame stays as it was taken, so its noise stays white; the reference, which is deeper, is the
one that is interpolated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from telescope import asterism
from telescope.compiled import lanczos_table, warp
from telescope.frame import Bit, Frame, FrameError
from telescope.psf import powers
from telescope.sky_grid import GRID_PIXELS, grid, mapping
from telescope.sources import Sources

Floats = NDArray[np.float64]
RMS_PIXELS_MAX = 0.6
"""Of stars, at which a frame is refused."""
MATCH_PIXELS = 6.0
STARS_MIN = 6
STARS_CUBIC_MIN = 80
STARS_QUADRATIC_MIN = 25
COVERED_MIN = 0.2
CLIP_SIGMA = 3.0


class Aligned(NamedTuple):
    """A reference on a frame's grid."""

    frame: Frame
    rms_pixels: float
    """Of stars about the map, each axis."""
    stars: int
    by: str
    """"wcs", or "asterism" where there was none that led to enough stars."""
    x: Floats
    y: Floats
    """For each source of the reference: its place in the frame."""


def aligned(
    onto: Frame, onto_sources: Sources, reference: Frame, reference_sources: Sources
) -> Aligned:
    """The reference on the frame's pixels. Raises FrameError where they show no common stars.

    The map is the two WCSs', set right by a polynomial of the common stars; where there is no WCS,
    or it leads to too few of them, that of asterisms.
    """
    ours, theirs = _brightest(onto_sources), _brightest(reference_sources)
    tried = (
        (way, _set_right(start, ours, theirs, onto.shape))
        for way, start in _starts(onto, reference, ours, theirs)
    )
    way, fitted = next(((way, one) for way, one in tried if one is not None), ("", None))
    if fitted is None:
        raise FrameError(
            f"{onto.facts.name} shows no stars of the reference {reference.facts.name}: another"
            " field, or clouds"
        )
    x, y, rms, count = fitted
    if rms > RMS_PIXELS_MAX:
        raise FrameError(f"{onto.facts.name}: stars lie {rms:.2f} pixels off the reference's")
    warped = _warped(reference, x, y, onto.shape)
    covered = float(np.mean((warped.mask & np.uint16(Bit.EDGE)) == 0))
    if covered < COVERED_MIN:
        raise FrameError(f"{onto.facts.name}: the reference covers {covered:.0%} of it")
    places = _inverse(x, y, reference_sources, onto.shape)
    return Aligned(replace(warped, sky=onto.sky), rms, count, way, *places)


def _brightest(found: Sources, count: int = 1500) -> Floats:
    order = np.argsort(-found.flux)[:count]
    return np.stack([found.x[order], found.y[order]], axis=1)


def _starts(
    onto: Frame, reference: Frame, ours: Floats, theirs: Floats
) -> Iterator[tuple[str, tuple[Floats, Floats]]]:
    """First maps, on the grid: (name, (x, y)) each."""
    if onto.sky is not None and reference.sky is not None:
        x, y = mapping(onto.sky, reference.sky, onto.shape)
        if np.all(np.isfinite(x + y)):
            yield "wcs", (x, y)
    found = asterism.matched(ours, theirs)
    if found is not None:
        places = np.stack([one.ravel() for one in grid(onto.shape)], axis=1)
        mapped = asterism.apply(found, places)
        shape = grid(onto.shape)[0].shape
        yield "asterism", (mapped[:, 0].reshape(shape), mapped[:, 1].reshape(shape))


def _set_right(
    start: tuple[Floats, Floats], ours: Floats, theirs: Floats, shape: tuple[int, int]
) -> tuple[Floats, Floats, float, int] | None:
    """The map with a polynomial of the stars added, their rms, and how many there are."""
    expected = np.stack([on_grid(one, ours) for one in start], axis=1)
    pairs = asterism.together(expected, theirs, MATCH_PIXELS)
    if len(pairs) < STARS_MIN or len(pairs) < 0.15 * min(len(ours), len(theirs), 100):
        return None
    off = theirs[pairs[:, 1]] - expected[pairs[:, 0]]
    common = np.median(off, axis=0)  # a shift of the whole leaves chance pairs behind
    keep = np.hypot(*(off - common).T) < 3.0
    matched = ours[pairs[:, 0]]
    for _ in range(5):
        if keep.sum() < STARS_MIN:
            return None
        places = matched[keep]
        order = (
            3 if len(places) > STARS_CUBIC_MIN else 2 if len(places) > STARS_QUADRATIC_MIN else 1
        )
        fitted, *_ = np.linalg.lstsq(
            powers(places[:, 0], places[:, 1], shape, order), off[keep], rcond=None
        )
        left = off - powers(matched[:, 0], matched[:, 1], shape, order) @ fitted
        rms = 1.4826 * np.median(np.abs(left[keep]), axis=0).max()
        keep = np.hypot(*left.T) < CLIP_SIGMA * max(float(rms), 0.01) * 1.5
    x, y = grid(shape)
    more = powers(x.ravel(), y.ravel(), shape, order) @ fitted
    x, y = (one + more[:, axis].reshape(x.shape) for axis, one in enumerate(start))
    return x, y, float(rms), int(keep.sum())


def on_grid(values: Floats, places: Floats) -> Floats:
    """Values of the grid at places (n, 2) between its nodes, linear, as `compiled.warp` has it."""
    at_x, at_y = (places[:, axis] / GRID_PIXELS + 1 for axis in (0, 1))
    left = np.clip(at_x.astype(int), 0, values.shape[1] - 2)
    low = np.clip(at_y.astype(int), 0, values.shape[0] - 2)
    u, v = at_x - left, at_y - low
    return np.asarray(
        (1 - v) * ((1 - u) * values[low, left] + u * values[low, left + 1])
        + v * ((1 - u) * values[low + 1, left] + u * values[low + 1, left + 1])
    )


def _warped(reference: Frame, x: Floats, y: Floats, shape: tuple[int, int]) -> Frame:
    # What a saturated or dead pixel holds would ring through the window: it counts as sky.
    bad = (reference.mask & np.uint16(Bit.BAD)) != 0
    pixels = np.where(bad, np.float32(0), reference.pixels)
    out, noise = np.empty(shape, np.float32), np.empty(shape, np.float32)
    mask = np.empty(shape, np.uint16)
    warp(
        pixels, reference.variance, reference.mask, x, y, GRID_PIXELS, lanczos_table(),
        int(Bit.EDGE), out, noise, mask,
    )  # fmt: skip
    return replace(reference, pixels=out, variance=noise, mask=mask)


def _inverse(x: Floats, y: Floats, found: Sources, shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """Where the reference's sources lie in the frame: the map undone by Newton's steps."""
    wanted = np.stack([found.x, found.y], axis=1)
    nodes_x, nodes_y = grid(shape)
    nodes = np.stack([nodes_x.ravel(), nodes_y.ravel()], axis=1)
    back = asterism.affine(np.stack([x.ravel(), y.ravel()], axis=1), nodes)
    places = asterism.apply(back, wanted)
    for _ in range(3):
        there = np.stack([on_grid(x, places), on_grid(y, places)], axis=1)
        places = places + (wanted - there) @ back[:, :2].T
    return places[:, 0], places[:, 1]
