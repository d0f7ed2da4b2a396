"""The exam's light: sources, stars that do not subtract, and what flies past."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.realbogus.exam.optics import (
    Image,
    blurred,
    deposited,
    moffat,
    shifted,
)
from training.realbogus.exam.site import Drawing, Site

PHASE_PIXELS = 0.5
"""A source's middle lies anywhere within its pixel."""
HOST_FLUX_SNR = (5.0, 80.0)
"""Of a host's total flux, in units of a pixel's noise times the PSF's width: faint to bright."""
GALAXY_SCALE_FWHM = (0.4, 2.0)
"""Scale length of an exponential disc, in FWHM of the seeing."""
MISALIGNED_PIXELS = (0.05, 0.6)
"""Of a dipole: ZTF's astrometry is good to 0.05 to 0.1 (Masci et al. 2019, PASP 131, 018003)."""
MOVED_PIXELS = 0.2
"""Of a whole plane, times the strength that the S/N asks for,"""
MOVED_PIXELS_MAX = 0.8
"""up to this."""
FLOOR_NOISES = 5.0
"""Template light below so many times the difference's noise is left in place: it is noise."""
STAR_NOISES_MIN = 30.0
"""Of a star whose residual is looked for: moved by most of a pixel, it is surely detected."""
WIDER_FWHM = (0.15, 0.7)
"""Gaussian sigma, in FWHM, by which one plane's star is wider than a matched kernel made it."""
GHOST_PIXELS = (6.0, 24.0)
"""Radius of an out-of-focus reflection where it fits on a stamp of 63."""
WELL = {"ztf": 40_000.0, "lsst": 50_000.0}
"""Counts or nJy of a pixel beyond which it bleeds: where the brightest stars of the ZTF stamps at
hand end, and 1e5 electrons."""
SATURATED_WELLS = (0.4, 12.0)
"""Of a saturated star's brightest pixel, had it room for its light."""
SPECKLE = 1.0
"""What is left of a star is its light times a smooth part and grains, both at random."""
GRAIN_PIXELS = 0.8
"""Gaussian sigma of a grain, about a star's own."""
SPIKE_WELLS = (1e-4, 3e-3)
"""Brightness of a saturated star's spikes near its heart."""
ARM_PIXELS = (6.0, 30.0)
"""Length of a diffraction spike's decay."""
HEIGHTS_KM = (450.0, 40_000.0)
"""Of satellites, low orbit to geosynchronous."""
MIRROR_M = {"ztf": 1.26, "lsst": 8.4}
"""Diameter of the light that comes in."""
OBSCURED = {"ztf": 0.4, "lsst": 0.61}
"""Of the mirror's diameter."""
PIXEL_ARCSEC = {"ztf": 1.01, "lsst": 0.2}
"""A pixel on the sky."""
FLASH_FWHM = (3.0, 11.0)
"""Between the glints of a satellite that turns as it moves: 7 to 25 pixels of ZTF's."""
FLASH_SHARE_MAX = 0.42
"""Of the stamp's side: a glint alone on its stamp would be a source."""
FLASH_SAMPLES = 3
"""Drawn along the way of one flash."""
FLASH_SCATTER = 0.25
"""Of the flashes' brightness, in its natural logarithm."""
TURNING_SHARE = 0.4
"""Of trails that brighten and fade along their way."""
ENDING_SHARE = 0.2
"""Of trails that end on the stamp: in the Earth's shadow, or with the exposure."""
POINT_SIGMA = 0.4
"""Pixels: half-width of a trail before the seeing blurs it."""


def source(site: Site, random: np.random.Generator) -> Drawing:
    """A point source on whatever the template has there."""
    return site.news(_point(site, random))


def variable_star(site: Site, random: np.random.Generator) -> Drawing:
    """A star that both planes have, brighter in one."""
    light = _point(site, random)
    return site.news(light, light * _flux(site, HOST_FLUX_SNR, random))


def supernova(site: Site, random: np.random.Generator) -> Drawing:
    """A point source in or beside a galaxy."""
    y, x = np.mgrid[: site.side, : site.side].astype(np.float64)
    scale = random.uniform(*GALAXY_SCALE_FWHM) * site.fwhm
    down, right = random.normal(0.0, scale, 2)
    angle, ratio = random.uniform(0.0, np.pi), random.uniform(0.3, 1.0)
    y, x = y - site.at[0] - down, x - site.at[1] - right
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    disc = np.exp(-np.hypot(along, across / ratio) / scale)
    galaxy = blurred(disc / disc.sum(), site.psf)
    # Spread over more pixels than a star, so with more light.
    flux = _flux(site, HOST_FLUX_SNR, random) * (1.0 + scale / site.fwhm)
    return site.news(_point(site, random), galaxy * flux)


