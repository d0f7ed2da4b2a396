"""Point sources on a stamp: how wide the stars on it are, and what a new one looks like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from training.arrays import Floats, Ints

FWHM_PER_SIGMA = 2.3548
"""Of a Gaussian: 2 sqrt(2 ln 2)."""
STAR_SNR_MIN = 8.0
"""Of a star's brightest pixel: fainter ones have a width known to worse than a tenth."""
STARS_MAX = 8
BOX_PIXELS = 15
"""Side of the box around a star: three FWHM of a 5-pixel one."""
NEIGHBOUR_PIXELS = 3
"""A star is the brightest pixel this far around it, in the square."""
ISOLATED_PIXELS = 6.0
NEIGHBOUR_SHARE_MAX = 0.5
"""Of the star's peak: the most that pixels further than ISOLATED_PIXELS may have in its box."""
CENTRE_SHARE = 0.13
"""Of the side: what lies this close to the middle is the detection itself."""
EDGE_PIXELS = 4
MOMENT_ROUNDS = 8
SIGMA_FIRST_PIXELS = 1.5
SIGMA_PIXELS = (0.55, 4.5)
"""FWHM 1.3 to 10.6 pixels; a cosmic ray is narrower, a galaxy or a blend wider."""
MOVED_PIXELS_MAX = 1.5
"""Of the fitted centre from the brightest pixel."""
ELLIPTICITY_MAX = 0.3
FWHM_RATIO = (0.2189, 0.3180, 1.0002)
"""Polynomial in 1 / power, highest first: FWHM of the Gaussian that fits a Moffat profile by its
second moments, over the profile's own. Computed for powers from 2.5 to 1000, good to 0.002."""
REACH_FWHM = 4.0
"""Where a source ends: a profile of power 2.5 has 0.0003 of its peak there."""


class Psf(NamedTuple):
    """An elliptical point-spread function, pixel included, by its best-fitting Gaussian."""

    fwhm_pixels: float
    """Geometric mean of the two axes."""
    along: float = 0.0
    """(xx - yy) / (xx + yy) of its second moments."""
    across: float = 0.0
    """2 xy / (xx + yy)."""


def psf_of(plane: Floats, sky: float, noise: float, stars_min: int) -> Psf | None:
    """The median of the plane's isolated stars off its centre; None where they are too few.

    `plane` (side, side) in counts, NaN where there is no pixel. Each star's width comes from
    its second moments under a Gaussian weight that is fitted with it (Bernstein and Jarvis 2002,
    AJ 123, 583), so neither its wings nor a neighbour's widen it much.
    """
    boxes = _stars(plane - sky, noise)
    if len(boxes) < stars_min:
        return None
    xx, yy, xy, moved = _moments(boxes)
    with np.errstate(all="ignore"):
        sigma = (xx * yy - xy**2) ** 0.25
        shape = np.stack([sigma, (xx - yy) / (xx + yy), 2 * xy / (xx + yy)])
        good = (sigma > SIGMA_PIXELS[0]) & (sigma < SIGMA_PIXELS[1]) & (moved < MOVED_PIXELS_MAX)
        good &= np.hypot(shape[1], shape[2]) < ELLIPTICITY_MAX
    if good.sum() < stars_min:
        return None
    width, along, across = np.median(shape[:, good], axis=1)
    return Psf(float(FWHM_PER_SIGMA * width), float(along), float(across))


def _stars(light: Floats, noise: float) -> Floats:
    """Boxes (k, BOX_PIXELS, BOX_PIXELS) around isolated stars, brightest first; 0 off the edge."""
    half = BOX_PIXELS // 2
    padded = np.pad(light, half)
    boxes = []
    for y, x in _peaks(np.where(np.isfinite(light), light, 0.0), noise):
        box = padded[y : y + BOX_PIXELS, x : x + BOX_PIXELS]
        far = box[_FAR].max()  # NaN, so no star, beside a pixel that is not there
        if far < NEIGHBOUR_SHARE_MAX * light[y, x] and np.isfinite(box).all():
            boxes.append(box)
        if len(boxes) == STARS_MAX:
            break
    return np.array(boxes)


def _peaks(light: Floats, noise: float) -> Ints:
    """(k, 2) rows and columns of local maxima off the centre and the edges, brightest first."""
    side = light.shape[0]
    middle, near = (side - 1) / 2, max(CENTRE_SHARE * side, ISOLATED_PIXELS)
    places = _maxima(light, STAR_SNR_MIN * noise)
    inside = (np.minimum(places, side - 1 - places) >= EDGE_PIXELS).all(axis=1)
    places = places[inside & (np.hypot(*(places - middle).T) > near)]
    brightest_first = np.argsort(-light[places[:, 0], places[:, 1]], kind="stable")
    return np.asarray(places[brightest_first])


