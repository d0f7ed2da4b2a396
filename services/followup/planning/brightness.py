"""How bright an object is going to be: as the stage `phase` foretells it, else at a constant rate.

`phase` gives magnitudes in g and r one day and three days after an alert, and when the peak is.
From point to point it is a straight line; after the third day what faded goes on as it did, and
what rose does so until its peak. Other bands are taken for the nearer of these two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from schemas.batch import AlertBatch
from schemas.columns import BANDS
from services.followup.planning.ephemeris import DAY_S, Floats

STAGE: Final = "phase"
STANDS_FOR: Final = {"u": "g", "g": "g"}
"""r for every other."""
SOON_D, LATER_D = 1.0, 3.0


@dataclass(frozen=True)
class Course:
    """Magnitudes from an alert on."""

    begin_unix_s: float
    points: tuple[tuple[float, ...], ...]
    """Days since, rising, and magnitudes."""
    fades_mag_per_day: float
    """After the last of them; above 0 is fainter."""

    def at(self, unix_s: Floats) -> Floats:
        """Magnitudes at these times."""
        days, known = (np.array(each, np.float64) for each in zip(*self.points, strict=True))
        since = (unix_s - self.begin_unix_s) / DAY_S
        beyond = np.maximum(since - days[-1], 0.0)
        found: Floats = np.interp(since, days, known) + self.fades_mag_per_day * beyond
        return found


def foretold(
    batch: AlertBatch, band: str
) -> Mapping[int, tuple[tuple[tuple[float, float], ...], float]]:
    """By row what `phase` says of a band: days after the alert and magnitudes, and the rate behind.

    Rows of which it says nothing are not in it.
    """
    learned, near = batch.learned.get(STAGE), STANDS_FOR.get(band, "r")
    names = (f"mag_{near}_in_1d", f"mag_{near}_in_3d", "days_to_peak", f"peak_mag_{near}")
    if learned is None or not {*names} <= {*learned.columns}:
        return {}
    said = np.stack([learned.column(name) for name in names], axis=1).astype(np.float64)
    rows = np.flatnonzero(np.isfinite(said[:, :2]).all(axis=1)).tolist()
    # What the alert measured is of its own band.
    own = np.where(batch.band == BANDS.index(near), batch.magnitude, np.nan)
    return {row: _course(float(own[row]), *said[row].tolist()) for row in rows}


def _course(
    now: float, soon: float, later: float, to_peak: float, peak: float
) -> tuple[tuple[tuple[float, float], ...], float]:
    points = [(0.0, now)] if np.isfinite(now) else []
    points += [(SOON_D, soon), (LATER_D, later)]
    fades = (later - soon) / (LATER_D - SOON_D)
    if fades < 0:
        fades = 0.0
        if to_peak > LATER_D and np.isfinite(peak):
            points.append((to_peak, min(peak, later)))
    return (*points,), fades
