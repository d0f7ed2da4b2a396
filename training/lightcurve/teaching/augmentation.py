"""Copies of PLAsTiCC's objects: the same event elsewhere, seen on other nights, with other noise.

In the spirit of Boone 2019 (arXiv:1907.04690, section 3), with redshifts and brightnesses that stay
near the parent's, since what is judged is drawn as PLAsTiCC's training set is. Copies are made
after the objects are split: a copy has its parent's name and label.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import cumulative_simpson
from scipy.special import ndtr

from schemas.batch import LightCurves
from schemas.distances import HUBBLE_KM_S_MPC, LIGHT_KM_S, MATTER
from schemas.light_curves import first_detection_mjd
from training.arrays import Floats, Ints, Mask
from training.lightcurve.objects.objects import Objects, joined
from training.lightcurve.rivals.gaussian_process import (
    WAVELENGTHS,
    GaussianProcess,
)

REDSHIFTS = np.linspace(0.0, 4.0, 8001)[1:]


def _moduli() -> Floats:
    grid = np.concatenate(([0.0], REDSHIFTS))
    hubble = np.sqrt(MATTER * (1 + grid) ** 3 + 1 - MATTER)
    comoving = cumulative_simpson(1.0 / hubble, x=grid)
    luminosity_mpc = (1 + REDSHIFTS) * comoving * LIGHT_KM_S / HUBBLE_KM_S_MPC
    moduli: Floats = 5 * np.log10(luminosity_mpc) + 25
    return moduli


MODULI = _moduli()


def modulus(redshift: float) -> float:
    """Distance modulus in magnitudes, of a redshift in [0.0005, 4]."""
    return float(np.interp(redshift, REDSHIFTS, MODULI))


def redshift_at(distance_modulus: float) -> float:
    """The redshift whose `modulus` this is."""
    return float(np.interp(distance_modulus, MODULI, REDSHIFTS))


DEEP_POINTS = 200
"""No object of PLAsTiCC's training set has from 170 to 240 points: more are of a deep field."""
WIDE_ERR_NJY = np.array([395.0, 97.0, 138.0, 236.0, 499.0, 1092.0])
WIDE_ERR_SPREAD = np.array([0.50, 0.50, 0.44, 0.46, 0.38, 0.38])
"""Of faint points outside the deep fields, by band: the median error, and half the logarithm of
the ratio of its 84th and 16th percentiles."""
WIDE_SHARE = np.array([0.23, 0.21, 0.40, 0.39, 0.53, 0.61])
"""Points a band outside the deep fields over those inside, medians of 135 and 345 in all."""
THINNED = 0.4
"""Share of a deep field's copies that are seen as outside; 70 % of the parents are outside."""
KEPT_LEAST = 0.75
JITTER_DAYS = 1.0

FAINTER_MAG = 0.5
FAINTER_MAG_MAX = 1.25
STRETCH = (0.87, 1.18)
"""Of 1 + z: beyond, u and y would lie too far from any wavelength that was measured."""
REDSHIFT_RANGE = (0.005, 3.0)
"""PLAsTiCC's photo-z end at 3."""
MEASURED = (WAVELENGTHS[0] - 300.0, WAVELENGTHS[-1] + 300.0)
"""Angstrom; further out, the process makes events of noise."""
MARGIN_DAYS = 40.0
"""Nothing happens this long, and as long as the detections last, before and after them."""
GALACTIC_MAG = 0.4
GALACTIC_MAG_MAX = 1.0

HALF_DETECTED, DETECTED_SLOPE = 5.17, 3.64
DETECTED_OF_FAINT, BRIGHT = 0.988, 40.0
"""Least squares over the training set's share of detections in 17 bins of |flux| / error, with
1,500 parents' noise-free fluxes and fresh noise in place of the fluxes: within 0.015 in every bin.
What is noise-free decides: of 800 points at a ratio of 3 to 5 long before an event, none is
flagged, of 24,900 near it 16 %. No point with a ratio above 50 is missed.
"""
RATIO_MAX = 215.0
"""No point of the training set has a greater |flux| / error: 0.005 mag are always added."""
DETECTIONS_MIN = 2
"""PLAsTiCC's own bar for an object."""
TRIES = 8
TINY = 1e-9