def _maxima(light: Floats, least: float) -> Ints:
    """(k, 2) rows and columns of the pixels that nothing near them outshines."""
    return np.argwhere((light == highest(light, NEIGHBOUR_PIXELS)) & (light > least))


def highest(plane: Floats, reach_pixels: int) -> Floats:
    """Each pixel's highest neighbour, itself included, in the square of that reach."""
    rows = np.pad(plane, reach_pixels, mode="edge")
    span = 2 * reach_pixels + 1
    columns = np.maximum.reduce([rows[one : one + len(plane)] for one in range(span)])
    parts = [columns[:, one : one + plane.shape[1]] for one in range(span)]
    return np.asarray(np.maximum.reduce(parts))


def _grid() -> tuple[Floats, Floats]:
    axis = np.arange(BOX_PIXELS, dtype=np.float64) - BOX_PIXELS // 2
    return axis[:, None], axis[None, :]


_ROWS, _COLUMNS = _grid()
_FAR = np.hypot(_ROWS, _COLUMNS) > ISOLATED_PIXELS


def _moments(boxes: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Second moments xx, yy, xy and the centre's move, each (k,), by adaptive weighting."""
    count = len(boxes)
    y, x = np.zeros(count), np.zeros(count)
    xx = yy = np.full(count, SIGMA_FIRST_PIXELS**2)
    xy = np.zeros(count)
    with np.errstate(all="ignore"):
        for _ in range(MOMENT_ROUNDS):
            down, right = _ROWS - y[:, None, None], _COLUMNS - x[:, None, None]
            weighted = boxes * np.exp(-0.5 * _quadratic(down, right, xx, yy, xy))
            total = weighted.sum(axis=(1, 2))
            y = y + 2 * (weighted * down).sum(axis=(1, 2)) / total
            x = x + 2 * (weighted * right).sum(axis=(1, 2)) / total
            xx = 2 * (weighted * right**2).sum(axis=(1, 2)) / total
            yy = 2 * (weighted * down**2).sum(axis=(1, 2)) / total
            xy = 2 * (weighted * down * right).sum(axis=(1, 2)) / total
    return xx, yy, xy, np.hypot(y, x)


def sampled(psf: Psf, side: int, place: Sequence[float], inverse_power: float) -> Floats:
    """A source of flux 1 on (side, side) pixels, its centre at `place`: row, column, from 0.

    A Moffat profile (1969, A&A 3, 455) of power 1 / `inverse_power`, as wide as `psf` when a
    Gaussian is fitted to it; its values at the pixels' centres are what pixels hold, as the
    width of `psf` was measured on pixels. 0 beyond REACH_FWHM.
    """
    variance = (psf.fwhm_pixels / FWHM_PER_SIGMA) ** 2 / _narrowing(psf.along, psf.across)
    axis = np.arange(side, dtype=np.float64)
    down, right = (axis - place[0])[:, None], (axis - place[1])[None, :]
    moments = (variance * (1 + psf.along), variance * (1 - psf.along), variance * psf.across)
    squared = _quadratic(down, right, *map(np.asarray, moments))
    widening = np.polyval(FWHM_RATIO, inverse_power)
    scale = (2**inverse_power - 1) / (2 * np.log(2)) * widening**2
    light = (1 + scale * squared) ** (-1 / inverse_power)
    light *= squared < (REACH_FWHM * FWHM_PER_SIGMA) ** 2
    return np.asarray(light / light.sum())


def _narrowing(along: float, across: float) -> float:
    """The area of an ellipse of these moments, against the circle's."""
    return float(np.sqrt(1 - along**2 - across**2))


def _quadratic(down: Floats, right: Floats, xx: Floats, yy: Floats, xy: Floats) -> Floats:
    """Squared distance in units of the moments' ellipse, (..., rows, columns)."""
    xx, yy, xy = xx[..., None, None], yy[..., None, None], xy[..., None, None]
    numerator = yy * right**2 + xx * down**2 - 2 * xy * right * down
    return np.asarray(numerator / (xx * yy - xy**2))


def star_near(
    light: Floats, noise: float, reach_pixels: float, random: np.random.Generator
) -> Ints | None:
    """Row and column of one local maximum of `light` (side, side) this near to the middle."""
    places = _maxima(light, STAR_SNR_MIN * noise)
    places = places[np.hypot(*(places - (light.shape[0] - 1) / 2).T) < reach_pixels]
    return places[random.integers(len(places))] if len(places) else None
