"""One light curve and what a network says of it while its points arrive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.observations import layout
from classifiers.observations.rows import rows
from schemas.light_curves import first_detection_mjd
from training.arrays import Floats, Mask
from training.lightcurve.objects.objects import Objects, joined
from training.lightcurve.objects.windows import until

Score = Callable[[Objects], NDArray[np.float32]]
"""Probabilities (n, C) of n objects."""
SAME_DAYS = 1e-3
"""A chosen observation's time, in float32, from the point that it is."""
DAYS_AFTER = 200.0
"""That a picture shows at most."""


@dataclass(frozen=True)
class Growing:
    """One object of k points."""

    name: str
    label: int
    days: Floats
    """(k,) since the first detection."""
    band: NDArray[np.int8]
    flux_njy: Floats
    flux_err_njy: Floats
    detected: Mask
    chosen: Mask
    """(k,) whether the network sees the point by itself, at the last answer."""
    told_days: Floats
    """(t,) of the answers: one after each night with a detection or a measurement."""
    told: NDArray[np.float32]
    """(t, C) probabilities."""


def growing(one: Objects, score: Score) -> Growing:
    """Of a table of one object that was detected at least once.

    The first answer is at the first detection, then one after each further night with a point.
    """
    first = first_detection_mjd(one.curves)[0]
    days = one.curves.mjd - first
    nights = np.unique(np.floor(days[(days >= 0) & (days <= DAYS_AFTER)])) + 1
    parts = joined([until(one, float(end)) for end in nights])
    return Growing(
        str(one.name[0]),
        int(one.label[0]),
        days,
        one.curves.band,
        one.curves.flux_njy,
        one.curves.flux_err_njy,
        one.curves.detected,
        chosen(until(one, float(nights[-1])), days),
        nights,
        score(parts),
    )


def chosen(one: Objects, days: Floats) -> Mask:
    """Which points are among the observations of one light curve's row, (k,) as `days`.

    The light curve may be cut after its first points.
    """
    row = rows(one.curves, one.redshift)[0, layout.TOKENS_BEGIN :]
    tokens = row.reshape(layout.TOKENS, len(layout.TOKEN_COLUMNS))
    column = {name: tokens[:, place] for place, name in enumerate(layout.TOKEN_COLUMNS)}
    there = column["precision"] > 0
    shown = days[: len(one.curves.mjd)]
    near = np.abs(shown[:, None] - column["days"][there]) < SAME_DAYS
    same = near & (one.curves.band[:, None] == column["band"][there])
    return np.append(same.any(axis=1), np.zeros(len(days) - len(shown), np.bool_))
