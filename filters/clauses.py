"""Questions that more than one filter asks, so that they are asked in the same way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Alerts

REAL_SCORE_MIN = 0.65
"""Of the real/bogus network: a wrong alert costs a person's time, a lost one comes again."""

STAR_RADIUS_ARCSEC = 1.5
"""A source nearer than this is the alert's own: three quarters of ZTF's seeing."""

STAR_SCORE_MIN = 0.5
"""From here the catalogue's source is rather a star than a galaxy (Tachibana & Miller 2018)."""


def is_real(alerts: Alerts) -> NDArray[np.bool_]:
    """The network holds it for real; where it declined, it does not pass and is unknown."""
    return alerts.score("realbogus", "real") > REAL_SCORE_MIN


def is_off_stars(alerts: Alerts) -> NDArray[np.bool_]:
    """No known star lies under it. It passes where the survey sends no star catalogue (Rubin)."""
    near = alerts.star_distance_arcsec < STAR_RADIUS_ARCSEC
    return ~(near & (alerts.star_galaxy_score > STAR_SCORE_MIN))


def is_off_asteroids(alerts: Alerts, radius_arcsec: float) -> NDArray[np.bool_]:
    """No known asteroid was predicted within the radius, or the survey did not look."""
    return ~(alerts.asteroid_distance_arcsec < radius_arcsec)
