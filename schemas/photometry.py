"""Magnitudes, fluxes and instants: the few formulas that every survey's adapter needs.

AB magnitudes: m = 31.4 - 2.5 log10(flux / nJy) (Oke & Gunn 1983, with 3631 Jy at m = 0).
"""

from __future__ import annotations

import math

import numpy as np

from schemas.batch import Floats

AB_ZERO_MAG_NJY = 31.4
FLUXCAL_ZERO_MAG = 27.5
"""Of SNANA's FLUXCAL (Kessler et al. 2019, arXiv:1903.11756)."""
NJY_PER_FLUXCAL = 10 ** ((AB_ZERO_MAG_NJY - FLUXCAL_ZERO_MAG) / 2.5)
"""The AB magnitude of 1 nJy."""
FLUX_ERR_PER_MAG = math.log(10) / 2.5
"""Relative flux error by magnitude error, to first order."""
DETECTION_SIGMA = 5.0
"""From how many sigmas on forced photometry counts as detected."""
UNIX_EPOCH_MJD_DAYS = 40587.0
DAY_S = 86400.0
JD_TO_MJD_DAYS = 2_400_000.5
MJD_MIN_DAYS = 47_892.0
"""1990-01-01. No survey with packets is as old: a time before it is none, or an MJD for a JD."""


def njy(magnitude: Floats) -> Floats:
    """The flux of an AB magnitude, nJy."""
    return np.power(10.0, (AB_ZERO_MAG_NJY - magnitude) / 2.5)


def ab_magnitude(flux_njy: Floats) -> Floats:
    """The AB magnitude of a flux's absolute value; +inf at 0."""
    with np.errstate(divide="ignore"):
        return AB_ZERO_MAG_NJY - 2.5 * np.log10(np.abs(flux_njy))


def magnitude_of_light(flux_njy: Floats) -> Floats:
    """The AB magnitude of a flux that is to be one of light, no difference; NaN unless above 0."""
    return ab_magnitude(np.where(flux_njy > 0, flux_njy, np.nan))


def sound_mjd(mjd: Floats, mjd_max: Floats) -> Floats:
    """Times, days, with NaN for each that is none: before MJD_MIN_DAYS, or later than `mjd_max`."""
    return np.where((mjd >= MJD_MIN_DAYS) & (mjd <= mjd_max), mjd, np.nan)


def unix_s(mjd_utc: Floats) -> Floats:
    """UTC seconds since 1970 of a modified Julian date, UTC."""
    return (mjd_utc - UNIX_EPOCH_MJD_DAYS) * DAY_S
