"""Bright transients that a telescope of 2 m can take a spectrum of.

After ZTF's Bright Transient Survey (Fremling et al. 2020, ApJ 895, 32; Perley et al. 2020, ApJ 904,
35), which classifies everything extragalactic that gets brighter than magnitude 18.5.
"""

from __future__ import annotations

import numpy as np

from filters.alerts import Alerts
from filters.clauses import (
    galactic_latitude_deg,
    is_brighter,
    is_off_asteroids,
    is_off_stars,
    is_real,
    is_seen_again,
)
from filters.curves import positive_fraction
from filters.selection import Clauses, selection

MAGNITUDE_MAX = 18.5
"""To which Perley et al. (2020) are complete, with spectra of telescopes of 1.5 and 2 m."""

AGE_DAYS_MAX = 100
"""Since the first detection: what was variable before is a star or a nucleus."""

LATITUDE_DEG_MIN = 7
"""From the Galaxy's plane, as Perley et al. (2020) ask: nearer are dust, stars and novae."""

POSITIVE_FRACTION_MIN = 0.9
"""Of the detections: a transient adds light, so that fadings speak of a star or a nucleus."""


@selection(topic="bright-transients")
def bright_transients(alerts: Alerts) -> Clauses:
    """Real, brighter than magnitude 18.5, new, off the plane, no known star or asteroid."""
    yield "real", is_real(alerts)
    yield "brighter", is_brighter(alerts)
    yield "bright", alerts.magnitude < MAGNITUDE_MAX
    yield "seen again", is_seen_again(alerts)
    yield "new", alerts.age_days < AGE_DAYS_MAX
    yield "no asteroid", is_off_asteroids(alerts)
    yield "no star", is_off_stars(alerts)
    yield "off the plane", np.abs(galactic_latitude_deg(alerts)) > LATITUDE_DEG_MIN
    share = alerts.derived(positive_fraction(alerts), "positive_fraction")
    yield "never fainter", share >= POSITIVE_FRACTION_MIN
