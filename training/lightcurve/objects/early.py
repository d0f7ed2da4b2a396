"""Light curves as they stood some days after the first detection."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from schemas.batch import LightCurves
from training.lightcurve.objects.objects import CURVE_COLUMNS, Floats, Objects

Mask = NDArray[np.bool_]


def first_detection_mjd(curves: LightCurves) -> Floats:
    """When each object was first detected, float64 (n,) in days; NaN where it never was."""
    mjd = np.append(np.where(curves.detected, curves.mjd, np.inf), np.inf)
    first = np.minimum.reduceat(mjd, curves.offsets[:-1]) if len(curves) else mjd[:0]
    first[np.diff(curves.offsets) == 0] = np.inf
    return np.where(np.isfinite(first), first, np.nan)


def until(objects: Objects, days: float) -> Objects:
    """The same objects, with the points up to `days` after their first detection only.

    Earlier points stay, as forced photometry would show them. An object that was never detected
    keeps no point.
    """
    curves = objects.curves
    last = np.repeat(first_detection_mjd(curves) + days, np.diff(curves.offsets))
    return replace(objects, curves=_kept(curves, curves.mjd <= last))


def _kept(curves: LightCurves, kept: Mask) -> LightCurves:
    offsets = np.concatenate(([0], np.cumsum(kept)))[curves.offsets]
    return LightCurves(offsets, *(getattr(curves, name)[kept] for name in CURVE_COLUMNS[1:]))
