"""From invented examples to a file that is served: the whole of training, in seconds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifiers.realbogus import RealBogus
from classifiers.training.card import Card
from classifiers.training.examples import Examples, joined
from classifiers.training.fitting import Recipe, fitted, scored
from classifiers.training.realbogus import make
from tests.classifiers.training.invented import examples

RECIPE = Recipe(epochs=10, batch=16, threads=1)


def with_asteroids() -> Examples:
    """The invented examples, and three asteroids that the teacher never scored."""
    asteroids = examples(9, seed=5).take(np.arange(0, 9, 3))
    unscored = replace(
        asteroids,
        alert_id=asteroids.alert_id + 1000,
        teacher=np.full(3, np.nan),
        asteroid_distance_arcsec=np.zeros(3),
    )
    return joined([examples(180), unscored])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Card, Path]:
    folder = tmp_path_factory.mktemp("made")
    return make(with_asteroids(), folder, RECIPE), folder


def test_what_is_made_is_served_and_tells_sources_from_noise(made: tuple[Card, Path]) -> None:
    classifier = RealBogus(made[1] / "realbogus.onnx")
    fresh = examples(60, seed=9)
    real = classifier.score_stamps(fresh.stamps)[:, 1]
    assert real[~fresh.low].min() > real[fresh.low].max()


def test_the_card_holds_the_hash_the_figures_and_the_limits(made: tuple[Card, Path]) -> None:
    card, folder = made
    text = (folder / "realbogus.md").read_text(encoding="utf-8")
    assert RealBogus(folder / "realbogus.onnx").identity.sha256 in text
    assert str(card.rows[0].auc["network"]) in text
    figures = card.rows[0].auc
    assert figures["network"].low > figures["magnitude"].high
    assert (card.asteroids.known, card.asteroids.passed) == (3, 3)
    assert "not truth" in text and "BSD-3-Clause" in text


def test_one_seed_gives_one_network_and_another_gives_another() -> None:
    some, recipe = examples(40), replace(RECIPE, epochs=2)
    first, again = (scored(fitted(some, recipe), some.stamps) for _ in range(2))
    other = scored(fitted(some, replace(recipe, seed=1)), some.stamps)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-4
