"""Drift told from chance: thresholds by sample size, quiet nights, and nights that differ."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from classifiers.drift import (
    DriftLimits,
    chi_square_exceeded,
    coarse,
    drifts,
    ks,
    ks_by_chance,
    psi,
    psi_by_chance,
)
from classifiers.reference import Spread, reference_of

LIMITS = DriftLimits()
TAUGHT = 20_000
DRAWS = 20_000


def spread_of(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Spread:
    """How some numbers are spread."""
    found = reference_of([(np.full(len(values), "s/r"), {"x": values})])
    return found.groups["s/r"]["x"]


counts = arrays(np.int64, 8, elements=st.integers(0, 1_000))


@given(counts, counts)
def test_psi_and_ks_are_none_where_nothing_differs_and_never_below(
    one: np.ndarray[tuple[int], np.dtype[np.int64]],
    other: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> None:
    one[0] += 1
    other[0] += 1
    assert psi(one, one) == 0
    assert psi(one, other) >= 0
    assert ks(one, one) == 0
    assert 0 <= ks(one, other) <= 1
    assert psi(one, other) == pytest.approx(psi(other, one))


def test_psi_without_drift_is_as_large_as_a_tenth_at_a_hundred_alerts() -> None:
    rng = np.random.default_rng(1)
    shares = np.full(10, 0.1)
    reference = rng.multinomial(TAUGHT, shares)
    values = [psi(reference, rng.multinomial(100, shares)) for _ in range(500)]
    assert np.mean(values) == pytest.approx(0.08, abs=0.02)
    assert np.mean(np.array(values) > 0.1) > 0.15


@pytest.mark.parametrize("alerts", [100, 300, 3_000])
@pytest.mark.parametrize("chance", [0.1, 0.01])
def test_chance_exceeds_its_threshold_no_more_often_than_it_says(
    alerts: int, chance: float
) -> None:
    rng = np.random.default_rng(2)
    shares = np.full(10, 0.1)
    drawn = (rng.multinomial(size, shares, DRAWS) for size in (TAUGHT, alerts))
    found = list(zip(*drawn, strict=True))
    most = psi_by_chance(chance, bins=10, reference=TAUGHT, found=alerts)
    assert np.mean([psi(*each) > most for each in found]) <= chance * 1.3
    most = ks_by_chance(chance, reference=TAUGHT, found=alerts)
    padded = [(np.append(one, 0), np.append(other, 0)) for one, other in found]
    assert np.mean([ks(*each) > most for each in padded]) <= chance * 1.3


@pytest.mark.parametrize(
    ("share", "freedom", "table"), [(0.95, 9, 16.919), (0.99, 10, 23.209), (0.999999, 9, 46.7)]
)
def test_quantiles_of_chi_square_are_those_of_tables(
    share: float, freedom: int, table: float
) -> None:
    assert chi_square_exceeded(1 - share, freedom) == pytest.approx(table, rel=0.02)


def test_coarse_bins_hold_what_the_fine_ones_hold() -> None:
    spread = spread_of(np.random.default_rng(3).normal(size=4_000))
    few = coarse(spread.counts, spread.counts)
    assert len(few) == 11
    assert few.sum() == spread.counts.sum()
    assert few[:-1].min() > 300


@pytest.mark.parametrize("shift", [0.5, -0.5])
def test_a_number_that_moved_by_half_its_spread_is_flagged(shift: float) -> None:
    rng = np.random.default_rng(4)
    spread = spread_of(rng.normal(size=TAUGHT))
    moved = spread.count_of(rng.normal(shift, size=1_000))
    found = drifts("s/r", "x", spread.counts, moved, limits=LIMITS, chance=LIMITS.chance(100))
    assert [each.statistic for each in found if each.is_flagged] == ["psi", "ks"]


def test_what_is_too_small_to_matter_is_not_flagged_however_sure() -> None:
    rng = np.random.default_rng(5)
    spread = spread_of(rng.normal(size=TAUGHT))
    moved = spread.count_of(rng.normal(0.1, size=200_000))
    found = drifts("s/r", "x", spread.counts, moved, limits=LIMITS, chance=LIMITS.chance(100))
    assert [each for each in found if each.is_flagged] == []
    sure = DriftLimits(psi_min=1e-9, ks_min=1e-9)
    found = drifts("s/r", "x", spread.counts, moved, limits=sure, chance=sure.chance(100))
    assert all(each.is_flagged for each in found)


def test_numbers_that_went_missing_are_drift() -> None:
    rng = np.random.default_rng(6)
    spread = spread_of(rng.normal(size=TAUGHT))
    values = rng.normal(size=1_000)
    values[:300] = np.nan
    (found, _) = drifts(
        "s/r", "x", spread.counts, spread.count_of(values), limits=LIMITS, chance=1e-7
    )
    assert found.is_flagged


def test_of_too_few_alerts_nothing_is_said() -> None:
    spread = spread_of(np.random.default_rng(7).normal(size=TAUGHT))
    few = spread.count_of(np.full(99, 100.0))
    assert drifts("s/r", "x", spread.counts, few, limits=LIMITS, chance=0.01) == ()
