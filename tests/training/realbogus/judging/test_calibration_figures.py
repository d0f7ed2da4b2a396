"""Reliability, calibration error and Brier score, against their definitions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.training.realbogus.judging.invented_outcome import outcome
from training.realbogus.judging.calibration_figures import (
    BINS,
    Calibration,
    calibration,
    calibrations,
)


def of(power: float, count: int = 4000) -> Calibration:
    """Alerts that are real as often as `probability ** power` says."""
    random = np.random.default_rng(1)
    probability = random.uniform(size=(2, count))
    probability[1] = probability[0]
    real = random.uniform(size=count) < probability[0] ** power
    found = calibration("invention", probability, real, np.arange(count) // 10, seed=2)
    assert found is not None
    return found


def test_honest_probabilities_have_a_small_error_and_others_a_large_one() -> None:
    assert of(1.0).error.value < 0.03
    assert of(3.0).error.high > of(3.0).error.value > 0.2


def test_a_bin_holds_what_was_said_and_what_was_found() -> None:
    for one in of(1.0).bins:
        assert one.above <= one.said <= one.up_to
        assert one.found == pytest.approx(one.said, abs=0.1)
    assert sum(one.count for one in of(1.0).bins) == pytest.approx(4000)
    assert len(of(1.0).bins) == BINS


def test_the_error_is_the_bins_mean_distance() -> None:
    found = of(3.0)
    distance = sum(one.count * abs(one.said - one.found) for one in found.bins) / found.count
    assert found.error.value == pytest.approx(distance)


def test_the_brier_score_of_a_constant_half_is_a_quarter() -> None:
    found = calibration(
        "invention", np.full((1, 60), 0.5), np.arange(60) < 20, np.arange(60), seed=3
    )
    assert found is not None
    assert (found.brier.value, found.share_real) == pytest.approx((0.25, 1 / 3))
    assert found.error.value == pytest.approx(0.5 - 1 / 3)


def test_certainty_belongs_to_the_last_bin() -> None:
    found = calibration("invention", np.ones((1, 9)), np.ones(9, np.bool_), np.arange(9), seed=4)
    assert found is not None
    assert found.bins[-1].count == 9 and found.error.value == 0


def test_agreement_and_exam_stand_apart_and_nothing_scored_is_nothing_said() -> None:
    some = outcome()
    assert [one.against for one in calibrations(some, seed=5)] == [
        "drb (agreement), at even odds",
        "the exam (simulated)",
    ]
    unscored = replace(some.exam, ours=np.full_like(some.exam.ours, np.nan))
    assert len(calibrations(replace(some, exam=unscored), seed=5)) == 1


def test_at_even_odds_it_does_not_matter_how_often_an_alert_of_one_side_comes() -> None:
    random = np.random.default_rng(3)
    real = np.arange(400) % 2 == 0
    said = np.clip(random.normal(0.3 + 0.4 * real, 0.2), 0, 1)
    rows = np.concatenate([np.arange(400), *[np.flatnonzero(real)] * 9])
    once = calibration("", said[None], real, np.arange(400), seed=0, even=True)
    again = calibration("", said[None, rows], real[rows], rows, seed=0, even=True)
    assert once and again
    assert again.error.value == pytest.approx(once.error.value)
    assert again.brier.value == pytest.approx(once.brier.value)
    assert [one.found for one in again.bins] == pytest.approx(
        [one.found for one in once.bins], nan_ok=True
    )
