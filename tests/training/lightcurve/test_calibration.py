"""A slope makes logits as sure as they may be, and is never found on what it is used for."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from training.arrays import Floats, Ints
from training.lightcurve.calibration import (
    RIDGE,
    SLOPES,
    by_detections,
    by_detections_across,
    calibrated,
    chances_of,
    slope,
    slopes_across,
)

CLASSES = 5
SHIFT = 1.5


def invented(
    count: int, temperature: float, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Logits and labels: exact log-odds of Gaussians of unit width, over a temperature.

    Classes are not equally common, as in what a network is judged on.
    """
    random = np.random.default_rng(seed)
    label = random.choice(CLASSES, count, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    seen = random.normal(size=(count, CLASSES)) + SHIFT * (label[:, None] == np.arange(CLASSES))
    return (SHIFT * seen / temperature).astype(np.float32), label


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_slope_is_the_temperature_that_logits_were_divided_by(temperature: float) -> None:
    logits, label = invented(30_000, temperature)
    assert slope(logits, label) == pytest.approx(temperature, rel=0.04)


def test_a_slope_stays_within_its_bounds() -> None:
    logits, label = invented(2000, 100.0)
    assert slope(logits, label) == pytest.approx(SLOPES[1], rel=1e-3)
    assert slope(-logits, label) == pytest.approx(SLOPES[0], rel=1e-3)


def test_a_class_that_nobody_has_changes_nothing() -> None:
    logits, label = invented(3000, 1.0)
    some = label != 2
    assert np.isfinite(slope(logits[some], label[some]))


def test_a_folds_slope_never_hangs_on_its_own_answers() -> None:
    logits, label = invented(5000, 1.3)
    fold = np.arange(len(label)) % 5
    found = slopes_across(logits, label, fold)
    changed = logits.copy()
    changed[fold == 3] = np.random.default_rng(1).normal(size=changed[fold == 3].shape)
    relabelled = np.where(fold == 3, (label + 1) % CLASSES, label)
    again = slopes_across(changed, relabelled, fold)
    assert again[3] == found[3]
    assert (np.delete(again, 3) != np.delete(found, 3)).all()
    rest = fold != 3
    assert found[3] == slope(logits[rest], label[rest])


def test_chances_of_huge_logits_are_finite() -> None:
    logits = np.array([[1e4, -1e4, 0.0], [-3e38, -3e38, -3e38]], np.float32)
    np.testing.assert_allclose(chances_of(logits), np.array([[1, 0, 0], [1 / 3] * 3], np.float64))


def seen_at_any_age(count: int) -> tuple[Floats, Ints, Ints]:
    """Honest logits of three labels, what the objects are, and how often each was detected."""
    random = np.random.default_rng(3)
    honest = random.normal(size=(count, 3)) * 2
    label = (chances_of(honest).cumsum(axis=1) > random.random((count, 1))).argmax(axis=1)
    return honest, label, random.integers(2, 60, count)


def test_slopes_and_offsets_that_changed_with_the_detections_are_found() -> None:
    honest, label, detections = seen_at_any_age(20_000)
    age = np.log1p(detections)[:, None]
    shift, turn = np.array([0.5, 0.0, -0.2]), np.array([0.3, 0.1, 0.2])
    spoilt = (honest - shift * age) / (0.5 + turn * age)
    given = by_detections(spoilt, label, detections)
    again = calibrated(spoilt, given, detections)
    # Logits that all rise alike say the same.
    np.testing.assert_allclose(chances_of(again), chances_of(honest), atol=0.06)
    away = np.abs(chances_of(again) - chances_of(honest)).mean()
    assert away < 0.1 * np.abs(chances_of(spoilt) - chances_of(honest)).mean()


def test_no_other_calibration_by_detections_has_a_lower_loss() -> None:
    honest, label, detections = seen_at_any_age(3000)
    count = np.bincount(label)
    best = by_detections(2 * honest, label, detections)

    def loss(given: Floats) -> float:
        chances = chances_of(calibrated(2 * honest, given, detections))
        own = np.log(chances[np.arange(len(label)), label]) / (3 * count[label])
        away = given - np.array([[[1.0], [0.0]], [[0.0], [0.0]]])
        return float(RIDGE * (away**2).sum() - own.sum())

    random = np.random.default_rng(5)
    for _ in range(20):
        assert loss(best) < loss(best + 0.01 * random.normal(size=best.shape))


def test_a_label_that_nobody_has_leaves_a_calibration_by_detections_finite() -> None:
    honest, label, detections = seen_at_any_age(600)
    some = label != 1
    given = by_detections(honest[some], label[some], detections[some])
    assert np.isfinite(given).all()


def test_a_folds_calibration_never_hangs_on_its_own_answers() -> None:
    logits, label, detections = seen_at_any_age(400)
    fold = np.arange(400) % 4
    before = by_detections_across(logits, label, detections, fold)
    changed = np.where((fold == 1)[:, None], 5 * logits, logits)
    after = by_detections_across(changed, label, detections, fold)
    assert after[1].tolist() == before[1].tolist()
    assert (after[0] != before[0]).any()
