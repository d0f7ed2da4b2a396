"""Cataclysmic outbursts: dwarf novae and novae, by how far above its star a source stands.

After the search for cataclysmic variables in ZTF's first year by amplitude, time and colour
(Szkody et al. 2020, AJ 159, 198).
"""

from __future__ import annotations

from filters.alerts import Alerts
from filters.clauses import brightening_mag, is_brighter, is_off_asteroids, is_on_star, is_real
from filters.curves import amplitude_mag, colour, days_since_dark
from filters.dust import is_told_from_dust, reddening_mag
from filters.selection import Clauses, selection

BRIGHTENING_MAG_MIN = 2.0
"""Dwarf novae brighten by two to five magnitudes (Warner 1995, Cataclysmic Variable Stars); most
pulsating stars but Miras by less than one."""

COLOUR_MAX = 0.6
"""g - r of the outburst without our Galaxy's dust: a disc in outburst is white, a Mira is redder
than 1. All dust of the line of sight is taken off, though a star stands before some of it: what is
red all the same is red, and where it is thick, what is seen red is not told from dust."""

CHANGE_MAG_MIN = 1.0
"""Within the packet's month, in the alert's band: a Mira takes half a year for its rise."""

DARK_DAYS_MAX = 15
"""Since nothing was seen there: longer than dwarf novae's outbursts of days to two weeks."""


@selection(topic="cataclysmic-outbursts")
def cataclysmic_outbursts(alerts: Alerts) -> Clauses:
    """Real, on a star, two magnitudes or more above it, of late only, and not red.

    Red is what is red without our Galaxy's dust; what is seen red behind so much of it that the map
    is too rough is refused as not told from dust. A colour that was not measured is not held
    against it. Unknown where the survey sends no star catalogue (Rubin) or the template names no
    source; a star that is too faint for the catalogue is refused, and stands among the hostless or
    the fast transients.
    """
    yield "real", is_real(alerts)
    yield "brighter", is_brighter(alerts)
    yield "no asteroid", is_off_asteroids(alerts)
    yield "on a star", is_on_star(alerts)
    yield "far above it", brightening_mag(alerts) > BRIGHTENING_MAG_MIN
    change = alerts.derived(amplitude_mag(alerts), "amplitude_mag") > CHANGE_MAG_MIN
    yield "of late", change | (days_since_dark(alerts) < DARK_DAYS_MAX)
    seen = alerts.derived(colour(alerts, "g", "r"), "colour g - r")
    yield "told from dust", is_told_from_dust(alerts, seen, COLOUR_MAX)
    red = alerts.derived(seen - reddening_mag(alerts, "g", "r"), "dereddened_colour g - r")
    yield "not red", ~(red > COLOUR_MAX)
