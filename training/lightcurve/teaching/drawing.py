"""Light curves drawn anew each time they are learnt from: thinned, noisier, or cut short."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.batch import LightCurves
from training.lightcurve.objects.early import first_detection_mjd

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


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


def worn(curves: LightCurves, random: np.random.Generator, wear: Wear) -> tuple[LightCurves, Mask]:
    """The light curves, worn, and which of them were cut short, bool (n,)."""
    count, lengths = len(curves), np.diff(curves.offsets)
    short = random.random(count) < wear.short_share
    low, high = np.log(wear.short_days)
    days = np.where(short, np.exp(random.uniform(low, high, count)), np.inf)
    ends = np.repeat(first_detection_mjd(curves) + days, lengths)
    share = np.repeat(random.choice(wear.kept_shares, count), lengths)
    kept = (random.random(len(share)) < share) & ~(curves.mjd > ends)
    return _noisier(_of_points(curves, kept), random, wear), short


def _of_points(curves: LightCurves, kept: Mask) -> LightCurves:
    """Only some of the points."""
    offsets = np.concatenate(([0], np.cumsum(kept)))[curves.offsets]
    return LightCurves(
        offsets,
        curves.mjd[kept],
        curves.band[kept],
        curves.flux_njy[kept],
        curves.flux_err_njy[kept],
        curves.limit_mag[kept],
        curves.detected[kept],
    )


def _noisier(curves: LightCurves, random: np.random.Generator, wear: Wear) -> LightCurves:
    """With errors that have grown, and fluxes that have moved as such errors would have it."""
    grown = random.random(len(curves)) < wear.noisier_share
    growth = np.where(grown, np.exp(random.exponential(wear.noise_mean, len(curves))), 1.0)
    growth = np.repeat(growth, np.diff(curves.offsets))
    moved = random.normal(size=len(growth)) * np.sqrt(growth**2 - 1)
    flux, error = curves.flux_njy + moved * curves.flux_err_njy, curves.flux_err_njy * growth
    faded = (growth > 1) & (np.abs(flux) < wear.detected_sigmas * error)
    return LightCurves(
        curves.offsets,
        curves.mjd,
        curves.band,
        flux,
        error,
        curves.limit_mag,
        curves.detected & ~faded,
    )
