"""Whether a night's numbers are spread as those of training: PSI and KS, and by how much they may
differ by chance.

Both are asked of counts in bins that hold equal shares of the reference. Without any drift PSI is
chi-squared by the sizes of both samples: (1/n + 1/N) times a chi-square of bins - 1 degrees of
freedom (Yurdakul and Naranjo 2020, Journal of Risk Model Validation 14, 4), 0.09 on average at 100
alerts and ten bins, where a fixed 0.1 flags every other night. KS has the threshold of Smirnov's
asymptotic law; of counts in bins it is at most what it is of the numbers, so the law errs to the
safe side. A difference must be beyond chance, and large enough to matter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
"""(bins + 1): alerts by bin, and at last those of which the number is not known."""

COARSE_BINS: Final = 10
"""Of PSI, which is usually told of ten; KS has all there are."""
LOOKS: Final = 24
"""A night is looked at when it has doubled, from its first 100 alerts to a thousand million."""
NIGHTS: Final = 100
"""`false_alarm_max` is of so many nights together."""
PADDING: Final = 10.0
"""Alerts added to either side, spread as both together, so that an empty bin is not infinitely far
off. With so many, chance exceeds its threshold no more often than it should: drawn a million times
at 100, 200 and 1,000 alerts, 0.2 to 0.9 times as often at probabilities of 1e-2 to 1e-5; with half
as many up to 6 times."""


@dataclass(frozen=True)
class DriftLimits:
    """What counts as drift."""

    false_alarm_max: float = 0.01
    """The probability that any of 100 nights without drift is flagged."""
    psi_min: float = 0.1
    ks_min: float = 0.1
    """Differences below are too small to matter, however sure."""
    alerts_min: int = 100
    """Of a band in a night, before anything is said of it."""

    def chance(self, tests: int) -> float:
        """What each of so many tests of a night may give falsely, each time it is looked at."""
        return min(self.false_alarm_max, 1.0) / (NIGHTS * LOOKS * max(tests, 1))


@dataclass(frozen=True)
class Drift:
    """One statistic of one number, in one survey and band."""

    group: str
    """survey/band"""
    column: str
    statistic: str
    """"psi" or "ks"."""
    value: float
    threshold: float
    """By chance at most."""
    alerts: int

    @property
    def is_flagged(self) -> bool:
        return self.value > self.threshold


def psi(reference: Counts, found: Counts) -> float:
    """The population stability index of counts in the same bins; dimensionless, from 0 up."""
    there = (reference + found) > 0
    both = (reference + found)[there] / max((reference + found).sum(), 1)
    expected, seen = (_shares(each[there] + PADDING * both) for each in (reference, found))
    return float(np.sum((seen - expected) * np.log(seen / expected)))


def ks(reference: Counts, found: Counts) -> float:
    """The largest difference of both distributions at the bins' edges, 0 to 1; NaN of none."""
    known, seen = reference[:-1], found[:-1]
    if not known.sum() or not seen.sum():
        return math.nan
    apart = np.cumsum(known) / known.sum() - np.cumsum(seen) / seen.sum()
    return float(np.abs(apart).max())


def psi_by_chance(chance: float, *, bins: int, reference: int, found: int) -> float:
    """What PSI exceeds with that probability where nothing drifts."""
    scale = 1 / found + 1 / reference
    return scale * chi_square_exceeded(chance, bins - 1)


def ks_by_chance(chance: float, *, reference: int, found: int) -> float:
    """The same of KS."""
    return math.sqrt(-math.log(chance / 2) / 2 * (1 / found + 1 / reference))


def chi_square_exceeded(chance: float, freedom: int) -> float:
    """What chi-squared exceeds with that probability.

    By Wilson and Hilferty (1931): within 2 % from 5 degrees of freedom up, 10 % at one.
    """
    if freedom < 1:
        return 0.0
    spread = 2 / (9 * freedom)
    return float(freedom * (1 - spread - NormalDist().inv_cdf(chance) * math.sqrt(spread)) ** 3)


def coarse(reference: Counts, counts: Counts) -> Counts:
    """Counts in at most COARSE_BINS bins of like shares of the reference, the unknown last."""
    known = reference[:-1]
    middle = np.cumsum(known) - known / 2
    places = np.minimum(middle * COARSE_BINS / max(known.sum(), 1), COARSE_BINS - 1).astype(int)
    joined = np.bincount(places, weights=counts[:-1], minlength=COARSE_BINS).astype(np.int64)
    kept = np.unique(places)
    return np.concatenate((joined[kept], counts[-1:]))


def drifts(
    group: str, column: str, reference: Counts, found: Counts, *, limits: DriftLimits, chance: float
) -> tuple[Drift, ...]:
    """Both statistics of one number; none where there is too little to say anything."""
    alerts, taught = int(found.sum()), int(reference.sum())
    if min(alerts, taught) < limits.alerts_min:
        return ()
    few = coarse(reference, reference), coarse(reference, found)
    bins = int(np.count_nonzero(few[0] + few[1]))
    allowed = psi_by_chance(chance, bins=bins, reference=taught, found=alerts)
    told = [Drift(group, column, "psi", psi(*few), max(limits.psi_min, allowed), alerts)]
    known = int(reference[:-1].sum()), int(found[:-1].sum())
    if min(known) >= limits.alerts_min:
        allowed = max(limits.ks_min, ks_by_chance(chance, reference=known[0], found=known[1]))
        told.append(Drift(group, column, "ks", ks(reference, found), allowed, alerts))
    return tuple(told)


def _shares(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(counts / counts.sum())
