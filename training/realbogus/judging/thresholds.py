"""What passes a threshold that is read off other alerts, the threshold drawn anew each round.

A threshold is no constant: it is read off a hundred alerts or so, and another hundred would give
another one. So each draw of field-nights sets its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from training.arrays import Floats, Ints, Mask
from training.bootstrap import Measured, drawn, measured, over_seeds
from training.realbogus.judging.contest import few, numbered

ROUNDING = 1e-9
"""Shares are sums of floats: one that equals a bound may come out this much below it."""
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Sample:
    """n alerts, all of one kind."""

    field_night: Ints
    night: Ints
    """(n,) MJD."""

    def take(self, mask: Mask) -> Sample:
        return Sample(self.field_night[mask], self.night[mask])

    def __len__(self) -> int:
        return len(self.field_night)


@dataclass(frozen=True)
class Passing:
    """How many of some alerts pass where a share of others is refused."""

    known: int
    field_nights: int
    passed: Measured
    """Share of them, mean over networks."""
    threshold: float
    """Mean over networks, and over nights where each has its own."""


@dataclass(frozen=True)
class Gate:
    """A background whose share `refused` sets the threshold, and sources that are to pass it."""

    background: Sample
    sources: Sample
    refused: float
    seed: int
    other_nights: bool
    """Whether the threshold for a source leaves out what its own night holds."""

    def passing(self, background: Floats, sources: Floats) -> Passing:
        """Of scores (networks, n) and (networks, m). Sources without a score do not pass."""
        found = [self._passed(*pair) for pair in zip(background, sources, strict=True)]
        shares = np.stack([share for share, _ in found])
        mean = over_seeds(shares, np.random.default_rng(self.seed))
        by_alert = few(self.background.field_night, self.sources.field_night)
        return Passing(
            known=len(self.sources),
            field_nights=len(np.unique(self.sources.field_night)),
            passed=beyond_the_seen(measured(mean, by_alert=by_alert), len(self.sources)),
            threshold=float(np.mean([threshold for _, threshold in found])),
        )

    def gain(self, one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> Measured:
        """How many more of the sources the first scores pass than the other, under equal draws.

        Each is scores of the background and of the sources, as `passing` takes them.
        """
        means = [
            over_seeds(
                np.stack([self._passed(*pair)[0] for pair in zip(*scores, strict=True)]),
                np.random.default_rng(self.seed),
            )
            for scores in (one, other)
        ]
        by_alert = few(self.background.field_night, self.sources.field_night)
        return measured(means[0] - means[1], by_alert=by_alert)

    def _passed(self, background: Floats, sources: Floats) -> tuple[Floats, float]:
        """Of one network: the share that passes in each draw (1 + rounds,), and the threshold."""
        weights, own = self._weights
        passed, thresholds = np.zeros(len(own)), []
        for others, rows in self._apart():
            limit = weighted_limit(background[others], weights[:, others], self.refused)
            thresholds.append((limit[0], rows.sum()))
            passed += (own[:, rows] * (sources[rows] > limit[:, None])).sum(axis=1)
        with np.errstate(invalid="ignore"):
            share: Floats = passed / own.sum(axis=1)
        values, counts = np.array(thresholds).T
        return share, float(np.average(values, weights=counts))

    def _apart(self) -> Iterator[tuple[Mask, Mask]]:
        """Backgrounds of other nights, (n,), with the sources, (m,), that they serve."""
        shared = np.intersect1d(self.background.night, self.sources.night)
        shared = shared[: len(shared) * self.other_nights]
        elsewhere = ~np.isin(self.sources.night, shared)
        if elsewhere.any():
            yield np.ones(len(self.background), np.bool_), elsewhere
        for night in shared:
            yield self.background.night != night, self.sources.night == night

    @cached_property
    def _weights(self) -> tuple[Floats, Floats]:
        """How often each background and each source comes in each draw, (1 + rounds, n and m).

        Field-nights that hold one kind, the other, or both are drawn among their like, so that
        no draw lacks a side. Where a side has few field-nights, its alerts are drawn.
        """
        sides = (self.background.field_night, self.sources.field_night)
        apart = (0, len(self.background))
        groups = numbered(*map(_units, sides, apart))
        count = int(max(one.max() for one in groups)) + 1
        held = [np.isin(np.arange(count), one) for one in groups]
        weights = drawn(held[0] + 2 * held[1], np.random.default_rng(self.seed))
        return weights[:, groups[0]], weights[:, groups[1]]


def _units(field_night: Ints, start: int) -> Ints:
    """What is drawn: field-nights or, of few, alerts, with numbers that no field-night has."""
    if not few(field_night):
        return field_night
    numbers: Ints = np.iinfo(np.int64).min + start + np.arange(len(field_night))
    return numbers


def weighted_limit(score: Floats, weights: Floats, share: float) -> Floats:
    """The lowest score that at least `share` of the weight does not exceed, (rounds,).

    `score` is (n,) and `weights` (rounds, n). Rows without a score lie below all others: a
    declined alert is refused. NaN, which nothing passes, where there is no row.
    """
    if not len(score):
        return np.full(len(weights), np.nan)
    score = np.where(np.isnan(score), -np.inf, score)
    order = np.argsort(score, kind="stable")
    summed = weights[:, order].cumsum(axis=1)
    place = (summed >= share * summed[:, -1:] - ROUNDING).argmax(axis=1)
    limit: Floats = score[order][place]
    return limit


def rate_max(tried: int) -> float:
    """The highest rate that none of `tried` independent ones does not rule out, one-sided.

    Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404, for no event.
    """
    return float(1 - (1 - CONFIDENCE) ** (1 / tried)) if tried else 1.0


def beyond_the_seen(share: Measured, tried: int) -> Measured:
    """The interval widened where all or none passed: every draw of such alerts is alike."""
    if share.value == 1:
        return replace(share, low=float(np.fmin(share.low, 1 - rate_max(tried))), high=1.0)
    if share.value == 0:
        return replace(share, low=0.0, high=float(np.fmax(share.high, rate_max(tried))))
    return share
