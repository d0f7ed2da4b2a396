"""Invented values of ZTF's scalar fields, group by group, as such values go in real packets."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from replay.exposures_invented import NIGHT_NUMBER_JD, PIXEL_ARCSEC, Exposure, image_id
from replay.kinds import Kind
from replay.scenes_invented import NONE_FOUND, Target

Fields = dict[str, object]

UNIX_EPOCH_JD = 2440587.5
MAGNITUDE_ERROR = 2.5 / math.log(10)
"""A relative error of flux, times this, is an error of magnitude."""

ASTEROID_CHANCE = 0.04
"""How often some asteroid lies within the search, but is not what was seen."""

_PROGRAM = 1
"""ZTF's public survey."""


class Look(NamedTuple):
    """How a kind of source looks to a shape measurement: means, and the scores it gets."""

    fwhm_ratio: float
    """Measured width over the exposure's seeing."""
    elongation: float
    drb: tuple[float, float]
    """A beta distribution's two parameters: of the survey's own real/bogus score."""


_STARLIKE = Look(1.0, 1.12, (18.0, 0.25))
_LOOKS = {
    Kind.COSMIC_RAY: Look(0.55, 1.6, (0.3, 9.0)),
    Kind.BAD_SUBTRACTION: Look(0.85, 1.45, (0.45, 4.0)),
}


def image_fields(jd: float, fid: int, field: int, quadrant: int, limit_mag: float) -> Fields:
    return {
        "jd": jd,
        "fid": fid,
        "pid": image_id(jd, quadrant),
        "diffmaglim": limit_mag,
        "pdiffimfilename": _file_name(jd, fid, field, quadrant),
        "programpi": "invented",
        "programid": _PROGRAM,
        "nid": int(jd - NIGHT_NUMBER_JD),
        "rcid": quadrant,
        "field": field,
    }


def measured_fields(
    flux_dn: float, flux_err_dn: float, seen: Exposure, rng: np.random.Generator
) -> Fields:
    """Brightness of a detection: its sign, magnitudes and errors.

    magnitude = zero point - 2.5 log10(abs(flux)), the error 2.5 / ln 10 of the flux's.
    """
    size = max(abs(flux_dn), flux_err_dn)
    magnitude = seen.zero_point_mag - 2.5 * math.log10(size)
    error = MAGNITUDE_ERROR * flux_err_dn / size
    aperture, wide = magnitude + rng.normal(0, error, 2)
    return {
        "isdiffpos": "t" if flux_dn > 0 else "f",
        "magpsf": magnitude,
        "sigmapsf": error,
        "magap": aperture,
        "sigmagap": 1.2 * error,
        "magapbig": wide,
        "sigmagapbig": 1.6 * error,
        "magdiff": aperture - magnitude,
        "magfromlim": seen.limit_mag - aperture,
        "scorr": size / flux_err_dn,
    }


def shape_fields(kind: Kind, seen: Exposure, rng: np.random.Generator) -> Fields:
    """Width, elongation and what else tells a star from an accident."""
    look = _LOOKS.get(kind, _STARLIKE)
    fwhm = seen.fwhm_pixels * look.fwhm_ratio * rng.lognormal(0, 0.08)
    elongation = 1 + (look.elongation - 1) * rng.lognormal(0, 0.3)
    across = 0.3 * fwhm
    starlike = look is _STARLIKE
    return {
        "fwhm": fwhm,
        "elong": elongation,
        "aimage": across * elongation,
        "bimage": across,
        "aimagerat": 0.3 * elongation,
        "bimagerat": 0.3,
        "seeratio": fwhm / seen.fwhm_pixels,
        "classtar": 0.98 if starlike else 0.7,
        "chipsf": rng.lognormal(0.6 if starlike else 2.5, 0.5),
        "sharpnr": rng.normal(0, 0.05),
        "nneg": int(rng.integers(0, 5 if starlike else 13)),
        "sumrat": rng.uniform(0.9, 1.0) if starlike else rng.uniform(0.3, 0.95),
    }


