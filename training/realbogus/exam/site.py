"""A real stamp made ready for the exam: its detection taken out, a new place chosen to draw at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from training.arrays import Ints, Mask
from training.realbogus.exam.optics import Image, Psf, pasted, shifted

GAIN = {"ztf": 6.2, "lsst": 1.9}
"""Electrons a count or nJy: ZTF's amplifiers (Dekany et al. 2020, PASP 132, 038001); Rubin in 30 s
of r, from its zero point of 28.4 mag for one electron a second (LSE-40)."""
TEMPLATE_DEPTH_MAX = 50.0
"""A template is not trusted to hold more exposures' light than this."""
REACH_DIVISOR = 8
"""The new place lies within an eighth of the stamp's side of the old one, and a detection's peak as
near to the place: what a move leaves empty, and mirrored pixels fill, stays narrow."""
PLACES = 24
"""Tried before a stamp is given up."""
HOST_SHARE = 0.5
"""Of the places are looked for on the template's own sources first."""
QUIET_SNR = 4.5
"""A place's difference stays below this in each pixel: no neighbour's residual lies under it."""
QUIET_HALF = 2
"""Pixels: half the box that must be quiet and whole."""
AGREEMENT_MIN = -0.3
"""Of science minus template with the signed difference, about the detection: where a star's wider
image outweighs the news, the news cannot be taken out of the science plane."""
PIXELS_MIN = 10
"""Fewer tell of no correlation."""
FLOOR_NOISES = 5.0
"""Of the template's noise: a pixel above holds a star or galaxy."""
LIGHT_MAX = 1e7
"""Counts of light that a pixel's photon noise is reckoned from: more would be no light."""


@dataclass(frozen=True)
class Drawing:
    """What is drawn at a site, before its strength is known; images as large as the site's."""

    science: Image
    """Light added to the science plane, times the strength."""
    template: Image
    """Light added to the template, times the strength."""
    static: Image
    """Light added to both planes as it is: a host, or a star that is not the news."""
    mask: Mask
    """Pixels lost in all three planes."""
    strength_max: float = np.inf
    """Beyond which it would be no such thing any more."""


@dataclass(frozen=True)
class Site:
    """Planes without their detection, and a quiet place on them.

    The planes are mirrored outwards, so that a stamp can be cut around any peak near the place.
    """

    mirrored: Image
    """(4, side, side): science, template, difference, and the template's light over its sky."""
    sign: int
    """1: what is drawn brightens; -1: it fades."""
    at: tuple[int, int]
    """Row and column of the place."""
    profile: Psf
    noise: float
    """Of the difference, a pixel."""
    depth: float
    """How many times more electrons a count the template holds than the science plane."""
    gain: float
    """Electrons a count of the science plane."""
    survey: str
    stamp_side: int
    """Pixels of the stamp to be cut."""

    @property
    def planes(self) -> Image:
        """(3, side, side), in the order of `schemas.batch.PLANES`; the difference is science minus
        template, times `sign`."""
        return self.mirrored[:3]

    @property
    def template_light(self) -> Image:
        """The template over its sky; nothing where it has no pixel."""
        light: Image = self.mirrored[3]
        return light

    @property
    def side(self) -> int:
        """Pixels of the planes."""
        return int(self.mirrored.shape[-1])

    @property
    def reach(self) -> int:
        """Pixels: how far from the place a stamp's middle may lie."""
        return self.stamp_side // REACH_DIVISOR

    @property
    def psf(self) -> Image:
        """Odd side, sum 1."""
        return self.profile.image

    @property
    def fwhm(self) -> float:
        """Pixels."""
        return self.profile.fwhm

    def star(self, down: float = 0.0, right: float = 0.0) -> Image:
        """A star of flux 1 at the place, so many pixels off it."""
        rows, columns = round(down), round(right)
        box = shifted(self.psf, down - rows, right - columns)
        return pasted(box, self.side, (self.at[0] + rows, self.at[1] + columns))

    def news(self, light: Image, static: Image | None = None, mask: Mask | None = None) -> Drawing:
        """Light that one plane has and the other lacks, so that the difference gains it."""
        nothing = np.zeros_like(light)
        planes = (light, nothing) if self.sign > 0 else (nothing, light)
        return self.drawing(*planes, static, mask)

    def drawing(
        self,
        science: Image,
        template: Image,
        static: Image | None = None,
        mask: Mask | None = None,
    ) -> Drawing:
        """All four parts, what is left out being nothing."""
        shape = (self.side, self.side)
        return Drawing(
            science,
            template,
            np.zeros(shape) if static is None else static,
            np.zeros(shape, np.bool_) if mask is None else mask,
        )