@dataclass(frozen=True)
class Change:
    """Where a copy is: `factor` is its brightness at one rest wavelength, over the parent's."""

    stretch: float
    """(1 + z of the copy) / (1 + z of the parent)."""
    factor: float
    redshift: Floats


@dataclass(frozen=True)
class Parent:
    """One object, and what it would show without noise."""

    points: LightCurves
    redshift: Floats
    process: GaussianProcess | None
    """None for a Galactic object: no process that is smooth over 20 days follows a star's period
    of half a day, a flare or an eclipse."""

    @classmethod
    def of(cls, one: Objects) -> Parent:
        """Fits the process, once for all copies. Raises ModelError where no flux is measured."""
        points, redshift = one.curves, one.redshift[0]
        if not redshift[0] > 0:
            return cls(points, redshift, None)
        wavelength = WAVELENGTHS[points.band]
        process = GaussianProcess.fitted(
            points.mjd, wavelength, points.flux_njy, points.flux_err_njy
        )
        return cls(points, redshift, process)

    def flux(self, rows: Ints, jitter_days: Floats, stretch: float) -> Floats:
        """Without noise, nJy, at some rows' epochs and at their wavelengths over `stretch`.

        Where nothing happens the process follows the noise (three quarters of an error, in the
        median outside the deep fields), so that its mean is shrunken as a star's own fluxes are,
        and is 0 far from the detections.
        """
        band, mjd = self.points.band[rows], self.points.mjd[rows] + jitter_days
        if self.process is None:
            flux = self.points.flux_njy[rows]
        else:
            flux, near = np.zeros(len(rows)), _near_event(self.points, mjd)
            for code, wavelength in enumerate(np.clip(WAVELENGTHS / stretch, *MEASURED)):
                some = near & (band == code)
                flux[some] = self.process.mean_on_grid(mjd[some], np.array([wavelength]))[0]
        return _shrunken(flux, self.points.flux_err_njy[rows])


def _near_event(points: LightCurves, mjd: Floats) -> Mask:
    detected = points.mjd[points.detected]
    if not len(detected):
        return np.ones(len(mjd), np.bool_)
    margin = MARGIN_DAYS + detected[-1] - detected[0]
    near: Mask = (mjd > detected[0] - margin) & (mjd < detected[-1] + margin)
    return near


def copies(one: Objects, number: int, which: Iterable[int], seed: int) -> Objects:
    """Copies of one object, which is the `number`th of all; each depends on nothing else.

    Light curves have at least two detections and at most as many points as the parent's.
    Raises ModelError where the object has no measured flux.
    """
    parent = Parent.of(one)
    return joined([_copy(one, parent, np.random.default_rng((seed, number, k))) for k in which])


def detection_chance(flux: Floats, flux_err: Floats) -> Floats:
    """How likely PLAsTiCC flags a point of this noise-free flux and this error, (n,)."""
    ratio = np.maximum(np.abs(flux / flux_err), TINY)
    chance: Floats = ndtr(DETECTED_SLOPE * np.log(ratio / HALF_DETECTED))
    return chance * np.where(ratio < BRIGHT, DETECTED_OF_FAINT, 1.0)


def _copy(one: Objects, parent: Parent, random: np.random.Generator) -> Objects:
    for _ in range(TRIES):
        change = (
            _nearer_or_farther(parent.redshift, random)
            if parent.process
            else _brighter_or_fainter(parent.redshift, random)
        )
        points = _seen(parent, change, random)
        if points.detected.sum() >= DETECTIONS_MIN:
            return Objects(one.name, one.label, points, change.redshift[None])
    return Objects(one.name, one.label, _noisier(parent.points, random), one.redshift)


def _nearer_or_farther(redshift: Floats, random: np.random.Generator) -> Change:
    """Another distance modulus, and the redshift that goes with it.

    The photo-z stands for the redshift, as nothing else may be known; its error is kept.
    F_nu at one rest wavelength goes as (1 + z) / d_L^2 (Hogg 1999, arXiv:astro-ph/9905116).
    """
    old = modulus(redshift[0])
    drawn = redshift_at(old + _magnitudes(FAINTER_MAG, FAINTER_MAG_MAX, random))
    bounded = (1 + redshift[0]) * np.clip((1 + drawn) / (1 + redshift[0]), *STRETCH) - 1
    new = float(np.clip(bounded, *REDSHIFT_RANGE))
    stretch = float((1 + new) / (1 + redshift[0]))
    distance = modulus(new)
    factor = stretch * 10 ** (0.4 * (old - distance))
    return Change(stretch, factor, np.array([new, redshift[1], distance]))


