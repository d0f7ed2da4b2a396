"""Fast transients and kilonova candidates: explosions that will be gone in a week.

After ZTFReST (Andreoni et al. 2021, ApJ 918, 63; public code at github.com/growth-astro/ztfrest)
and Fink's topic of kilonova candidates by their rate, which selects fadings above 0.3 mag a day.
Fink (fink-filters, filter_rate_based_kn_candidates) asks more that is not asked here: drb above
0.9, a source of a point's shape (classtar above 0.4), first detected less than 5 days ago, detected
fewer than 20 times, 10 degrees off the Galaxy's plane, and at nothing that SIMBAD or SDSS hold for
a star or a quasar. The rising half finds shock cooling, supernovae in their first days and flares.

Many are stars of our own Galaxy: 8 (42 %) of the 19 rapid events were that Li et al. (2023,
arXiv:2305.12974) found in ZTF more than 20 degrees off the plane. A cut in latitude leaves those,
and loses afterglows and kilonovae behind the plane, so there is none; who wants it copies the file.
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
"""From the first detection to this one, as ZTFReST asks: a kilonova is too faint by then. Fink asks
for less than 5 days."""


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