def catalogue_fields(target: Target, place: Fields, rng: np.random.Generator) -> Fields:
    """The nearest source of the reference image, of Pan-STARRS and of Gaia."""
    found = target.distance_arcsec != NONE_FOUND
    star = found and target.star_score > 0.5
    arcsec = target.distance_arcsec if found else rng.uniform(5, 20)
    magnitude = target.magnitude if found else rng.uniform(20, 22.5)
    nothing = dict.fromkeys(_SECOND_AND_THIRD, NONE_FOUND)
    return {
        **nothing,
        "distnr": arcsec / PIXEL_ARCSEC,
        "magnr": magnitude,
        "sigmagnr": 0.03,
        "chinr": rng.lognormal(-0.3, 0.4),
        "ranr": place["ra"],
        "decnr": place["dec"],
        "nmtchps": int(found),
        "objectidps1": int(rng.integers(10**17, 2 * 10**17)) if found else -999,
        "distpsnr1": target.distance_arcsec,
        "sgscore1": target.star_score,
        **_colours(target.magnitude, found),
        "objectidps2": -999,
        "objectidps3": -999,
        "neargaia": arcsec if star else rng.uniform(10, 90),
        "neargaiabright": rng.uniform(30, 90),
        "maggaia": magnitude if star else rng.uniform(15, 20),
        "maggaiabright": rng.uniform(10, 14),
    }


_SECOND_AND_THIRD = tuple(
    f"{name}{rank}"
    for rank in (2, 3)
    for name in ("sgmag", "srmag", "simag", "szmag", "sgscore", "distpsnr")
)


def _colours(magnitude: float, found: bool) -> Fields:
    offsets = {"sgmag1": 0.3, "srmag1": 0.0, "simag1": -0.15, "szmag1": -0.25}
    return {name: magnitude + by if found else NONE_FOUND for name, by in offsets.items()}


def solar_system_fields(kind: Kind, magnitude: object, rng: np.random.Generator) -> Fields:
    """The nearest known asteroid: the thing itself, one that passes by chance, or none."""
    if kind is Kind.ASTEROID:
        assert isinstance(magnitude, float)
        distance, predicted = rng.uniform(0.0, 1.45), magnitude + rng.normal(0, 0.2)
    elif rng.random() < ASTEROID_CHANCE:
        distance, predicted = rng.uniform(6, 30), rng.uniform(17, 21)
    else:
        return {"ssdistnr": NONE_FOUND, "ssmagnr": NONE_FOUND, "ssnamenr": "null"}
    number = int(rng.integers(1000, 400_000))
    return {"ssdistnr": distance, "ssmagnr": predicted, "ssnamenr": str(number)}


def reference_fields(seen: Exposure, quadrant: int, rng: np.random.Generator) -> Fields:
    """The template, the calibration, and the quality of the whole image."""
    return {
        "rfid": reference_id(seen.field, seen.fid, quadrant),
        "jdstartref": 2458165.9,
        "jdendref": 2458257.8,
        "nframesref": 16,
        "exptime": 30.0,
        "magzpsci": seen.zero_point_mag,
        "magzpsciunc": 1e-5,
        "magzpscirms": 0.03,
        "zpmed": seen.zero_point_mag + 0.01,
        "clrcoeff": -0.05 if seen.fid == 1 else 0.09,
        "clrcounc": 2e-5,
        "zpclrcov": -3e-6,
        "clrmed": 0.6,
        "clrrms": 0.25,
        "nmatches": int(rng.integers(100, 2000)),
        "dsnrms": 10.0,
        "ssnrms": 18.0,
        "dsdiff": -8.0,
        "tooflag": 0,
    }


def reference_id(field: int, fid: int, quadrant: int) -> int:
    """ZTF's number of a template: field, filter, quadrant."""
    return (field * 1000 + 100 + fid * 10) * 1000 + quadrant


def quality_fields(kind: Kind, rng: np.random.Generator) -> Fields:
    """What the survey's own two real/bogus classifiers would say."""
    look = _LOOKS.get(kind, _STARLIKE)
    return {
        "rb": rng.beta(7, 2.5) if kind.is_real else rng.beta(2, 5),
        "rbversion": "invented",
        "drb": rng.beta(*look.drb),
        "drbversion": "invented",
    }


def calendar_year(jd: float) -> int:
    return _date(jd).year


@lru_cache(maxsize=256)
def _day(number: int) -> str:
    """The date of a day that begins half a day before that Julian date, as in 20251121."""
    return _date(number - 0.5).strftime("%Y%m%d")


def _date(jd: float) -> datetime:
    return datetime.fromtimestamp((jd - UNIX_EPOCH_JD) * 86_400, UTC)


def _file_name(jd: float, fid: int, field: int, quadrant: int) -> str:
    fraction = int((jd - NIGHT_NUMBER_JD) % 1 * 1_000_000)
    day, band = _day(int(jd + 0.5)), "gr"[fid - 1]
    ccd, corner = quadrant // 4 + 1, quadrant % 4 + 1
    return f"ztf_{day}{fraction:06d}_{field:06d}_z{band}_c{ccd:02d}_o_q{corner}_scimrefdiffimg.fits"
