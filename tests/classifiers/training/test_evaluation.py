"""Figures and their intervals, against plain counting."""

from __future__ import annotations

import numpy as np
import pytest

from classifiers.training.evaluation import auc, measured, recall, table, unseen_asteroids
from tests.classifiers.training.invented import examples


def test_auc_is_the_share_of_pairs_in_order() -> None:
    random = np.random.default_rng(1)
    low, score = random.uniform(size=60) < 0.3, random.integers(9, size=60).astype(np.float64)
    pairs = score[~low][:, None] - score[low]
    counted = ((pairs > 0) + 0.5 * (pairs == 0)).mean()
    assert auc(low, score) == pytest.approx(counted)


def test_the_interval_holds_the_figure_and_narrows_with_more_groups() -> None:
    random = np.random.default_rng(2)
    widths = []
    for count in (100, 1600):
        low = random.uniform(size=count) < 0.4
        score = random.normal(size=count) - low
        found = measured(low, score, np.arange(count) // 4, seed=3)
        assert found.low < found.value < found.high
        widths.append(found.high - found.low)
    assert widths[1] < widths[0] / 2


def test_alerts_of_one_field_night_count_as_one_draw() -> None:
    random = np.random.default_rng(4)
    low = np.repeat(random.uniform(size=30) < 0.4, 20)
    score = np.repeat(random.normal(size=30), 20) - low
    together = measured(low, score, np.arange(600) // 20, seed=5)
    apart = measured(low, score, np.arange(600), seed=5)
    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_a_row_without_a_score_takes_no_part() -> None:
    low = np.array([True, False, True, False] * 20)
    score = np.where(low, 0.0, 1.0)
    score[:4] = np.nan
    assert measured(low, score, np.arange(80), seed=6).value == 1.0


def test_the_table_sets_shortcuts_beside_the_network() -> None:
    some = examples(200)
    rows = table(some, some.teacher, seed=7)
    assert rows[0].alerts == 200
    assert rows[0].auc["network"].value == 1.0
    assert set(rows[0].auc) == {"network", "rb", "magnitude", "sky", "sign"}
    assert abs(rows[0].auc["magnitude"].value - 0.5) < 0.15
    assert rows[-1].alerts + rows[-2].alerts == 200


def test_recall_is_read_off_where_most_low_scores_are_refused() -> None:
    found = recall(np.arange(100.0), np.array([10.0, 94.0, 95.0, 99.0]))
    assert (found.passed, found.known) == (2, 4)
    assert found.threshold == pytest.approx(94.05)


def test_only_asteroids_that_the_teacher_never_scored_are_unseen() -> None:
    some = examples(4)
    some.asteroid_distance_arcsec[:3] = 0.1, 1.0, 2.0
    some.teacher[[0, 2]] = np.nan
    assert unseen_asteroids(some).tolist() == [True, False, False, False]
