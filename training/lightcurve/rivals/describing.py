"""Features of many objects, side by side: 70,000 of them take some CPU minutes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from schemas.batch import LightCurves
from training.lightcurve.objects.objects import Objects
from training.lightcurve.rivals.gp_features import Features, features
from training.lightcurve.rivals.raw_features import Floats
from training.progress import shown
from training.workers import each

Describe = Callable[[LightCurves, Floats], Features]
CHUNK = 250


def featured(objects: Objects, workers: int, describe: Describe = features) -> Features:
    """(n, F) of n >= 1 objects, in their order and the same whatever `workers`."""
    rows = np.arange(len(objects))
    starts = range(0, len(rows), CHUNK)
    parts = (objects.take(rows[start : start + CHUNK]) for start in starts)
    done = each(partial(_of_part, describe), parts, workers)
    return np.concatenate(list(shown(done, "describing light curves", len(starts))))


def _of_part(describe: Describe, objects: Objects) -> Features:
    return describe(objects.curves, objects.redshift)
