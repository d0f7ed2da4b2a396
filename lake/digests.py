"""Numbers made of alerts' ids that are the same whatever order and pieces the alerts come in."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray


def mixed(alert_id: NDArray[np.int64], seed: int = 0) -> NDArray[np.uint64]:
    """SplitMix64 of the ids (Steele, Lea & Flood 2014), uint64 (n,)."""
    step, first, second = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
    found = alert_id.astype(np.uint64) + np.uint64(step * (seed + 1) % 2**64)
    found = (found ^ (found >> np.uint64(30))) * np.uint64(first)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(second)
    return found ^ (found >> np.uint64(31))


def digest(survey: NDArray[np.str_], alert_id: NDArray[np.int64]) -> int:
    """The sum of the keys' mixed bits, modulo 2**64: those of two sets add up to their union's."""
    total = 0
    for name in np.unique(survey).tolist():
        own = mixed(alert_id[survey == name], zlib.crc32(name.encode()))
        total += int(own.sum(dtype=np.uint64))
    return total % 2**64
