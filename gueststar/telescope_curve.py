"""An object's light curve of several own cameras, on one zero point.

Each site's zero point is fitted by the stars of the sites' references, whatever their headers say
(`services/followup/fusion.py`), and taken off what the sites' spools hold of the object.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broker.errors import SettingsError
from schemas.object_annotation import Measured
from schemas.photometry import AB_ZERO_MAG_NJY
from services.followup.fusion import Fused, fuse
from telescope.pipeline import light, prepared
from telescope.reference import read_reference
from telescope.settings import Settings
from telescope.sources import MAG_OF_SHARE, stars
from telescope.spool import Spool

Floats = NDArray[np.float64]
STARS_MAX = 200
"""Of a reference: the brightest."""
APERTURE_FWHM = 2.2
"""The radius of a star's circle: as far as a PSF's image goes, whose sum is 1."""


def lines(
    sites: Sequence[Settings], at: tuple[float, float], radius_arcsec: float
) -> Iterator[str]:
    """The points as CSV, after a comment for each site. Raises SettingsError, FrameError."""
    found = curve(sites, at, radius_arcsec)
    for (site, band), zero in found.zero_points.items():
        yield f"# {site} {band}: {zero.offset_mag:+.4f} ± {zero.err_mag:.4f} mag taken off"
    for site, band in found.apart:
        yield f"# {site} {band}: shares no stars with the others and is left out"
    yield "mjd,band,magnitude,error,camera"
    for site, one in found.points:
        yield f"{one.mjd:.6f},{one.band},{one.magnitude:.4f},{one.magnitude_err:.4f},{site}"


def curve(sites: Sequence[Settings], at: tuple[float, float], radius_arcsec: float) -> Fused:
    """What the sites' spools hold of a place, RA and Dec in degrees, in the first's system."""
    names = _Names(radius_arcsec)
    by_site = {
        one.camera.name: [*_stars(one, names), *_points(one, at, radius_arcsec)] for one in sites
    }
    if len(by_site) < len(sites):
        raise SettingsError("two of the sites' cameras have one name; give each its own")
    return fuse(by_site, sites[0].camera.name)


class _Names:
    """Stars by place: what is within the radius of a star is that star."""

    def __init__(self, radius_arcsec: float) -> None:
        self._radius, self._known = radius_arcsec, np.zeros((0, 2))

    def name(self, place: tuple[float, float]) -> str:
        away = _away_arcsec(self._known, place)
        if not len(away) or away.min() > self._radius:
            self._known = np.vstack([self._known, place])
            return f"star {len(self._known)}"
        return f"star {int(away.argmin()) + 1}"


def _away_arcsec(places: Floats, about: tuple[float, float]) -> Floats:
    off = (places - about + 180.0) % 360.0 - 180.0
    return np.hypot(off[:, 0] * math.cos(math.radians(about[1])), off[:, 1]) * 3600.0


def _stars(site: Settings, names: _Names) -> list[Measured]:
    """The brightest of its reference's stars."""
    path = site.path(site.telescope.reference)
    one = prepared(read_reference(path, site.camera))
    facts, sky = one.frame.facts, one.frame.sky
    if sky is None or not math.isfinite(facts.zero_point):
        raise SettingsError(
            f"{path} says no WCS or no zero point; any will do as facts = {{ zero_point = 25.0 }}"
            f" of camera {site.camera.name}, as it is fitted"
        )
    rows = stars(one.frame, one.found)
    rows = rows[np.argsort(-one.found.flux[rows])[:STARS_MAX]]
    counts, error = light(one, rows, APERTURE_FWHM * one.psf.fwhm)
    rows, error, counts = rows[counts > 0], error[counts > 0], counts[counts > 0]
    places = zip(*sky.radec(one.found.x[rows], one.found.y[rows]), strict=True)
    return [
        Measured(
            facts.mjd, facts.band, facts.zero_point - 2.5 * math.log10(counts[at]),
            MAG_OF_SHARE * error[at] / counts[at], names.name(place),
        )
        for at, place in enumerate(places)
    ]  # fmt: skip


def _points(site: Settings, at: tuple[float, float], radius_arcsec: float) -> Iterator[Measured]:
    """Its brightenings there."""
    for entry in Spool(site.path(site.telescope.spool)).entries():
        found: list[dict[str, Any]] = [one for one in entry.record["detections"] if one["flux"] > 0]
        away = _away_arcsec(np.array([(one["ra"], one["dec"]) for one in found]).reshape(-1, 2), at)
        if not len(away) or away.min() > radius_arcsec:
            continue
        one = found[int(away.argmin())]
        yield Measured(
            one["mjd"], one["band"], AB_ZERO_MAG_NJY - 2.5 * math.log10(one["flux"]),
            MAG_OF_SHARE * one["fluxErr"] / one["flux"],
        )  # fmt: skip
