"""Fast risers: explosions in their first days, flares, and whatever else cannot wait."""

from __future__ import annotations

from filters.alerts import Alerts
from filters.clauses import is_off_asteroids, is_off_stars, is_real
from filters.curves import rise_mag_per_day
from filters.selection import Clauses, selection

RISE_MAG_PER_DAY_MIN = 0.3
"""Flux that grows as the square of the time t since explosion, as an expanding fireball's does
(Riess et al. 1999), rises by 5 / (ln 10 t) = 2.17 / t magnitudes a day: this is t < 7 days."""

ASTEROID_RADIUS_ARCSEC = 5
"""As for young supernovae: an asteroid in front of a galaxy rises fast too."""


@selection(topic="fast-risers")
def fast_risers(alerts: Alerts) -> Clauses:
    """Real, and risen by 0.3 mag a day or more in one band, over half a day to five days.

    The comparison is the last earlier epoch of the same band in that span: its detection, or its
    limiting magnitude, which makes the rise a lower bound. Without one the alert is unknown.
    """
    yield "real", is_real(alerts)
    yield "brighter", alerts.flux_njy > 0
    yield "rising fast", alerts.derived(rise_mag_per_day(alerts)) > RISE_MAG_PER_DAY_MIN
    yield "no asteroid", is_off_asteroids(alerts, ASTEROID_RADIUS_ARCSEC)
    yield "no star", is_off_stars(alerts)
