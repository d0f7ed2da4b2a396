"""How far scores agree with drb, night by night, with the shortcuts' own figures beside each.

drb is another network's score (Duev et al. 2019, arXiv:1907.11259): agreement is not truth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from training.arrays import Floats, Mask
from training.bootstrap import Measured
from training.realbogus.alerts.examples import HIGH_SCORE, LOW_SCORE
from training.realbogus.judging.contest import Contest, auc
from training.realbogus.judging.outcome import Scored
from training.realbogus.labels import REAL

DRB_LOW_MAX, DRB_HIGH_MIN = LOW_SCORE, HIGH_SCORE
"""Alerts between the two are left out: there drb itself is in doubt."""
NIGHT_LOW_MIN = 5
"""Low alerts that a night must hold to stand in the table by itself."""
RICHEST = 3
"""Field-nights that hold most of the low alerts, and whose sky alone gives them away."""
CLOUDED_NIGHT = 58729
"""MJD; what clouds leave is drawn since its alerts were looked at, so it says little any more."""
POOLED = "all nights"
WITHOUT_RICHEST = f"{POOLED}, without the {RICHEST} field-nights richest in low ones"
OURS, TAUGHT_BY_DRB, RB = "ours", "taught by drb alone", "rb"
RIVALS = (TAUGHT_BY_DRB, RB)


@dataclass(frozen=True)
class Line:
    """Some of the alerts, and how well each score tells the low from the high ones."""

    part: str
    low: int
    high: int
    field_nights: int
    """That hold low alerts."""
    auc: Mapping[str, Measured]
    """By score, the mean over its networks."""
    gain: Mapping[str, Measured]
    """Ours less each rival, under the same draws."""


@dataclass(frozen=True)
class Seeds:
    """What each of the networks, alike but for their seed, reaches by itself."""

    part: str
    score: str
    each: tuple[float, ...]
    together: float
    """AUC of the mean probability of all of them, which is not what is served."""

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return float(np.mean(self.each))

    @property
    def spread(self) -> float:
        """Standard deviation over the seeds; NaN of a single one."""
        return float(np.std(self.each, ddof=1)) if len(self.each) > 1 else np.nan


@dataclass(frozen=True)
class Agreement:
    """With drb, on ZTF alerts that have one."""

    alerts: int
    between: int
    """Left out of all lines but those that say otherwise."""
    declined: int
    """Alerts with a drb that one of our networks gave no score."""
    test_night: int
    """MJD; the night with the most alerts."""
    lines: tuple[Line, ...]
    seeds: tuple[Seeds, ...]

    def line(self, part: str) -> Line:
        return next(line for line in self.lines if line.part == part)

    @property
    def pooled(self) -> Line:
        return self.line(POOLED)

    @property
    def from_the_richest(self) -> int:
        """Low alerts of the RICHEST field-nights."""
        rest = [line.low for line in self.lines if line.part == WITHOUT_RICHEST]
        return self.pooled.low - sum(rest)

    @property
    def headline(self) -> Line:
        return self.line(night_name(self.test_night))


def agreement(scored: Scored, seed: int) -> Agreement:
    """All lines of the table; `seed` is of the draws."""
    known = _with_drb(scored)
    night = busiest_night(scored)
    parts = dict(_parts(scored, night))
    names = (night_name(night), POOLED)
    return Agreement(
        alerts=int(known.sum()),
        between=int((known & ~low(scored) & ~high(scored)).sum()),
        declined=int((known & np.isnan(scored.ours).any(axis=(0, 2))).sum()),
        test_night=night,
        lines=tuple(_line(scored, name, *parts[name], seed) for name in parts),
        seeds=tuple(
            _seeds(scored, name, score, *parts[name])
            for name in names
            for score in (OURS, TAUGHT_BY_DRB)
        ),
    )


def low(scored: Scored) -> Mask:
    """ZTF alerts that drb refuses."""
    return _with_drb(scored) & (scored.drb < DRB_LOW_MAX)


def high(scored: Scored) -> Mask:
    """ZTF alerts that drb takes for real."""
    return _with_drb(scored) & (scored.drb >= DRB_HIGH_MIN)


def busiest_night(scored: Scored) -> int:
    """The night with the most alerts that have a drb, MJD: recipes were chosen on it."""
    nights, counts = np.unique(scored.night[_with_drb(scored)], return_counts=True)
    return int(nights[np.argmax(counts)])


def night_name(night: int) -> str:
    """How a night stands in the tables; the Julian date is that of its start, truncated."""
    return f"night MJD {night} (JD {night + 2400000})"


def scores(scored: Scored) -> dict[str, Floats]:
    """Each score as (networks, n), as it is: a higher magnitude is a fainter alert."""
    return {
        OURS: scored.ours[:, :, REAL],
        TAUGHT_BY_DRB: scored.taught_by_drb,
        RB: scored.rb[None],
        "packet scalars": scored.scalars[None],
        "magnitude": scored.magnitude[None],
        "median sky": scored.sky[None],
    }


def _with_drb(scored: Scored) -> Mask:
    mask: Mask = (scored.survey == "ztf") & ~np.isnan(scored.drb)
    return mask


def _parts(scored: Scored, busiest: int) -> Iterator[tuple[str, tuple[Mask, Mask]]]:
    """Named (low, high) masks that hold both: the busiest night first."""
    lows, highs, faded = low(scored), high(scored), scored.negative
    whole = np.ones_like(lows)
    first = scored.night == busiest
    name = night_name(busiest)
    subsets = {
        name: first,
        f"{name}, brightened": first & ~faded,
        f"{name}, faded": first & faded,
        POOLED: whole,
        f"{POOLED}, brightened": ~faded,
        f"{POOLED}, faded": faded,
        f"{POOLED} but MJD {busiest}": ~first,
        f"{POOLED} but MJD {CLOUDED_NIGHT}": scored.night != CLOUDED_NIGHT,
        WITHOUT_RICHEST: ~_rich(scored),
        **{night_name(one): scored.night == one for one in _other_nights(scored, busiest)},
    }
    parts = {key: (lows & mask, highs & mask) for key, mask in subsets.items()}
    halved = _with_drb(scored) & (scored.drb < DRB_HIGH_MIN)
    for key in (name, POOLED):
        parts[f"{key}, low below {DRB_HIGH_MIN}"] = (halved & subsets[key], highs & subsets[key])
    return ((key, sides) for key, sides in parts.items() if all(side.any() for side in sides))


def _other_nights(scored: Scored, busiest: int) -> list[int]:
    nights, counts = np.unique(scored.night[low(scored)], return_counts=True)
    return [int(one) for one in nights[counts >= NIGHT_LOW_MIN] if one != busiest]


def _rich(scored: Scored) -> Mask:
    """Alerts of the field-nights that hold most of the low ones."""
    counts = np.bincount(scored.field_night, low(scored))
    rich: Mask = np.isin(scored.field_night, np.argsort(-counts, kind="stable")[:RICHEST])
    return rich


def _line(scored: Scored, part: str, lows: Mask, highs: Mask, seed: int) -> Line:
    rows = lows | highs
    contest = Contest.of(lows[rows], scored.field_night[rows], seed)
    columns = {name: score[:, rows] for name, score in scores(scored).items()}
    return Line(
        part=part,
        low=int(lows.sum()),
        high=int(highs.sum()),
        field_nights=len(np.unique(scored.field_night[lows])),
        auc={name: contest.measured(score) for name, score in columns.items()},
        gain={name: contest.gain(columns[OURS], columns[name]) for name in RIVALS},
    )


def _seeds(scored: Scored, part: str, score: str, lows: Mask, highs: Mask) -> Seeds:
    each = scores(scored)[score]
    rows = (lows | highs) & ~np.isnan(each).any(axis=0)
    return Seeds(
        part=part,
        score=score,
        each=tuple(auc(lows[rows], one[rows]) for one in each),
        together=auc(lows[rows], each[:, rows].mean(axis=0)),
    )
