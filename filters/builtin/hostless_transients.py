"""Hostless transients: explosions where no galaxy is seen, many of them superluminous.

After ELEPHANT (Pessi et al. 2024, A&A 691, A181), which looks for a host in the stamps and finds
under 2 % of transients without one; here the survey's own catalogue is asked.
"""

from __future__ import annotations

import numpy as np

from filters.alerts import Alerts
from filters.clauses import (
    galactic_latitude_deg,
    is_brighter,
    is_off_asteroids,
    is_real,
    is_seen_again,
)
from filters.curves import positive_fraction
from filters.selection import Clauses, selection

HOST_RADIUS_ARCSEC = 5
"""Within which no source may be: 13 kpc at a redshift of 0.15, where a type Ia supernova has ZTF's
20th magnitude at its brightest; a Milky Way's light ends there."""

AGE_DAYS_MAX = 200
"""A superluminous supernova is seen for half a year; older is a faint star or quasar."""

LATITUDE_DEG_MIN = 10
"""From the Galaxy's plane: nearly half of the cataclysmic variables, which have no source in the
catalogue when they are faint at rest, lie nearer (Szkody et al. 2020, AJ 159, 198)."""


@selection(topic="hostless-transients")
def hostless_transients(alerts: Alerts) -> Clauses:
    """Real, never fainter, first seen less than 200 days ago, no source within 5 arcsec.

    Unknown where the survey sends no catalogue (Rubin). A dwarf nova far from the plane whose
    star is too faint for the catalogue passes.
    """
    yield "real", is_real(alerts)
    yield "brighter", is_brighter(alerts)
    yield "seen again", is_seen_again(alerts)
    yield "no asteroid", is_off_asteroids(alerts)
    yield "no source near", alerts.star_distance_arcsec > HOST_RADIUS_ARCSEC
    yield "off the plane", np.abs(galactic_latitude_deg(alerts)) > LATITUDE_DEG_MIN
    yield "recent", alerts.age_days < AGE_DAYS_MAX
    yield "never fainter", alerts.derived(positive_fraction(alerts), "positive_fraction") == 1
