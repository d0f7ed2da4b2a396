"""The AUC and its draws, against plain counting of pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.realbogus.judging.contest import Contest, auc


def invented(seed: int, count: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Which rows are low, and scores (1, n) with ties that lean the right way."""
    random = np.random.default_rng(seed)
    low = random.uniform(size=count) < 0.3
    return low, np.round(random.normal(size=(1, count)) - low, 1)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=1, max_size=40))
def test_auc_is_the_share_of_pairs_in_order(rows: list[tuple[bool, int]]) -> None:
    low, score = np.array([row[0] for row in rows]), np.array([float(row[1]) for row in rows])
    pairs = score[~low][:, None] - score[low]
    if pairs.size:
        assert auc(low, score) == pytest.approx(((pairs > 0) + 0.5 * (pairs == 0)).mean())
    else:
        assert np.isnan(auc(low, score))


def test_a_draw_s_auc_is_that_of_its_rows_repeated() -> None:
    low, score = invented(1)
    contest = Contest.of(low, np.arange(200) // 8, seed=2)
    figures = contest._auc(score[0], np.ones(200, np.bool_))
    for draw in (0, 1, 77):
        rows = np.repeat(np.arange(200), contest.weights[draw, contest.group].astype(np.int64))
        assert figures[draw] == pytest.approx(auc(low[rows], score[0, rows]))


def test_the_interval_holds_the_figure_and_narrows_with_more_field_nights() -> None:
    widths = []
    for count in (100, 1600):
        low, score = invented(3, count)
        found = Contest.of(low, np.arange(count) // 4, seed=4).measured(score)
        assert found.low < found.value < found.high
        widths.append(found.high - found.low)
    assert widths[1] < widths[0] / 2


def test_rows_that_a_network_declined_take_no_part() -> None:
    low, score = invented(5)
    holed = score.copy()
    holed[0, :50] = np.nan
    found = Contest.of(low, np.arange(200) // 5, seed=6).measured(holed)
    assert found.value == pytest.approx(auc(low[50:], score[0, 50:]))


def test_a_score_that_nobody_has_gets_no_figure() -> None:
    low, score = invented(7)
    found = Contest.of(low, np.arange(200), seed=8).measured(np.full_like(score, np.nan))
    assert np.isnan(found.value) and np.isnan(found.low)


def test_the_error_of_a_difference_knows_that_both_scores_saw_one_sky() -> None:
    low, score = invented(9, 600)
    near = score + np.random.default_rng(10).normal(0, 0.05, score.shape) + 0.02 * ~low
    contest = Contest.of(low, np.arange(600) // 4, seed=11)
    gain = contest.gain(near, score)
    assert gain.value == pytest.approx(contest.measured(near).value - contest.measured(score).value)
    assert gain.error < contest.measured(score).error / 3


def test_a_score_is_no_better_than_itself() -> None:
    low, score = invented(12)
    gain = Contest.of(low, np.arange(200), seed=13).gain(score, score)
    assert (gain.value, gain.error, gain.clear) == (0.0, 0.0, False)


def test_networks_that_differ_widen_the_interval() -> None:
    low, score = invented(14, 900)
    contest = Contest.of(low, np.arange(900), seed=15)
    worse = np.concatenate([score, score + 3 * low])
    assert contest.measured(worse).error > 3 * contest.measured(score).error


def test_one_field_night_is_drawn_by_alert() -> None:
    low, score = invented(16)
    assert Contest.of(low, np.zeros(200, np.int64), seed=17).measured(score).by_alert
