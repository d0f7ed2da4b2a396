"""A few dozen alerts of all kinds, drawn at random: what a filter may meet on a night."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from filters.handmade import Epoch, handmade
from gueststar.testing.builders import LABELS, MJD
from schemas.batch import AlertBatch
from schemas.columns import BANDS, CODE, CODES, COLUMNS, COUNT, NOTHING_NEAR, NUMBER, Column
from schemas.nights import dates
from schemas.photometry import ab_magnitude, unix_s

ALERTS = 120
MISSING = 0.15
"""How often a value was not measured."""
NOTHING = 0.3
"""How often nothing was found nearby."""
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
        "flux_njy": flux,
        "magnitude": ab_magnitude(flux),
        "ra_deg": random.uniform(0, 360, count),
        "dec_deg": np.degrees(np.arcsin(random.uniform(-1, 1, count))),
    }
    columns |= {
        name: _drawn(random, count, column)
        for name, column in COLUMNS.items()
        if name not in columns and column.kind in {NUMBER, COUNT, CODE}
    }
    return handmade(
        rows=count,
        light_curve=[_history(random, *row) for row in zip(mjd, flux, strict=True)],
        scores={name: _chances(random, count, labels) for name, labels in LABELS.items()},
        **columns,
    )


def _drawn(random: np.random.Generator, count: int, column: Column) -> NDArray[Any]:
    """Values of a column, drawn evenly where most of its lie, some of them missing."""
    if column.kind is CODE:
        return random.integers(-1, len(CODES[column.name]), count)
    low, high = column.about.between
    if column.kind is COUNT:
        return random.integers(int(low), int(high), count)
    values = random.uniform(low, high, count)
    if column.about.missing is NOTHING_NEAR:
        values[random.random(count) < NOTHING] = np.inf
    values[random.random(count) < MISSING] = np.nan
    return values


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
