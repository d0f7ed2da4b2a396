"""What only a survey's own record tells of an alert: it has no survey-neutral column."""

from __future__ import annotations

from math import nan, sqrt
from typing import Any, NamedTuple

from schemas.fits import CARD_BYTES
from schemas.ztf import SENTINELS
from training.packets import ZTF_SCALARS
from training.realbogus.alerts.classes import simbad_class, tns_class

NO_FIELD = -1
ARCSEC_PER_DEG = 3600.0
FWHM_PER_SIGMA = 2.3548
"""Of a Gaussian: the square root of 8 ln 2."""


class Facts(NamedTuple):
    """Of one alert; the columns of the same names say what they are."""

    field: int
    simbad: str
    spectroscopic: str
    rb: float = nan
    scalars: tuple[float, ...] = (nan,) * len(ZTF_SCALARS)
    psf_fwhm_pixels: float = nan
    dipole: bool = False
    cosmic_ray: bool = False
    streak: bool = False


def ztf_facts(record: dict[str, Any]) -> Facts:
    candidate = record["candidate"]
    return Facts(
        field=_number(candidate.get("field")),
        simbad=simbad_class(record),
        spectroscopic=tns_class(record),
        rb=_float(candidate.get("rb")),
        scalars=tuple(_float(candidate.get(name)) for name in ZTF_SCALARS),
    )


def rubin_facts(record: dict[str, Any]) -> Facts:
    source = record["diaSource"]
    return Facts(
        field=_number(source.get("visit")),
        simbad=simbad_class(record),
        spectroscopic=tns_class(record),
        psf_fwhm_pixels=_psf_fwhm_pixels(source, record["cutoutScience"]),
        dipole=bool(source.get("isDipole")),
        cosmic_ray=bool(source.get("pixelFlags_cr")),
        streak=bool(source.get("pixelFlags_streak")),
    )


FACTS = {"ztf": ztf_facts, "lsst": rubin_facts}


def _number(value: int | None) -> int:
    return NO_FIELD if value is None else value


def _float(value: float | None) -> float:
    return nan if value is None or value in SENTINELS else float(value)


def _psf_fwhm_pixels(source: dict[str, Any], stamp: bytes) -> float:
    """From the second moments, which are in square arcseconds: against the stamps' own PSF images
    the square root comes out as the pixel scale, 0.168 and 0.2 arcsec, for both cameras here.
    """
    moments = _float(source.get("ixxPSF")), _float(source.get("iyyPSF"))
    return FWHM_PER_SIGMA * sqrt(sum(moments) / 2) / pixel_scale_arcsec(stamp)


def pixel_scale_arcsec(stamp: bytes) -> float:
    """The side of a pixel from the first header of an uncompressed FITS file.

    NaN where it has none of the cards PC1_1 to PC2_2 (FITS Standard 4.0, section 8.1; CDELT is 1).
    """
    cards: dict[bytes, float] = {}
    for begin in range(0, len(stamp), CARD_BYTES):
        name = stamp[begin : begin + 8].rstrip()
        if name == b"END":
            break
        if name in {b"PC1_1", b"PC1_2", b"PC2_1", b"PC2_2"}:
            cards[name] = float(stamp[begin + 10 : begin + CARD_BYTES].split(b"/")[0])
    xx, xy, yx, yy = (cards.get(name, 0.0) for name in (b"PC1_1", b"PC1_2", b"PC2_1", b"PC2_2"))
    return ARCSEC_PER_DEG * sqrt(abs(xx * yy - xy * yx)) or nan
