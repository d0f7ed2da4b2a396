"""The file that is written says what the trees say in NumPy, and its rates are as often as told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifiers.alert_embedding import WEIGHTS as EMBEDDING_WEIGHTS
from classifiers.anomaly import ROW_WIDTH, TREES, Anomaly
from classifiers.embedding_layout import STAMPS_BEGIN, WIDTH
from training.anomaly.__main__ import exported
from training.anomaly.forest import expected
from training.anomaly.model import Judges, Recipe, calibrated, fitted
from training.arrays import Singles


def rows(count: int, seed: int) -> Singles:
    """Of both systems, the last far from all others."""
    random = np.random.default_rng(seed)
    found = random.lognormal(1, 1, (count, ROW_WIDTH)).astype(np.float32)
    vector = random.normal(size=(count, WIDTH))
    vector[:-1, 0] += 5
    found[:, STAMPS_BEGIN:] = vector / np.linalg.norm(vector, axis=1, keepdims=True)
    found[:, STAMPS_BEGIN - 1] = np.arange(count) % 2
    found[-1, : STAMPS_BEGIN - 1] *= 50
    return found


@pytest.fixture(scope="module")
def judges() -> Judges:
    return fitted(rows(600, 0)[:-1], Recipe(steps=30))


def test_the_file_says_what_training_says(judges: Judges, tmp_path: Path) -> None:
    some = rows(200, 1)
    rates = calibrated(judges.scores(some), some[:, STAMPS_BEGIN - 1])
    wanted = judges.looked_at(some, rates)
    exported(judges, rates, tmp_path / "anomaly.onnx", {})
    found = Anomaly(tmp_path / "anomaly.onnx", EMBEDDING_WEIGHTS).looked_at(some)
    assert found.leaves.shape == (200, TREES)
    assert (found.leaves == wanted.leaves).mean() > 0.999
    assert np.allclose(found.scores, wanted.scores, rtol=1e-3)
    assert np.allclose(found.rarity, wanted.rarity, atol=0.05)
    assert found.rarity[-1, 0] >= 2


def test_rates_are_as_often_as_they_say() -> None:
    random = np.random.default_rng(0)
    scores = random.gamma(2.0, size=(20_000, 2))
    rates = calibrated(scores, np.arange(20_000, dtype=np.float32) % 2)["ztf"]
    fresh = rates.rarities(random.gamma(2.0, size=(200_000, 2)))
    for column in fresh.T:
        for one_in in (2, 10, 100, 1_000):
            share = (column >= np.log10(one_in)).mean()
            assert np.isclose(share * one_in, 1, rtol=0.35)


def test_the_expected_way_is_that_of_random_trees() -> None:
    assert expected(np.array([1, 2])).tolist() == [0, 1]
    assert np.isclose(
        expected(np.array([256]))[0], 2 * (np.log(255) + 0.5772156649) - 2 * 255 / 256
    )
