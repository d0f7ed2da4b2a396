"""Artefacts, for the teams that run the instruments and the image subtraction.

By the real/bogus network alone, which says of what kind an artefact is, after the purpose, not the
recipe, of the surveys' own scores (Duev et al. 2019, MNRAS 489, 3582).
"""

from __future__ import annotations

from functools import reduce

import numpy as np

from filters.alerts import Alerts
from filters.clauses import is_off_asteroids
from filters.selection import Clauses, selection

KINDS = ("bad_subtraction", "cosmic_ray", "bad_pixel", "satellite_trail")
"""The network's labels of artefacts."""

REAL_SCORE_MAX = 0.1
"""Of the chance that it is real, at even odds: who looks for causes wants few false ones."""

KIND_SCORE_MIN = 0.5
"""Of one kind, at even odds: more likely than all others together, so that a cause can be named."""

ASTEROID_RADIUS_ARCSEC = 1.5
"""A known asteroid that was predicted so near is there, whatever the network says."""


@selection(topic="artefacts")
def artefacts(alerts: Alerts) -> Clauses:
    """Hardly real, of one kind of artefact with more than even odds, and no known asteroid."""
    yield "hardly real", alerts.score("realbogus", "real") < REAL_SCORE_MAX
    of_kind = reduce(np.maximum, [alerts.score("realbogus", kind) for kind in KINDS])
    yield "of one kind", of_kind > KIND_SCORE_MIN
    yield "no asteroid", is_off_asteroids(alerts, ASTEROID_RADIUS_ARCSEC)
