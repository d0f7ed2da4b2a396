"""Young supernova candidates: what a spectrograph should look at tonight."""

from __future__ import annotations

from filters.alerts import Alerts
from filters.clauses import is_off_asteroids, is_off_stars, is_real
from filters.selection import Clauses, selection

AGE_DAYS_MAX = 20
"""A type Ia supernova takes about 18 days from explosion to maximum light (Riess et al. 1999)."""

AGE_DAYS_MIN = 0.02
"""Half an hour: at 2 arcsec an hour and more, a main-belt asteroid is elsewhere by then."""

ASTEROID_RADIUS_ARCSEC = 5
"""Ephemerides of numbered asteroids are good to an arcsecond; the rest is for the others."""


@selection(topic="young-supernovae")
def young_supernovae(alerts: Alerts) -> Clauses:
    """Real, brighter than before, first seen less than 20 days ago, no known star or asteroid.

    Works on surveys that send no star catalogue or asteroid distance (Rubin): what was not
    looked for is not held against an alert. It lets active galaxies that woke up lately pass.
    """
    yield "real", is_real(alerts)
    yield "brighter", alerts.flux_njy > 0
    yield "seen again", alerts.age_days > AGE_DAYS_MIN
    yield "young", alerts.age_days < AGE_DAYS_MAX
    yield "no asteroid", is_off_asteroids(alerts, ASTEROID_RADIUS_ARCSEC)
    yield "no star", is_off_stars(alerts)