def dipole(site: Site, random: np.random.Generator) -> Drawing:
    """A star that lies elsewhere in one plane by part of a pixel."""
    length, angle = random.uniform(*MISALIGNED_PIXELS), random.uniform(0.0, 2 * np.pi)
    down, right = random.uniform(-PHASE_PIXELS, PHASE_PIXELS, 2)
    ratio = random.normal(1.0, 0.03 * length)
    one = site.star(down, right)
    other = site.star(down + length * np.sin(angle), right + length * np.cos(angle))
    return site.drawing(one, other * ratio)


def misaligned(site: Site, random: np.random.Generator) -> Drawing:
    """All that the template shows, moved by part of a pixel: the stamp's own stars as dipoles.

    Where no star is bright enough to show it, a dipole of a drawn one.
    """
    angle, light = random.uniform(0.0, 2 * np.pi), site.template_light
    y, x = np.mgrid[: site.side, : site.side]
    near = np.hypot(y - site.at[0], x - site.at[1]) <= site.stamp_side / 4
    if not STAR_NOISES_MIN * site.noise < light[near].max() < WELL[site.survey]:
        return dipole(site, random)
    bright = np.clip(light - FLOOR_NOISES * site.noise, 0.0, WELL[site.survey])
    moved = shifted(bright, MOVED_PIXELS * np.sin(angle), MOVED_PIXELS * np.cos(angle)) - bright
    drawing = site.drawing(moved, np.zeros_like(moved))
    return replace(drawing, strength_max=MOVED_PIXELS_MAX / MOVED_PIXELS)


def ring(site: Site, random: np.random.Generator) -> Drawing:
    """A star wider in one plane than in the other: a core within a ring of the other sign."""
    star = site.star(*random.uniform(-PHASE_PIXELS, PHASE_PIXELS, 2))
    sigma = random.uniform(*WIDER_FWHM) * site.fwhm
    wide = blurred(star, _gaussian(sigma * random.uniform(0.7, 1.0), sigma))
    planes = (star, wide * random.normal(1.0, 0.02))
    return site.drawing(*(planes if random.random() < 0.5 else planes[::-1]))


def saturated(site: Site, random: np.random.Generator) -> Drawing:
    """A star over the well: bleeding, spikes, speckles, often a mask over its heart."""
    # Its wings go farther, and over more decades, than a measured profile.
    heart = np.array(site.at) + random.normal(0.0, site.fwhm, 2)
    star, well = moffat(site.fwhm, site.side, (heart[0], heart[1])), WELL[site.survey]
    static = _bled(star * well * _even_log(SATURATED_WELLS, random), well)
    static += _spikes(site, heart, random) * well * _even_log(SPIKE_WELLS, random)
    grain = blurred(random.normal(size=star.shape), _gaussian(GRAIN_PIXELS, GRAIN_PIXELS))
    residual = static * (SPECKLE * grain / grain.std() + random.normal(0.0, SPECKLE))
    mask = static > random.uniform(0.05, 1.5) * well
    return site.news(residual, static, mask)


def ghost(site: Site, random: np.random.Generator) -> Drawing:
    """A reflection of the pupil out of focus: a faint disc, dark where the mirror is obscured."""
    radius = random.uniform(*GHOST_PIXELS) * site.stamp_side / 63
    angle = random.uniform(0.0, 2 * np.pi)
    # The detection is somewhere on its bright part, where noise helped.
    way = random.uniform(OBSCURED[site.survey], 1.0) * radius
    y, x = np.mgrid[: site.side, : site.side].astype(np.float64)
    distance = np.hypot(y - site.at[0] - way * np.sin(angle), x - site.at[1] - way * np.cos(angle))
    soft = random.uniform(0.5, 2.0)
    light = 1.0 / (1.0 + np.exp((distance - radius) / soft))
    light -= 1.0 / (1.0 + np.exp((distance - OBSCURED[site.survey] * radius) / soft))
    return site.news(light * (1.0 + 0.3 * np.sin(np.arctan2(y, x))))


def nothing(site: Site, random: np.random.Generator) -> Drawing:
    """No light at all: the detection is the noise's highest peak nearby."""
    del random
    return site.news(np.zeros((site.side, site.side)))


def trail(site: Site, random: np.random.Generator) -> Drawing:
    """A satellite through the exposure, in focus or not, steady or turning, or gone half-way."""
    angle, (row, column) = random.uniform(0.0, np.pi), _within(site, random)
    y, x = np.mgrid[: site.side, : site.side]
    along = (y - row) * np.sin(angle) + (x - column) * np.cos(angle)
    across = (y - row) * np.cos(angle) - (x - column) * np.sin(angle)
    light = np.exp(-0.5 * (across / POINT_SIGMA) ** 2)
    if random.random() < TURNING_SHARE:
        phase = 2 * np.pi * (along / _spacing(site, random) + random.random())
        light *= 1.0 + random.uniform(0.1, 0.9) * np.sin(phase)
    if random.random() < ENDING_SHARE:
        light *= along < random.uniform(0.0, site.stamp_side / 2)
    return site.news(_seen(site, light, random))


