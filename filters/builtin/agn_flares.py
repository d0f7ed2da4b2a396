"""Flares of active galactic nuclei, for those who follow black holes that wake up.

After the search for major flares by Graham et al. (2017, MNRAS 470, 4112). Nuclei that change their
look are not singled out: Verrico et al. (2026, arXiv:2604.12109) ask of those a change of more than
0.4 mag in g and of more than 0.2 mag in g - r, to either side, and find 9.6 % of the known ones so.
"""

from __future__ import annotations

from filters.alerts import Alerts
from filters.clauses import (
    brightening_mag,
    either,
    is_brighter,
    is_off_asteroids,
    is_on_galaxy,
    is_real,
    probability,
)
from filters.selection import Clauses, selection
from schemas.prior import Named

NUCLEUS_RADIUS_ARCSEC = 1.0
"""From the galaxy in the catalogue: an active nucleus moves a galaxy's centre in a difference."""

LABELS = {"lightcurve": ("AGN",)}
"""Of Rubin's network; ZTF's has learnt too few real nuclei to be asked, 16."""

PRIOR: Named = "even"
"""Whatever prior the stream is published at: the natural one counts objects, and a nucleus sends
alerts for as long as one looks."""

PROBABILITY_MIN = 0.5
"""More likely than all thirteen other classes together, at even odds."""

AGE_DAYS_MIN = 100
"""Since the first detection: a supernova at a galaxy's centre is gone, or fading, by then."""

BRIGHTENING_MAG_MIN = 0.4
"""Above the template, host galaxy included. This cut is ours: the number is that of Verrico et al.
(2026) in g, but here it is asked in any band, of brightenings alone, and without their colour."""


@selection(topic="agn-flares")
def agn_flares(alerts: Alerts) -> Clauses:
    """Real, at a nucleus that has varied for 100 days, and 0.4 mag brighter than the template.

    A nucleus is a galaxy within 1 arcsec, or what Rubin's light-curve network holds for one.
    Quasars, which no catalogue of shapes tells from stars, are refused: name them in a watchlist
    of yours. Unknown where the template names no source.
    """
    yield "real", is_real(alerts)
    yield "brighter", is_brighter(alerts)
    yield "no asteroid", is_off_asteroids(alerts)
    yield (
        "nucleus",
        either(
            alerts,
            on_galaxy=lambda asked: is_on_galaxy(asked, NUCLEUS_RADIUS_ARCSEC),
            by_light_curve=lambda asked: probability(asked, LABELS, PRIOR) > PROBABILITY_MIN,
        ),
    )
    yield "active before", alerts.age_days > AGE_DAYS_MIN
    yield "flaring", brightening_mag(alerts) > BRIGHTENING_MAG_MIN
