"""What packets say of the time before them, for light curves that come from no packet.

Measured on the real packets of supernovae that are in the archive, too (103 alerts of 72 objects):
a packet counts half as many detections again as the archive has (from a signal-to-noise of 3 up, it
counts, and each CCD's by themselves), with a wide scatter; and one object in fifteen had been
"detected" a year or more before it exploded, on its host or on an artefact.
"""

from __future__ import annotations

import numpy as np

from training.arrays import Floats, Ints

COUNTED_MEAN, COUNTED_SPREAD = 0.4, 0.45
"""Of the logarithm by which a packet's count is greater."""
OLDER_SHARE = 0.07
OLDER_DAYS = (200.0, 2000.0)
"""Drawn evenly in the logarithm."""
OLDER_COUNT = 30.0
"""Mean of the detections that come with them, exponentially distributed."""


def as_packets_say(history: Floats, parent: Ints, random: np.random.Generator) -> Floats:
    """(n, 2) as `layout.HISTORY`, drawn anew for windows of some parents from what is so."""
    days, count = history.T
    older = random.random(int(parent.max(initial=-1)) + 1) < OLDER_SHARE
    low, high = np.log(OLDER_DAYS)
    more_days = np.exp(random.uniform(low, high, len(older))) * older
    more_count = random.exponential(OLDER_COUNT, len(older)) * older
    counted = np.exp(random.normal(COUNTED_MEAN, COUNTED_SPREAD, len(days)))
    return np.column_stack(
        (
            days + more_days[parent],
            np.maximum(count, np.round(count * counted)) + more_count[parent],
        )
    )


def resembling(history: Floats, own: Floats, random: np.random.Generator) -> Floats:
    """(n, 2) for windows that hold `own` themselves: those of others (m, 2), drawn at random."""
    drawn = history[random.integers(0, len(history), len(own))]
    return np.maximum(drawn, own)
