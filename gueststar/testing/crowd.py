"""A few dozen alerts of all kinds, drawn at random: what a filter may meet on a night."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from filters.handmade import Epoch, handmade
from gueststar.testing.builders import LABELS, MJD
from schemas.batch import BANDS, COLUMNS, SYSTEMS, AlertBatch
from schemas.nights import dates
from schemas.photometry import ab_magnitude, unix_s

ALERTS = 120
MISSING = 0.15
"""How often a value was not measured."""
POINTS_MAX = 12
AGE_DAYS_MAX = 40.0


def crowd(count: int = ALERTS, *, seed: int = 0) -> AlertBatch:
    """That many alerts: every column with values missing here and there, with histories and scores.

    The same seed gives the same alerts. They have no stamps.
    """
    random = np.random.default_rng(seed)
    flux = random.lognormal(8.5, 1.5, count) * random.choice([1, 1, 1, -1], count)
    mjd = MJD + random.uniform(0, 1, count)
    columns: dict[str, Any] = {
        "object_id": [f"crowd-{row}" for row in range(count)],
        "mjd": mjd,
        "exposed_unix_s": unix_s(mjd),
        "night": dates(mjd),
        "mjd_utc_mid": mjd,
        "programid": random.integers(1, 4, count),
        "programid_max": random.integers(1, 4, count),
        "band": random.integers(-1, len(BANDS), count),
        "photometric_system": random.integers(-1, len(SYSTEMS), count),
        "flux_njy": flux,
        "magnitude": ab_magnitude(flux),
        "detections": random.integers(1, 60, count),
        "ra_deg": random.uniform(0, 360, count),
        "dec_deg": np.degrees(np.arcsin(random.uniform(-1, 1, count))),
    }
    columns |= {name: draw(random, count) for name, draw in _DRAWN.items()}
    assert columns.keys() | {"survey", "alert_id"} == COLUMNS
    return handmade(
        rows=count,
        light_curve=[_history(random, *row) for row in zip(mjd, flux, strict=True)],
        scores={name: _chances(random, count, labels) for name, labels in LABELS.items()},
        **columns,
    )


def _between(low: float, high: float) -> Any:  # noqa: ANN401 - a function of a generator
    """Drawn evenly, some of them missing."""

    def draw(random: np.random.Generator, count: int) -> NDArray[np.float64]:
        values = random.uniform(low, high, count)
        values[random.random(count) < MISSING] = np.nan
        return values

    return draw


def _distance(random: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Arcseconds; some looked and found none, some did not look."""
    values = random.exponential(5.0, count)
    kind = random.random(count)
    values[kind < 0.3] = np.inf
    values[kind > 1 - MISSING] = np.nan
    return values


_DRAWN = {
    "flux_err_njy": _between(50.0, 2_000.0),
    "magnitude_err": _between(0.02, 0.3),
    "limit_mag": _between(18.0, 24.0),
    "age_days": _between(0.0, AGE_DAYS_MAX),
    "history_age_days": _between(0.0, AGE_DAYS_MAX),
    "star_distance_arcsec": _distance,
    "star_galaxy_score": _between(0.0, 1.0),
    "asteroid_distance_arcsec": _distance,
    "survey_real_score": _between(0.0, 1.0),
    "fwhm_pixels": _between(1.0, 6.0),
    "elongation": _between(1.0, 3.0),
    "template_flux_njy": _between(1e3, 1e6),
    "host_photoz": _between(0.01, 1.0),
    "host_photoz_err": _between(0.01, 0.2),
    "distance_modulus": _between(33.0, 44.0),
}


def _history(random: np.random.Generator, mjd: float, flux: float) -> list[Epoch]:
    """Points of the days before, the alert's own last."""
    count = int(random.integers(0, POINTS_MAX))
    before = np.sort(mjd - random.uniform(0.01, AGE_DAYS_MAX, count))
    points = [_point(random, float(time), flux) for time in before]
    return [*points, Epoch(mjd, "r", flux, abs(flux) / 10)]


def _point(random: np.random.Generator, mjd: float, flux: float) -> Epoch:
    band = BANDS[int(random.integers(0, len(BANDS)))]
    if random.random() < 0.4:
        return Epoch(mjd, band, limit_mag=float(random.uniform(19, 23)))
    return Epoch(mjd, band, flux * float(random.uniform(0.2, 1.2)), abs(flux) / 10)


def _chances(
    random: np.random.Generator, count: int, labels: tuple[str, ...]
) -> dict[str, list[float]]:
    """Probabilities that sum to one; some alerts are declined."""
    chances = random.dirichlet(np.full(len(labels), 0.5), count)
    chances[random.random(count) < MISSING] = np.nan
    return dict(zip(labels, chances.T.tolist(), strict=True))