def glints(site: Site, random: np.random.Generator) -> Drawing:
    """Flashes of a turning satellite: dots in line at one spacing, one of them at the site."""
    count = np.arange(-int(random.integers(0, 4)), int(random.integers(2, 5)))
    angle, (row, column) = random.uniform(0.0, np.pi), _within(site, random)
    # Each flash lasts a moment, in which the satellite moves.
    moved = random.uniform(0.0, 2.0) * np.linspace(-0.5, 0.5, FLASH_SAMPLES)
    way = (count[:, None] * _spacing(site, random) + moved).ravel()
    brightness = np.repeat(np.exp(random.normal(0.0, FLASH_SCATTER, len(count))), FLASH_SAMPLES)
    rows, columns = row + way * np.sin(angle), column + way * np.cos(angle)
    sigma = np.full(len(way), POINT_SIGMA)
    light = deposited(rows, columns, brightness, sigma, site.side)
    return site.news(_seen(site, light, random))


def _point(site: Site, random: np.random.Generator) -> Image:
    return site.star(*random.uniform(-PHASE_PIXELS, PHASE_PIXELS, 2))


def _flux(site: Site, snr: tuple[float, float], random: np.random.Generator) -> float:
    """A flux whose S/N would be drawn evenly in its logarithm, were the sky the only noise."""
    return _even_log(snr, random) * site.noise / float(np.sqrt((site.psf**2).sum()))


def _even_log(limits: tuple[float, float], random: np.random.Generator) -> float:
    """Evenly in the logarithm between two limits."""
    return float(np.exp(random.uniform(*np.log(limits))))


def _gaussian(across: float, along: float) -> Image:
    """A kernel, sum 1, with its axes on the pixels'."""
    half = max(int(np.ceil(3 * max(across, along))), 1)
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    kernel = np.exp(-0.5 * ((x / max(across, 0.1)) ** 2 + (y / max(along, 0.1)) ** 2))
    summed: Image = kernel / kernel.sum()
    return summed


def _bled(star: Image, well: float) -> Image:
    """Each column's charge over the well poured on along the column, half up and half down."""
    held = star.copy()
    for column in np.flatnonzero(held.max(axis=0) > well):
        over = np.maximum(held[:, column] - well, 0.0).sum()
        middle, length = int(held[:, column].argmax()), round(over / well / 2)
        bled = held[max(middle - length, 0) : middle + length + 1, column]
        bled[:] = np.maximum(bled, well)
    return np.minimum(held, well)


def _spikes(site: Site, heart: Image, random: np.random.Generator) -> Image:
    """Two crossed arms of diffraction at the spider's angle."""
    y, x = np.mgrid[: site.side, : site.side].astype(np.float64)
    y, x = y - heart[0], x - heart[1]
    angle, reach = random.uniform(0.0, np.pi / 2), random.uniform(*ARM_PIXELS)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    width = 0.4 * site.fwhm
    arms = [np.exp(-0.5 * (a / width) ** 2 - np.abs(b) / reach)
            for a, b in ((along, across), (across, along))]  # fmt: skip
    crossed: Image = arms[0] + arms[1]
    return crossed


def _spacing(site: Site, random: np.random.Generator) -> float:
    """Pixels between flashes."""
    return min(random.uniform(*FLASH_FWHM) * site.fwhm, FLASH_SHARE_MAX * site.stamp_side)


def _within(site: Site, random: np.random.Generator) -> tuple[float, float]:
    """A point in the site's pixel."""
    down, right = random.uniform(-PHASE_PIXELS, PHASE_PIXELS, 2)
    return site.at[0] + float(down), site.at[1] + float(right)


def _seen(site: Site, light: Image, random: np.random.Generator) -> Image:
    """Light of something near, blurred by defocus and seeing."""
    return blurred(blurred(light, _pupil(site.survey, random)), site.psf)


def _pupil(survey: str, random: np.random.Generator) -> Image:
    """The mirror's outline on the detector, of a thing at a height: wide if near, else a point.

    A mirror D wide sees a point at distance h under D / h radians out of focus.
    """
    height_m = 1e3 * _even_log(HEIGHTS_KM, random)
    across = np.degrees(MIRROR_M[survey] / height_m) * 3600 / PIXEL_ARCSEC[survey]
    half = int(across / 2) + 1
    radius = np.hypot(*(np.mgrid[-half : half + 1, -half : half + 1]))
    outer = np.clip(across / 2 + 0.5 - radius, 0.0, 1.0)
    pupil = outer - np.clip(OBSCURED[survey] * across / 2 - 0.5 - radius, 0.0, 1.0)
    blurring: Image = pupil / pupil.sum()
    return blurring
