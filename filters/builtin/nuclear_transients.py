"""Nuclear transients: candidates for stars torn apart by black holes (tidal disruption events).

After the searches in ZTF of van Velzen et al. (2021, ApJ 908, 4) and Dgany et al. (2023, ApJ 957,
57): a new, blue flare at a galaxy's centre. The latter found 95 % of the classified new nuclear
risers to be supernovae (95.1 % of 223), and that asking for blue ones nearly doubles the share of
disruptions (2.2 to 4.1 %) and loses none: what this selects wants a spectrum, too. They also found
that the offset from the host does not tell disruptions from the others in ZTF's data.
"""

from __future__ import annotations

from filters.alerts import Alerts
from filters.clauses import is_brighter, is_off_asteroids, is_on_galaxy, is_real, is_seen_again
from filters.curves import colour, positive_fraction
from filters.dust import is_told_from_dust, reddening_mag
from filters.selection import Clauses, selection

NUCLEUS_RADIUS_ARCSEC = 0.8
"""From the galaxy in the catalogue. This cut is ours: ZTF places one detection at the faint end to
0.3 arcsec or so, and Pan-STARRS the middle of a resolved galaxy not much better. It lets supernovae
near a centre pass, and loses disruptions that are placed beside it."""

COLOUR_MAX = 0.2
"""g - r without our Galaxy's dust: a black body of 10,000 K, than which disruptions are hotter (van
Velzen et al. 2021), has 0.0; the rest is for the host's dust, and errors."""

POSITIVE_FRACTION_MIN = 0.9
"""Of the detections: an active nucleus, which was at times brighter in the template, has fadings.
Fink's early disruptions may have one in a packet (Llamas Lanza et al. 2025, arXiv:2507.17499)."""

AGE_DAYS_MAX = 365
"""A disruption fades within the year; what was detected before is an active nucleus."""


@selection(topic="nuclear-transients")
def nuclear_transients(alerts: Alerts) -> Clauses:
    """Real, within 0.8 arcsec of a galaxy, blue, detected for less than a year, never fainter.

    Blue is what is left when our Galaxy's dust is taken off; what is not blue as seen, and behind
    so much dust that the map is too rough for it, is refused as not told from dust. Unknown where
    the survey sends no catalogue of galaxies (Rubin), or there were no detections in g and r within
    a day of each other.
    """
    yield "real", is_real(alerts)
    yield "brighter", is_brighter(alerts)
    yield "seen again", is_seen_again(alerts)
    yield "no asteroid", is_off_asteroids(alerts)
    yield "nuclear", is_on_galaxy(alerts, NUCLEUS_RADIUS_ARCSEC)
    yield "new", alerts.age_days < AGE_DAYS_MAX
    share = alerts.derived(positive_fraction(alerts), "positive_fraction")
    yield "never fainter", share >= POSITIVE_FRACTION_MIN
    seen = alerts.derived(colour(alerts, "g", "r"), "colour g - r")
    yield "told from dust", is_told_from_dust(alerts, seen, COLOUR_MAX)
    blue = alerts.derived(seen - reddening_mag(alerts, "g", "r"), "dereddened_colour g - r")
    yield "blue", blue < COLOUR_MAX
