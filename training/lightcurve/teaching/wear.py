"""What happens to a lesson's light curve whenever it is drawn: less of it, noisier, spoilt."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from schemas.batch import LightCurves
from schemas.light_curves import first_detection_mjd, point_rows
from training.arrays import Floats, Mask
from training.lightcurve.teaching.augmentation import (
    WIDE_ERR_NJY,
    WIDE_ERR_SPREAD,
    WIDE_SHARE,
)

OUTLIER_PEAKS = (1.0, 8.0)
"""Of a light curve's largest flux: what a bad subtraction leaves in Rubin's forced photometry."""


@dataclass(frozen=True)
class Wear:
    """What may happen to a light curve on its way to a network."""

    kept_shares: tuple[float, ...] = (1.0, 1.0, 0.9, 0.7, 0.5)
    """Of the points that stay; one of these is drawn for each light curve."""
    noisier_share: float = 0.5
    """Of the light curves whose errors grow."""
    noise_mean: float = 0.3
    """Of the exponential from which the logarithm of that growth is drawn."""
    detected_sigmas: float = 4.0
    """A detection that noise has brought below is none any more."""
    short_share: float = 0.3
    """Of the light curves that end early."""
    short_days: tuple[float, float] = (1.0, 200.0)
    """After the first detection; drawn evenly in the logarithm."""
    spoilt_share: float = 0.0
    """Of the light curves with gross outliers among their undetected points."""
    outlier_shares: tuple[float, ...] = (0.003, 0.01, 0.03)
    """Of those points, that are outliers; one of these is drawn for each light curve."""


def worn(curves: LightCurves, random: np.random.Generator, wear: Wear) -> tuple[LightCurves, Mask]:
    """The light curves, worn, and which of them were cut short, bool (n,)."""
    count, rows = len(curves), point_rows(curves)
    short = random.random(count) < wear.short_share
    low, high = np.log(wear.short_days)
    days = np.where(short, np.exp(random.uniform(low, high, count)), np.inf)
    ends = (first_detection_mjd(curves) + days)[rows]
    share = random.choice(wear.kept_shares, count)[rows]
    kept = (random.random(len(share)) < share) & ~(curves.mjd > ends)
    left = _noisier(curves.where(kept), random, wear)
    if not wear.spoilt_share:
        return left, short
    spoilt = random.random(count) < wear.spoilt_share
    shares = np.where(spoilt, random.choice(wear.outlier_shares, count), 0.0)
    return with_outliers(left, shares, random), short


def _noisier(curves: LightCurves, random: np.random.Generator, wear: Wear) -> LightCurves:
    """With errors that have grown, and fluxes that have moved as such errors would have it."""
    grown = random.random(len(curves)) < wear.noisier_share
    growth = np.where(grown, np.exp(random.exponential(wear.noise_mean, len(curves))), 1.0)
    error = growth[point_rows(curves)] * curves.flux_err_njy
    return _moved(curves, error, random, wear.detected_sigmas)


def _moved(
    curves: LightCurves, error: Floats, random: np.random.Generator, detected_sigmas: float
) -> LightCurves:
    """With errors of at least the old; a detection that falls below is none any more."""
    moved = random.normal(size=len(error))
    flux = curves.flux_njy + moved * np.sqrt(np.maximum(error**2 - curves.flux_err_njy**2, 0.0))
    faded = (error > curves.flux_err_njy) & (np.abs(flux) < detected_sigmas * error)
    return replace(curves, flux_njy=flux, flux_err_njy=error, detected=curves.detected & ~faded)


def with_outliers(curves: LightCurves, shares: Floats, random: np.random.Generator) -> LightCurves:
    """Gross outliers of either sign in these shares, (n,), of each one's undetected points.

    Their size is OUTLIER_PEAKS times the light curve's largest flux.
    """
    rows, flux = point_rows(curves), curves.flux_njy.copy()
    hit = np.flatnonzero(~curves.detected & (random.random(len(flux)) < shares[rows]))
    peak = np.zeros(len(curves))
    np.fmax.at(peak, rows, np.abs(flux))
    size = random.uniform(*OUTLIER_PEAKS, len(hit)) * peak[rows[hit]]
    flux[hit] = size * random.choice([-1.0, 1.0], len(hit))
    return replace(curves, flux_njy=flux)


def seldom(curves: LightCurves, which: Mask, random: np.random.Generator) -> LightCurves:
    """Some light curves (n,) of a deep field with only as many points as outside."""
    chance = np.where(which[point_rows(curves)], WIDE_SHARE[curves.band], 1.0)
    return curves.where(random.random(len(chance)) < chance)


def shallow(
    curves: LightCurves, which: Mask, random: np.random.Generator, detected_sigmas: float
) -> LightCurves:
    """Some light curves (n,) of a deep field with errors as outside."""
    drawn = random.normal(0.0, WIDE_ERR_SPREAD[curves.band])
    wide = np.where(which[point_rows(curves)], WIDE_ERR_NJY[curves.band] * np.exp(drawn), 0.0)
    error = np.maximum(curves.flux_err_njy, wide)
    return _moved(curves, error, random, detected_sigmas)
