"""Figures against scikit-learn's, and against plain counting."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from tests.training.lightcurve.judging.invented import answers, labels
from training.lightcurve.judging import metrics


@pytest.fixture(scope="module", params=[14, 5])
def some(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities, labels and the weights of a few draws."""
    classes = int(request.param)
    random = np.random.default_rng(classes)
    label = labels(300) % classes
    rows = answers(label, 1.5, random, seeds=1, classes=classes)[0].astype(np.float64)
    rows = np.round(rows, 2)
    weights = random.integers(0, 4, size=(6, len(label))).astype(np.float64)
    weights[0] = 1
    return metrics.normalised(rows), label, weights


def test_the_flat_loss_is_the_log_loss_with_each_class_weighted_alike(
    some: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    rows, label, _ = some
    count = np.bincount(label)[label]
    expected = log_loss(label, rows, sample_weight=1 / count)
    assert metrics.flat_log_loss(rows, label, rows.shape[1]) == pytest.approx(expected)


def test_class_losses_are_means_over_the_objects_of_a_class_in_each_draw(
    some: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    rows, label, weights = some
    found = metrics.class_losses(rows, label, rows.shape[1], weights)
    assert found[0].mean() == pytest.approx(metrics.flat_log_loss(rows, label, rows.shape[1]))
    mine = label == 3
    own = metrics.losses(rows, label)[mine]
    for draw in range(1, len(weights)):
        assert found[draw, 3] == pytest.approx(np.average(own, weights=weights[draw, mine]))


def test_no_probability_is_too_small_to_be_scored() -> None:
    rows = np.array([[1.0, 0.0], [0.0, 1.0]])
    expected = -np.log(1e-15) / 2
    assert metrics.flat_log_loss(rows, np.array([0, 0]), 1) == pytest.approx(expected)


def test_micro_auc_and_precision_are_scikit_learns_in_every_draw(
    some: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    rows, label, weights = some
    truth = (label[:, None] == np.arange(rows.shape[1])).ravel()
    ranking = metrics.micro(rows, label)
    each = np.repeat(weights, rows.shape[1], axis=1)
    auc, precision = ranking.both(weights)
    np.testing.assert_array_equal(auc, ranking.auc(weights))
    for draw, weight in enumerate(each):
        expected = roc_auc_score(truth, rows.ravel(), sample_weight=weight)
        assert auc[draw] == pytest.approx(expected, abs=1e-12)
        expected = average_precision_score(truth, rows.ravel(), sample_weight=weight)
        assert precision[draw] == pytest.approx(expected, abs=1e-12)


def test_macro_auc_is_scikit_learns_in_every_draw(
    some: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    rows, label, weights = some
    found = metrics.macro_auc(rows, label, weights)
    for draw, weight in enumerate(weights):
        expected = np.mean(
            [
                roc_auc_score(label == one, rows[:, one], sample_weight=weight)
                for one in range(rows.shape[1])
            ]
        )
        assert found[draw] == pytest.approx(expected, abs=1e-12)


def test_calibration_error_is_what_a_loop_over_bins_gives(
    some: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    rows, label, weights = some
    confidence, right = rows.max(axis=1), rows.argmax(axis=1) == label
    for weight, found in zip(weights, metrics.calibration_error(rows, label, weights), strict=True):
        total = 0.0
        for place in range(15):
            mine = (confidence >= place / 15) & (confidence < (place + 1) / 15)
            total += abs(weight[mine] @ (confidence[mine] - right[mine]))
        assert found == pytest.approx(total / weight.sum())


def test_a_prior_shifts_a_flat_answer_to_itself() -> None:
    prior = np.array([0.7, 0.2, 0.1])
    np.testing.assert_allclose(metrics.with_prior(np.full((2, 3), 1 / 3), prior), [prior] * 2)


def test_a_sure_wrong_answer_is_the_calibration_error_itself() -> None:
    rows = np.array([[0.9, 0.1], [0.9, 0.1]])
    one = np.ones((1, 2))
    assert metrics.calibration_error(rows, np.array([1, 1]), one)[0] == pytest.approx(0.9)
    assert metrics.accuracy(rows, np.array([0, 1]), one)[0] == 0.5
