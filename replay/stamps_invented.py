"""Invented stamps: what a camera and an image subtraction make of a scene.

One sign convention throughout: difference = science - template, as signed flux; a packet of a
negative detection carries it turned round, as ZTF does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from replay.exposures_invented import (
    GAIN_E_PER_DN,
    NOISE_EXCESS,
    READ_NOISE_DN,
    TEMPLATE_EXPOSURES,
    TEMPLATE_FWHM_PIXELS,
    Exposure,
)

Plane = NDArray[np.float32]

PIXELS = 63
CENTRE = PIXELS // 2
SOURCES_NONE = np.zeros((0, 3))
FIT_HALF_PIXELS = 7
"""Photometry reads so many pixels around the centre."""

_SHARES = np.array([0.85, 0.15], np.float32)
_WIDTHS = np.array([1.0, 2.0], np.float32)
"""A star is two Gaussians, near to a Moffat profile, and, unlike it, made of products of a
function of x and one of y, so that all stars of a stamp are one matrix product."""

_AXIS = np.arange(PIXELS, dtype=np.float32) - CENTRE
_FIT = slice(CENTRE - FIT_HALF_PIXELS, CENTRE + FIT_HALF_PIXELS + 1)
_UNIT = np.array([[0.0, 0.0, 1.0]])


class Galaxy(NamedTuple):
    """An exponential disc; x and y in pixels from the stamp's centre."""

    x: float
    y: float
    flux_dn: float
    half_light_pixels: float
    axis_ratio: float
    angle_rad: float


@dataclass(frozen=True)
class Scene:
    """What lay before the camera. Sources: (n, 3) of x, y (pixels from the centre), flux (DN)."""

    steady: NDArray[np.float64] = field(default_factory=lambda: SOURCES_NONE)
    """As bright now as in the template."""
    new: NDArray[np.float64] = field(default_factory=lambda: SOURCES_NONE)
    """Light (or, negative, its lack) since the template was made."""
    galaxy: Galaxy | None = None
    hits: NDArray[np.float64] = field(default_factory=lambda: SOURCES_NONE)
    """Single pixels that particles hit: x, y whole numbers."""
    misaligned_pixels: tuple[float, float] = (0.0, 0.0)
    """By how much the subtraction shifted the template's stars."""
    missing_columns: int = 0
    """Columns at the right that lie outside the detector."""
    cut: bool = False
    """Whether missing columns are cut off, not sent as NaN."""

    @property
    def is_misaligned(self) -> bool:
        """Whether the subtraction shifted the template at all."""
        return self.misaligned_pixels != (0.0, 0.0)


class Planes(NamedTuple):
    """Three stamps of one scene, float32 (rows, columns), DN; the difference is signed."""

    science: Plane
    template: Plane
    difference: Plane


class Photometry(NamedTuple):
    """The fit of a star at the centre of a difference, DN."""

    flux_dn: float
    flux_err_dn: float
    sky_dn: float


def draw(scene: Scene, seen: Exposure, rng: np.random.Generator) -> Planes:
    """The three stamps of a scene, with the noise of photons and readout.

    Where nothing steady is bright, difference = science - template up to their skies; a bright
    star differs by what the two seeings make of it, which the subtraction knows.
    """
    past = point_sources(scene.steady, TEMPLATE_FWHM_PIXELS)
    shifted = scene.steady + np.array([*scene.misaligned_pixels, 0.0])
    matched = point_sources(shifted, seen.fwhm_pixels)
    steady = point_sources(scene.steady, seen.fwhm_pixels) if scene.is_misaligned else matched
    now = steady + point_sources(scene.new, seen.fwhm_pixels)
    if scene.galaxy is not None:
        disc = galaxy(scene.galaxy, seen.fwhm_pixels)
        now, matched = now + disc, matched + disc
        past = past + galaxy(scene.galaxy, TEMPLATE_FWHM_PIXELS)
    science = now + _noise(now, seen, rng)
    _hit(science, scene.hits)
    grain = _noise(past, seen, rng) / np.float32(math.sqrt(TEMPLATE_EXPOSURES))
    sky = np.float32(seen.sky_dn)
    return _trimmed(Planes(science + sky, past + grain + sky, science - matched - grain), scene)


