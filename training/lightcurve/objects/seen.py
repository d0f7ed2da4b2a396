"""What the live path sees of simulated objects; the same ones spoilt, or seen less often."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from classifiers.lightcurve import NIGHTS_APART_DAYS
from classifiers.observations.gathering import contradictory, detected_days
from schemas.batch import LightCurves
from training.arrays import Ints, Mask
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.windows import DETECTIONS_MIN, until
from training.lightcurve.teaching.augmentation import DEEP_POINTS
from training.lightcurve.teaching.wear import seldom, with_outliers

OUTLIER_SHARE = 0.01
"""Of the points that were not detected."""
SEED = 7


def left_out(curves: LightCurves) -> LightCurves:
    """As alerts are gathered: what was not detected and could not be overlooked is left out."""
    wrong = ~curves.detected & contradictory(curves.flux_njy, curves.flux_err_njy)
    return curves.where(~wrong)


def spoilt(curves: LightCurves) -> LightCurves:
    """The same, with gross outliers in OUTLIER_SHARE of the undetected points."""
    shares = np.full(len(curves), OUTLIER_SHARE)
    return with_outliers(curves, shares, np.random.default_rng(SEED))


def is_deep(curves: LightCurves) -> Mask:
    """Whether each, (n,), is seen as often as in a deep field."""
    return np.asarray(np.diff(curves.offsets) > DEEP_POINTS)


def less_often(curves: LightCurves) -> LightCurves:
    """Those of deep fields with only as many points as outside."""
    return seldom(curves, is_deep(curves), np.random.default_rng(SEED))


class Seen(NamedTuple):
    """How much of n objects was seen some days after the first detection."""

    detections: Ints
    answered: Mask
    """Whether the served classifier says anything: detections enough, on more than one night."""

    @classmethod
    def of(cls, objects: Objects, days: float = np.inf) -> Seen:
        """Days after the first detection."""
        curves = until(objects, days).curves
        count = np.diff(np.append(0, np.cumsum(curves.detected))[curves.offsets])
        enough = (count >= DETECTIONS_MIN) & (detected_days(curves) >= NIGHTS_APART_DAYS)
        return cls(count, enough)
