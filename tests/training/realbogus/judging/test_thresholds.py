"""Thresholds that are read off other alerts, and drawn anew in every round."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.bootstrap import Measured
from training.realbogus.judging.thresholds import (
    Gate,
    Sample,
    beyond_the_seen,
    rate_max,
    weighted_limit,
)


def sample(count: int, each: int = 1, night: int = 1, start: int = 0) -> Sample:
    """So many alerts of one night, `each` of a field."""
    return Sample(start + np.arange(count) // each, np.full(count, night))


def gate(background: Sample, sources: Sample, refused: float = 0.95) -> Gate:
    """That leaves out a source's own night."""
    return Gate(background, sources, refused, seed=1, other_nights=True)


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 3)), min_size=1, max_size=30))
def test_a_weighted_limit_is_the_quantile_of_rows_repeated(rows: list[tuple[int, int]]) -> None:
    score, weight = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    repeated = np.repeat(score, weight.astype(np.int64))
    if len(repeated):
        plain = np.quantile(repeated, 0.95, method="inverted_cdf")
        assert weighted_limit(score, weight[None], 0.95) == [plain]


def test_no_more_than_the_share_passes_the_limit() -> None:
    score = np.random.default_rng(1).integers(40, size=300).astype(np.float64)
    limit = weighted_limit(score, np.ones((1, 300)), 0.99)[0]
    assert (score > limit).mean() <= 0.01 < (score >= limit).mean()


def test_recall_is_read_off_where_most_of_the_background_is_refused() -> None:
    found = gate(sample(100), sample(8, night=2, start=200)).passing(
        np.arange(100.0)[None], np.array([[10.0, 94.0, 95.0, 99.0] * 2])
    )
    assert (found.known, found.threshold, found.passed.value) == (8, 94.0, 0.5)


def test_an_alert_s_own_night_has_no_say_in_its_threshold() -> None:
    background = Sample(np.arange(40), np.repeat([1, 2], 20))
    sources = Sample(np.arange(40, 60), np.repeat([1, 2], 10))
    low, high = np.repeat([[10.0, 0.0]], 20, axis=1), np.full((1, 20), 5.0)
    assert gate(background, sources).passing(low, high).passed.value == 0.5
    pooled = Gate(background, sources, 0.95, seed=1, other_nights=False)
    assert pooled.passing(low, high).passed.value == 0.0


def test_without_another_night_nothing_passes() -> None:
    found = gate(sample(20), sample(20, start=50)).passing(np.zeros((1, 20)), np.ones((1, 20)))
    assert found.passed.value == 0


def test_the_interval_holds_what_the_threshold_may_have_been() -> None:
    random = np.random.default_rng(2)
    sources, score = sample(4000, night=2, start=5000), random.normal(2, 1, (1, 4000))
    errors = [
        gate(sample(count), sources).passing(random.normal(size=(1, count)), score).passed.error
        for count in (60, 3000)
    ]
    assert errors[0] > 3 * errors[1]


def test_a_declined_source_does_not_pass_and_a_declined_background_is_refused() -> None:
    score = np.array([[np.nan, *[9.0] * 9]])
    background = np.array([[np.nan] * 95 + [5.0] * 5])
    found = gate(sample(100), sample(10, night=2, start=200)).passing(background, score)
    assert found.passed.value == pytest.approx(0.9)
    assert found.threshold == -np.inf


def test_what_never_failed_may_fail_yet() -> None:
    found = gate(sample(100), sample(12, night=2, start=200)).passing(
        np.zeros((1, 100)), np.ones((1, 12))
    )
    assert (found.passed.value, found.passed.high) == (1.0, 1.0)
    assert found.passed.low == pytest.approx(0.05 ** (1 / 12))
    assert beyond_the_seen(Measured(0.0, 0.0, 0.0), 12).high == pytest.approx(rate_max(12))
    assert beyond_the_seen(Measured(0.5, 0.4, 0.6), 12) == Measured(0.5, 0.4, 0.6)


def test_few_alerts_bound_a_rate_by_three_over_their_count() -> None:
    assert rate_max(103) == pytest.approx(3 / 103, rel=0.02)
    assert rate_max(0) == 1.0


def test_two_sides_of_few_field_nights_are_drawn_by_alert_and_apart() -> None:
    one = gate(sample(40, each=20), sample(40, each=20, night=2))
    weights = one._weights
    assert not np.array_equal(*weights)
    assert all((part.sum(axis=1) == 40).all() for part in weights)
    found = one.passing(np.arange(40.0)[None], np.arange(20.0, 60.0)[None])
    assert found.passed.by_alert


def test_a_gain_is_of_the_same_draws_and_none_of_a_score_over_itself() -> None:
    random, one = np.random.default_rng(3), gate(sample(100), sample(40, night=2, start=200))
    scores = random.normal(size=(1, 100)), random.normal(1, 1, size=(1, 40))
    better = scores[0], scores[1] + 1
    same = one.gain(scores, scores)
    assert (same.value, same.low, same.high) == (0, 0, 0)
    gained = one.gain(better, scores)
    apart = one.passing(*better).passed, one.passing(*scores).passed
    assert gained.value == pytest.approx(apart[0].value - apart[1].value)
    assert gained.error < np.hypot(apart[0].error, apart[1].error)
