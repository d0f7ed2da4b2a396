"""One alert of each common kind, as a test would draw it; each value may be given anew.

They are drawn from no survey: round numbers that such an alert might well have, in ZTF's system.
"""

from __future__ import annotations

import math
from typing import Any

from filters.handmade import Epoch
from gueststar.testing.builders import alerts, light_curve
from schemas.batch import AlertBatch

PERIOD_DAYS = 0.55
"""Of the variable star: an RR Lyrae of type ab."""


def real_alert(**given: Any) -> AlertBatch:  # noqa: ANN401 - any column
    """A real source in an empty field, seen for the second time, two days after the first."""
    curve = light_curve([(-2, "r", 19.6), (0, "r", 19.4)], limits=[(-5, "r", 20.6)])
    return _alert(_REAL, given, curve)


def supernova(**given: Any) -> AlertBatch:  # noqa: ANN401 - any column
    """A young type Ia beside its galaxy, rising for six days."""
    points = [(-6, "g", 20.4), (-4, "r", 20.0), (-3, "g", 19.7), (-1, "r", 19.2), (0, "g", 18.9)]
    limits = [(-12, "g", 20.7), (-9, "r", 20.6), (-8, "g", 20.8)]
    columns = {
        "object_id": "supernova",
        "band": "g",
        "magnitude": 18.9,
        "magnitude_err": 0.06,
        "age_days": 6.0,
        "detections": 5,
        "star_distance_arcsec": 3.2,
        "star_galaxy_score": 0.04,
        "supernova": {"SNIa": 0.7, "star": 0.1},
    }
    return _alert(_REAL | columns, given, light_curve(points, limits=limits))


def asteroid(**given: Any) -> AlertBatch:  # noqa: ANN401 - any column
    """A known asteroid, half an arcsecond from where it was predicted, seen here once."""
    columns = {
        "object_id": "asteroid",
        "magnitude": 18.6,
        "age_days": 0.0,
        "detections": 1,
        "asteroid_distance_arcsec": 0.5,
        "elongation": 1.3,
    }
    curve = light_curve([(0, "r", 18.6)], limits=[(-4, "r", 20.6), (-2, "g", 20.7)])
    return _alert(_REAL | columns, given, curve)


def variable_star(**given: Any) -> AlertBatch:  # noqa: ANN401 - any column
    """A pulsating star that has been seen for years, now brighter than in the template."""
    columns = {
        "object_id": "variable-star",
        "magnitude": 17.3,
        "age_days": 1200.0,
        "detections": 240,
        "star_distance_arcsec": 0.1,
        "star_galaxy_score": 0.98,
        "template_flux_njy": 600_000.0,
        "supernova": {"star": 0.97},
    }
    return _alert(_REAL | columns, given, _pulsating())


def artefact(**given: Any) -> AlertBatch:  # noqa: ANN401 - any column
    """A bad subtraction at a bright star: no light of any source."""
    columns = {
        "object_id": "artefact",
        "magnitude": 18.1,
        "age_days": 0.0,
        "detections": 1,
        "star_distance_arcsec": 0.6,
        "star_galaxy_score": 0.99,
        "survey_real_score": 0.03,
        "fwhm_pixels": 1.1,
        "elongation": 2.4,
        "realbogus": {"real": 0.02, "bad_subtraction": 0.9},
    }
    return _alert(_REAL | columns, given, light_curve([(0, "r", 18.1)]))


_REAL = {
    "object_id": "real-alert",
    "ra_deg": 150.1,
    "dec_deg": 2.2,
    "band": "r",
    "photometric_system": "ztf",
    "magnitude": 19.4,
    "magnitude_err": 0.08,
    "limit_mag": 20.6,
    "age_days": 2.0,
    "detections": 2,
    "star_distance_arcsec": math.inf,
    "asteroid_distance_arcsec": math.inf,
    "survey_real_score": 0.98,
    "fwhm_pixels": 2.1,
    "elongation": 1.1,
    "realbogus": {"real": 0.97},
}


def _alert(columns: dict[str, Any], given: dict[str, Any], curve: list[Epoch]) -> AlertBatch:
    """The alert, altered; a new magnitude or flux replaces the old one and what follows of it."""
    kept = dict(columns)
    if "flux_njy" in given:
        del kept["magnitude"]
    if "flux_err_njy" in given:
        del kept["magnitude_err"]
    return alerts(**{"light_curve": curve, **kept, **given})


def _pulsating() -> list[Epoch]:
    """Thirty days of a sine in r, a point every other night: brighter and fainter in turn."""
    found = []
    for night in range(-30, 1, 2):
        phase = math.sin(2 * math.pi * night / PERIOD_DAYS + 1.2)
        (epoch,) = light_curve([(night, "r", 17.3, 0.03)])
        found.append(epoch._replace(flux_njy=epoch.flux_njy * phase if night else epoch.flux_njy))
    return found
