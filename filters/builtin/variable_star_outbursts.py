"""Outbursts of variable stars: young stars that accrete, symbiotic and Be stars, giants.

After the star classes of ALeRCE's light-curve classifier (Sanchez-Saez et al. 2021, AJ 161, 141)
and Fink's topics of young stellar objects; unlike a pulsation or an eclipse, an outburst lies on
one side of the template.
"""

from __future__ import annotations

from filters.alerts import Alerts
from filters.clauses import brightening_mag, is_brighter, is_off_asteroids, is_on_star, is_real
from filters.curves import detections_within, positive_fraction
from filters.selection import Clauses, selection

BRIGHTENING_MAG_MIN = 0.75
"""Twice the light of the template."""

POSITIVE_FRACTION_MIN = 0.9
"""Of the detections: what swings about its mean has as many fadings as brightenings."""

DETECTIONS_MIN, DETECTIONS_DAYS = 3, 30
"""So many in a ZTF packet's history: a flare of minutes, as of a red dwarf, has one."""


@selection(topic="variable-star-outbursts")
def variable_star_outbursts(alerts: Alerts) -> Clauses:
    """Real, on a star, at twice its light or more, seen so three times in a month.

    Cataclysmic variables pass, too. Unknown where the survey sends no star catalogue (Rubin) or
    the template names no source.
    """
    yield "real", is_real(alerts)
    yield "brighter", is_brighter(alerts)
    yield "no asteroid", is_off_asteroids(alerts)
    yield "on a star", is_on_star(alerts)
    yield "twice its light", brightening_mag(alerts) > BRIGHTENING_MAG_MIN
    seen = alerts.derived(detections_within(alerts, DETECTIONS_DAYS), "detections_within(30)")
    yield "lasting", seen >= DETECTIONS_MIN
    share = alerts.derived(positive_fraction(alerts), "positive_fraction")
    yield "one-sided", share >= POSITIVE_FRACTION_MIN
