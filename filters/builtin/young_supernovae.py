"""Young supernova candidates: what a spectrograph should look at tonight.

After the public filters for early supernovae of ALeRCE (Foerster et al. 2021, AJ 161, 242) and Fink
(Moeller et al. 2021, MNRAS 501, 3272), which ask for a real, new source off stars and asteroids.
"""

from __future__ import annotations

from filters.alerts import Alerts
from filters.clauses import is_brighter, is_off_asteroids, is_off_stars, is_real, is_seen_again
from filters.selection import Clauses, selection

AGE_DAYS_MAX = 20
"""One rise of a type Ia supernova: with an ordinary one's decline (1.1 mag in 15 days) it takes
19.5 +- 0.2 days from explosion to maximum in B (Riess et al. 1999, AJ 118, 2675). As it is detected
some days after it explodes, those that pass last are past their maximum."""


@selection(topic="young-supernovae")
def young_supernovae(alerts: Alerts) -> Clauses:
    """Real, brighter than before, first seen less than 20 days ago, no known star or asteroid.

    Works on surveys that send no star catalogue or asteroid distance (Rubin): what was not
    looked for is not held against an alert. It lets active galaxies that woke up lately pass.
    """
    yield "real", is_real(alerts)
    yield "brighter", is_brighter(alerts)
    yield "seen again", is_seen_again(alerts)
    yield "young", alerts.age_days < AGE_DAYS_MAX
    yield "no asteroid", is_off_asteroids(alerts)
    yield "no star", is_off_stars(alerts)
