"""Draws of whole field-nights, as alerts of one sky and night are not independent."""

from __future__ import annotations

import numpy as np

from training.bootstrap import Floats, Ints, Measured, drawn, measured, over_seeds

FIELD_NIGHTS_MIN = 5
"""Of fewer, single alerts are drawn instead: their interval is too narrow, but there is one."""


def numbered(*field_nights: Ints) -> list[Ints]:
    """The same field-nights numbered from zero without gaps, over all the columns together."""
    codes = np.unique(np.concatenate(field_nights), return_inverse=True)[1].ravel()
    return np.split(codes.astype(np.int64), np.cumsum([len(one) for one in field_nights])[:-1])


def few(*field_nights: Ints) -> bool:
    """Whether one of these columns holds too few field-nights to draw them."""
    return any(len(np.unique(one)) < FIELD_NIGHTS_MIN for one in field_nights)


def measured_mean(columns: Floats, field_night: Ints, seed: int) -> Measured:
    """The mean of a column (networks, n) over networks and alerts, with its interval."""
    by_alert, random = few(field_night), np.random.default_rng(seed)
    (group,) = numbered(np.arange(len(field_night)) if by_alert else field_night)
    count = int(group.max()) + 1
    weights = drawn(np.zeros(count, np.int64), random)
    sizes = weights @ np.bincount(group, minlength=count)
    each = np.stack([weights @ np.bincount(group, one, count) / sizes for one in columns])
    return measured(over_seeds(each, random), by_alert=by_alert)