def opened(
    cube: NDArray[np.float32],
    negative: bool,
    psf: Psf,
    survey: str,
    random: np.random.Generator,
) -> Site | None:
    """The stamp with its detection taken out and a place at hand; None where it has no place.

    Sources and artefacts are drawn on the same sites by the same law, so that nothing about a
    site tells which of the two stands on it. The sign is drawn anew: noise has none.
    """
    science, template, difference = cube.astype(np.float64)
    level, noise = _level(difference)
    template_level, template_noise = _level(template)
    if not (noise > 0.0 and template_noise > 0.0):
        return None
    light = np.nan_to_num(template - template_level)
    depth = float(np.clip((noise / template_noise) ** 2, 1.0, TEMPLATE_DEPTH_MAX))
    before = -1 if negative else 1
    disc = _disc(len(science), psf.fwhm) & np.isfinite(cube).all(axis=0)
    if _agreement(science[disc] - template[disc], before * difference[disc]) < AGREEMENT_MIN:
        return None
    sigma = np.sqrt(noise**2 + np.clip(light, 0.0, LIGHT_MAX) / GAIN[survey])
    # White, as both surveys' differences are: neighbours correlate by 0.02 (ZTF) and 0.04 (Rubin).
    quiet = np.where(disc, random.normal(size=disc.shape) * sigma, difference - level)
    at = _place(light, quiet, noise, FLOOR_NOISES * template_noise, random)
    if at is None:
        return None
    science = science - before * (difference - level - quiet)
    sign = int(random.choice((-1, 1)))
    side = len(science)
    margin = 2 * (side // REACH_DIVISOR)
    planes: Image = np.stack((science, template, (quiet + level) * before * sign, light))
    mirrored = np.pad(planes, ((0, 0), (margin, margin), (margin, margin)), mode="reflect")
    place = (at[0] + margin, at[1] + margin)
    return Site(mirrored, sign, place, psf, noise, depth, GAIN[survey], survey, side)


def _level(plane: Image) -> tuple[float, float]:
    """Median, and noise from the median absolute deviation; NaN where nothing is finite."""
    finite = plane[np.isfinite(plane)]
    if not len(finite):
        return np.nan, np.nan
    level = float(np.median(finite))
    return level, float(1.4826 * np.median(np.abs(finite - level)))


def _disc(side: int, fwhm: float) -> Mask:
    """Where a detection in the middle of a stamp has its light."""
    radius = min(2.5 * fwhm + 1.5, 0.4 * side)
    y, x = np.ogrid[:side, :side]
    within: Mask = np.hypot(y - side // 2, x - side // 2) <= radius
    return within


def _agreement(one: Image, other: Image) -> float:
    """Correlation of two sets of pixels; 0 where there are too few."""
    if len(one) < PIXELS_MIN or not (one.std() > 0.0 and other.std() > 0.0):
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _place(
    light: Image, difference: Image, noise: float, floor: float, random: np.random.Generator
) -> tuple[int, int] | None:
    """A quiet, whole place near the middle: on something of the template's half of the time."""
    side = difference.shape[0]
    middle, reach = side // 2, side // REACH_DIVISOR
    tries = random.integers(-reach, reach + 1, (PLACES, 2)) + middle
    if random.random() < HOST_SHARE:
        tries = np.concatenate((_hosts(light, middle, reach, floor, random), tries))
    for row, column in tries:
        box = difference[
            row - QUIET_HALF : row + QUIET_HALF + 1, column - QUIET_HALF : column + QUIET_HALF + 1
        ]
        if np.isfinite(box).all() and np.abs(box).max() < QUIET_SNR * noise:
            return int(row), int(column)
    return None


def _hosts(
    light: Image, middle: int, reach: int, floor: float, random: np.random.Generator
) -> Ints:
    """Peaks of the template within reach and a pixel or so off them, in random order."""
    window = light[middle - reach : middle + reach + 1, middle - reach : middle + reach + 1]
    found = (window == maximum_filter(window, size=5)) & (window > floor)
    peaks = random.permutation(np.argwhere(found)) + middle - reach
    moved = peaks + random.integers(-1, 2, peaks.shape)
    within: Ints = np.clip(moved, middle - reach, middle + reach)
    return within
