"""Invented scenes: what stands before the camera for each kind of alert, and in catalogues."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from replay.exposures_invented import PIXEL_ARCSEC, Exposure
from replay.kinds import Kind
from replay.stamps_invented import CENTRE, SOURCES_NONE, Galaxy, Scene

NONE_FOUND = -999.0
"""What ZTF writes where a search found nothing."""

NEIGHBOURS_MEAN = 3.0
EDGE_SHARE = 0.05
CUT_SHARE = 0.25
"""Of the stamps at an edge, those that are cut and not filled with NaN."""
MISSING_COLUMNS_MAX = 18

LOBE_SHARE = 0.4
"""A lobe of a dipole holds about this much of the star's light times shift over width."""


class Target(NamedTuple):
    """A scene, and what catalogues hold nearest to its centre."""

    scene: Scene
    distance_arcsec: float
    """To the nearest catalogued source; NONE_FOUND where there is none within the search."""
    star_score: float
    """Of that source: 1 star, 0 galaxy; NONE_FOUND where there is none."""
    magnitude: float
    """Of that source."""


class Surroundings(NamedTuple):
    """What every scene has whatever its kind: neighbours, and perhaps the detector's edge."""

    stars: NDArray[np.float64]
    missing_columns: int
    cut: bool


def target(
    kind: Kind, rng: np.random.Generator, seen: Exposure, flux_dn: float, steady_dn: float
) -> Target:
    """A scene of that kind. `flux_dn` is its change now; `steady_dn` its light in the template,
    for a star that varies or a galaxy's core."""
    around = _surroundings(rng, seen)
    if kind is Kind.VARIABLE_STAR:
        return _variable_star(rng, seen, around, flux_dn, steady_dn)
    if kind is Kind.ACTIVE_GALAXY:
        return _in_galaxy(rng, seen, around, flux_dn, steady_dn)
    if kind is Kind.SUPERNOVA:
        return _in_galaxy(rng, seen, around, flux_dn)
    if kind is Kind.ASTEROID:
        return _unrelated(rng, seen, _scene(around, new=_centred(flux_dn)))
    if kind is Kind.COSMIC_RAY:
        return _unrelated(rng, seen, _scene(around, hits=_track(rng)))
    return _dipole(rng, seen, around, flux_dn)


def _scene(
    around: Surroundings,
    *,
    steady: NDArray[np.float64] = SOURCES_NONE,
    new: NDArray[np.float64] = SOURCES_NONE,
    galaxy: Galaxy | None = None,
    hits: NDArray[np.float64] = SOURCES_NONE,
    misaligned_pixels: tuple[float, float] = (0.0, 0.0),
) -> Scene:
    stars = np.vstack((around.stars, steady))
    return Scene(stars, new, galaxy, hits, misaligned_pixels, around.missing_columns, around.cut)


def _variable_star(
    rng: np.random.Generator, seen: Exposure, around: Surroundings, flux: float, steady: float
) -> Target:
    scene = _scene(around, steady=_centred(steady), new=_centred(flux))
    distance = abs(rng.normal(0, 0.2))
    return Target(scene, distance, 1 - rng.exponential(0.02), _magnitude(steady, seen))


def _in_galaxy(
    rng: np.random.Generator,
    seen: Exposure,
    around: Surroundings,
    flux: float,
    core: float | None = None,
) -> Target:
    """A galaxy's active core of that light in the template; without one, a supernova beside it."""
    size = rng.uniform(1.5, 5.0)
    away, angle = (0.0 if core else rng.uniform(0.3, 1.8) * size), rng.uniform(0, 2 * math.pi)
    x, y = away * math.cos(angle), away * math.sin(angle)
    bright = abs(flux) * rng.uniform(1.5, 12.0)
    host = Galaxy(x, y, bright, size, rng.uniform(0.3, 1.0), rng.uniform(0, math.pi))
    steady = _centred(core) if core else SOURCES_NONE
    scene = _scene(around, steady=steady, new=_centred(flux), galaxy=host)
    distance = abs(away * PIXEL_ARCSEC + rng.normal(0, 0.1))
    return Target(scene, distance, min(1.0, rng.exponential(0.06)), _magnitude(bright, seen))


def _dipole(rng: np.random.Generator, seen: Exposure, around: Surroundings, flux: float) -> Target:
    """A bright star that the subtraction moved: one of its two lobes lies at the centre."""
    sigma, angle = seen.fwhm_pixels / 2.355, rng.uniform(0, 2 * math.pi)
    shift, side = rng.uniform(0.2, 0.6), math.copysign(sigma, flux)
    cosine, sine = math.cos(angle), math.sin(angle)
    light = abs(flux) * sigma / (shift * LOBE_SHARE)
    star = np.array([[side * cosine, side * sine, light]])
    scene = _scene(around, steady=star, misaligned_pixels=(shift * cosine, shift * sine))
    distance = abs(sigma * PIXEL_ARCSEC + rng.normal(0, 0.1))
    return Target(scene, distance, 1 - rng.exponential(0.05), _magnitude(light, seen))


def _unrelated(rng: np.random.Generator, seen: Exposure, scene: Scene) -> Target:
    """Nothing catalogued belongs to the detection; something may lie some way off."""
    if rng.random() < 0.15:
        return Target(scene, NONE_FOUND, NONE_FOUND, NONE_FOUND)
    score = rng.beta(0.4, 0.4)
    return Target(scene, rng.uniform(2.5, 25), score, rng.uniform(18, 22))


def _track(rng: np.random.Generator) -> NDArray[np.float64]:
    """The pixels of one cosmic ray's track from the centre outwards."""
    length, angle = int(rng.integers(1, 7)), rng.uniform(0, 2 * math.pi)
    steps = np.arange(length)
    x, y = np.rint(steps * math.cos(angle)), np.rint(steps * math.sin(angle))
    light = rng.lognormal(math.log(700), 0.8) * rng.uniform(0.3, 1.0, length)
    return np.column_stack((x, y, light))


def _surroundings(rng: np.random.Generator, seen: Exposure) -> Surroundings:
    count = int(rng.poisson(NEIGHBOURS_MEAN))
    places = rng.uniform(-CENTRE, CENTRE, (count, 2))
    light = 10 ** (0.4 * (seen.zero_point_mag - rng.uniform(17.5, 22.5, count)))
    edge = rng.random() < EDGE_SHARE
    missing = int(rng.integers(1, MISSING_COLUMNS_MAX + 1)) if edge else 0
    cut = bool(edge and rng.random() < CUT_SHARE)
    return Surroundings(np.column_stack((places, light)), missing, cut)


def _centred(flux_dn: float) -> NDArray[np.float64]:
    return np.array([[0.0, 0.0, flux_dn]])


def _magnitude(flux_dn: float, seen: Exposure) -> float:
    return seen.zero_point_mag - 2.5 * math.log10(flux_dn)
