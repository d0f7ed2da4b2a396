"""Fast transients and kilonova candidates: explosions that will be gone in a week.

After ZTFReST (Andreoni et al. 2021, ApJ 918, 63; public code at github.com/growth-astro/ztfrest)
and Fink's topic of kilonova candidates by their rate, which selects fadings above 0.3 mag a day.
The rising half finds shock cooling, supernovae in their first days and flares as well.
"""

from __future__ import annotations

import numpy as np

from filters.alerts import Alerts
from filters.clauses import is_brighter, is_off_asteroids, is_off_stars, is_real, is_seen_again
from filters.curves import fade_mag_per_day, rise_mag_per_day
from filters.selection import Clauses, selection

SPEED_MAG_PER_DAY_MIN = 0.3
"""Of a fading: Andreoni et al. (2021), as type Ia supernovae fade by 0.1 at most. Of a rise: flux
that grows as the square of the time t since explosion, as an expanding fireball's does (Riess et
al. 1999, AJ 118, 2675), rises by 5 / (ln 10 t) = 2.17 / t magnitudes a day: this is t < 7 days."""

AGE_DAYS_MAX = 14
"""From the first detection to this one, as ZTFReST asks: a kilonova is too faint by then."""


@selection(topic="fast-transients")
def fast_transients(alerts: Alerts) -> Clauses:
    """Real, new, and rising or fading by 0.3 mag a day or more in one band.

    A rise is taken from the last earlier epoch of the band, half a day to five days back: its
    detection, or its limiting magnitude, which makes the rise a lower bound. A fading is taken
    from the band's brightest detection, half a day back or more. An alert with neither is unknown.
    """
    yield "real", is_real(alerts)
    yield "brighter", is_brighter(alerts)
    yield "seen again", is_seen_again(alerts)
    yield "short", alerts.age_days < AGE_DAYS_MAX
    speed = np.fmax(rise_mag_per_day(alerts), fade_mag_per_day(alerts))
    yield "fast", alerts.derived(speed, "mag_per_day") > SPEED_MAG_PER_DAY_MIN
    yield "no asteroid", is_off_asteroids(alerts)
    yield "no star", is_off_stars(alerts)
