"""Known solar-system objects: positions and magnitudes for those who follow orbits.

As the solar-system topics of Fink (Moeller et al. 2021, MNRAS 501, 3272) do, it trusts the survey's
own match with the Minor Planet Center's ephemerides.
"""

from __future__ import annotations

from filters.alerts import Alerts
from filters.clauses import is_brighter, is_off_stars
from filters.selection import Clauses, selection

RADIUS_ARCSEC = 1.5
"""About one and a half of ZTF's pixels: a chance neighbour is rare at this distance."""


@selection(topic="solar-system")
def solar_system(alerts: Alerts) -> Clauses:
    """A known asteroid or comet was predicted within 1.5 arcsec, and light was added, not lost.

    No real/bogus score is asked: the prediction is the better evidence. An object in front of a
    star is left out, as its brightness would be the star's too.
    """
    yield "predicted here", alerts.asteroid_distance_arcsec < RADIUS_ARCSEC
    yield "brighter", is_brighter(alerts)
    yield "no star", is_off_stars(alerts)
