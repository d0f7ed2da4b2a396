"""Infant supernovae: days old at most, while the star's last wind still shines.

After ZTF's programme of infant supernovae (Gal-Yam 2019; Bruch et al. 2021, ApJ 912, 46; 2023, ApJ
952, 119), which asks that a field was seen empty shortly before.
"""

from __future__ import annotations

from filters.alerts import Alerts
from filters.clauses import is_brighter, is_off_asteroids, is_off_stars, is_real, is_seen_again
from filters.curves import days_since_dark
from filters.selection import Clauses, selection

DARK_DAYS_MAX = 3.0
"""Since the place was seen without the source: ZTF's public survey comes back after three nights
(Bellm et al. 2019, PASP 131, 068003), and what Bruch et al. look for is gone within a week."""

DEEPER_MAG_MIN = 0.5
"""By which that limit is fainter than the first detection: a source at a five-sigma limit is
missed half of the time."""


@selection(topic="infant-supernovae")
def infant_supernovae(alerts: Alerts) -> Clauses:
    """Real, seen twice, and shown by a deep limit not to have been there three days ago.

    The limit is a non-detection of any band in the packet, or forced photometry without a
    detection, before the first detection and half a magnitude fainter. Unknown without one: for
    Rubin, whose first packets hold no forced photometry, until the second night.
    """
    yield "real", is_real(alerts)
    yield "brighter", is_brighter(alerts)
    yield "seen again", is_seen_again(alerts)
    yield "young", alerts.age_days < DARK_DAYS_MAX
    yield "no asteroid", is_off_asteroids(alerts)
    yield "no star", is_off_stars(alerts)
    dark = alerts.derived(days_since_dark(alerts, DEEPER_MAG_MIN), "days_since_dark")
    yield "dark before", dark < DARK_DAYS_MAX
