"""Type Ia supernova candidates, by the light-curve networks: for cosmology and for rates.

After Fink's topic of supernova candidates (Moeller et al. 2021, MNRAS 501, 3272): a classifier
above one half, a history of at most 90 days, more than one detection. The prior is ours: that of
the alerts which the clauses before the last let pass.
"""

from __future__ import annotations

from filters.alerts import Alerts
from filters.clauses import (
    is_brighter,
    is_off_asteroids,
    is_off_stars,
    is_real,
    is_seen_again,
    probability,
)
from filters.selection import Clauses, selection
from schemas.natural import NATURAL, SUPERNOVAE
from schemas.prior import rescaled

LABELS = {"supernova": ("SNIa",), "lightcurve": ("SNIa", "SNIa-91bg", "SNIax")}
"""Of ZTF's network, whose type Ia has all kinds, and of Rubin's, which tells three apart."""

SUPERNOVAE_SHARE = 0.5
"""Of the alerts which the other clauses let pass, new and off stars: more than of a stream's. Of
142 real objects at hand that young_supernovae selects, which asks the same but for the age, 44 have
a label, and 33 of these are supernovae; of the other 98 nobody has said. So a half is a guess,
and was tried on these objects before it was set. Little hangs on it: out of fold, shares of 0.3 to
0.9 find 92 to 95 % of type Ia, at purities that differ by a hundredth."""

PRIORS = {"supernova": rescaled(NATURAL["supernova"].shares, SUPERNOVAE, SUPERNOVAE_SHARE)}
"""The types among themselves as ZTF's Bright Transient Survey has them; of Rubin's network the
natural one."""

PROBABILITY_MIN = 0.5
"""More likely than all else together, at that prior."""

AGE_DAYS_MAX = 90
"""As Fink asks: 70 days after maximum a type Ia is four magnitudes fainter, and rarely seen."""


@selection(topic="type-ia-supernovae")
def type_ia_supernovae(alerts: Alerts) -> Clauses:
    """Real, brighter, first seen less than 90 days ago, and more likely type Ia than all else.

    The probability is that of the network that was taught this survey's light curves, at a prior
    by which half of the alerts so far are supernovae (Rubin's: its natural one), whatever prior
    the stream is published at. An alert that both declined, as with one detection only, is unknown.
    """
    yield "real", is_real(alerts)
    yield "brighter", is_brighter(alerts)
    yield "seen again", is_seen_again(alerts)
    yield "recent", alerts.age_days < AGE_DAYS_MAX
    yield "no asteroid", is_off_asteroids(alerts)
    yield "no star", is_off_stars(alerts)
    yield "type Ia", probability(alerts, LABELS, PRIORS) > PROBABILITY_MIN