def point_sources(sources: NDArray[np.float64], fwhm_pixels: float, axis: Plane = _AXIS) -> Plane:
    """Stars, (n, 3) of x, y, flux, as float32 (63, 63), or over another `axis` of pixels.

    Each sums to its flux: a core that holds most of it, and a wing of twice the width.
    """
    sigma = np.repeat(np.float32(fwhm_pixels / 2.355) * _WIDTHS, len(sources))[:, None]
    x, y, flux = np.tile(sources.astype(np.float32), (2, 1)).T[:, :, None]
    share = np.repeat(_SHARES, len(sources))[:, None]
    along, across = (np.exp(-0.5 * ((axis - place) / sigma) ** 2) for place in (x, y))
    plane: Plane = (across * (flux * share / (2 * math.pi * sigma**2))).T @ along
    return plane


def galaxy(disc: Galaxy, fwhm_pixels: float) -> Plane:
    """A disc, blurred by softening its centre, as float32 (63, 63); it sums to its flux."""
    x, y = _AXIS - np.float32(disc.x), (_AXIS - np.float32(disc.y))[:, None]
    cosine, sine = math.cos(disc.angle_rad), math.sin(disc.angle_rad)
    along, across = x * cosine + y * sine, (y * cosine - x * sine) / disc.axis_ratio
    blurred = np.sqrt(along**2 + across**2 + (fwhm_pixels / 2.355) ** 2)
    plane: Plane = np.exp(-1.678 * blurred / disc.half_light_pixels)
    return plane * np.float32(disc.flux_dn / plane.sum())


def photometry(planes: Planes, seen: Exposure) -> Photometry:
    """Fit a star of the exposure's width at the centre of a difference stamp.

    Least squares with equal weights: flux = sum(d p) / sum(p p), for pixels d and a star p of
    flux 1. The error is that of the photons counted in the science stamp and of the readout,
    through the same sum.
    """
    star = point_sources(_UNIT, seen.fwhm_pixels, _AXIS[_FIT])
    power = float(np.vdot(star, star))
    pixels = planes.difference[_FIT, _FIT]
    variance = pixel_variance(planes.science[_FIT, _FIT]) * (1 + 1 / TEMPLATE_EXPOSURES)
    error = math.sqrt(float(np.vdot(star * star, variance))) / power
    return Photometry(float(np.vdot(pixels, star)) / power, error, float(np.median(pixels[:3])))


def pixel_variance(light_dn: Plane) -> Plane:
    """Of each pixel of one exposure that holds so much light, its sky included; DN squared."""
    readout = np.float32(READ_NOISE_DN**2)
    photons = light_dn.clip(min=0) / np.float32(GAIN_E_PER_DN)
    return np.asarray((photons + readout) * np.float32(NOISE_EXCESS**2), np.float32)


def _noise(light: Plane, seen: Exposure, rng: np.random.Generator) -> Plane:
    grain = rng.standard_normal(light.shape, dtype=np.float32)
    noise: Plane = grain * np.sqrt(pixel_variance(light + np.float32(seen.sky_dn)))
    return noise


def _hit(plane: Plane, hits: NDArray[np.float64]) -> None:
    columns, rows = (hits[:, :2].astype(np.int64) + CENTRE).T
    np.add.at(plane, (rows, columns), hits[:, 2].astype(np.float32))


def _trimmed(planes: Planes, scene: Scene) -> Planes:
    if not scene.missing_columns:
        return planes
    if scene.cut:
        return Planes(*(plane[:, : -scene.missing_columns] for plane in planes))
    for plane in planes:
        plane[:, -scene.missing_columns :] = np.nan
    return planes