def _brighter_or_fainter(redshift: Floats, random: np.random.Generator) -> Change:
    factor = 10 ** (-0.4 * _magnitudes(GALACTIC_MAG, GALACTIC_MAG_MAX, random))
    return Change(1.0, factor, redshift)


def _magnitudes(spread: float, most: float, random: np.random.Generator) -> float:
    return float(np.clip(random.normal(0.0, spread), -most, most))


def _seen(parent: Parent, change: Change, random: np.random.Generator) -> LightCurves:
    """One light curve of the parent, elsewhere, at some of its epochs and with fresh noise.

    The errors are those of the photometry alone: away from an event the process is far surer of
    "no flux" than its stationary standard deviation says.
    """
    points = parent.points
    rows, err = _epochs(points, random)
    jitter = _night_jitter(points.mjd[rows], random) if parent.process else np.zeros(len(rows))
    flux = change.factor * parent.flux(rows, jitter, change.stretch)
    err = np.maximum(err, np.abs(flux) / RATIO_MAX)
    mjd = _dilated(points, points.mjd[rows] + jitter, change.stretch)
    return _measured(mjd, points.band[rows], flux, err, span=points.mjd[[0, -1]], random=random)


def _dilated(points: LightCurves, mjd: Floats, stretch: float) -> Floats:
    """Times with the first detection as the fixed point."""
    first = first_detection_mjd(points)[0]
    fixed = first if np.isfinite(first) else points.mjd[0]
    dilated: Floats = fixed + stretch * (mjd - fixed)
    return dilated


def _measured(
    mjd: Floats,
    band: NDArray[np.int8],
    flux: Floats,
    err: Floats,
    *,
    span: Floats,
    random: np.random.Generator,
) -> LightCurves:
    """Noise and detection flags, for the points within the survey's days, by rising mjd."""
    noisy = flux + random.normal(0.0, err)
    detected = random.random(len(mjd)) < detection_chance(flux, err)
    order = np.argsort(mjd, kind="stable")
    order = order[(mjd[order] >= span[0] - 1) & (mjd[order] <= span[1] + 1)]
    return LightCurves(
        np.array([0, len(order)]),
        mjd[order],
        band[order],
        noisy[order],
        err[order],
        np.full(len(order), np.nan),
        detected[order],
    )


def _epochs(points: LightCurves, random: np.random.Generator) -> tuple[Ints, Floats]:
    """Which points a copy has, and their errors in nJy.

    A copy of a deep field's object may have the cadence and the noise of the wide survey.
    """
    share = np.full(len(points.mjd), random.uniform(KEPT_LEAST, 1.0))
    err = points.flux_err_njy
    if len(points.mjd) > DEEP_POINTS and random.random() < THINNED:
        share = WIDE_SHARE[points.band]
        drawn = random.normal(0.0, WIDE_ERR_SPREAD[points.band])
        err = np.maximum(err, WIDE_ERR_NJY[points.band] * np.exp(drawn))
    rows = np.flatnonzero(random.random(len(share)) < share)
    return rows, err[rows]


def _night_jitter(mjd: Floats, random: np.random.Generator) -> Floats:
    """Days by which each point is seen earlier or later, the same within a night in Chile."""
    night = np.floor(mjd + 0.3).astype(np.int64)
    _, place = np.unique(night, return_inverse=True)
    jitter: Floats = random.uniform(-JITTER_DAYS, JITTER_DAYS, place.max(initial=-1) + 1)[place]
    return jitter


def _shrunken(flux: Floats, err: Floats) -> Floats:
    """Each flux drawn towards 0 by the noise it may be (the positive part of James and Stein)."""
    return flux * np.maximum(1.0 - err**2 / np.maximum(flux**2, TINY), 0.0)


def _noisier(points: LightCurves, random: np.random.Generator) -> LightCurves:
    """The parent's own light curve with half its noise again, and its own detections."""
    more = 0.5 * points.flux_err_njy
    noisy = points.flux_njy + random.normal(0.0, more)
    return replace(points, flux_njy=noisy, flux_err_njy=np.hypot(points.flux_err_njy, more))
