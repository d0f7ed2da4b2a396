"""Simulated pairs to learn from: their candidates are called what they are."""

from __future__ import annotations

import numpy as np
import pytest

from training.realbogus.labels import BAD_PIXEL, BAD_SUBTRACTION, COSMIC_RAY, REAL
from training.realbogus.own.material import lessons_of_pairs, sight
from training.realbogus.own.pairs import Shown, shown

SIDE = 384


@pytest.fixture(scope="module")
def found() -> Shown:
    parts = [shown(seed, sight(), SIDE) for seed in (3, 4)]
    return Shown.joined([one for one in parts if one is not None])


def test_a_pair_shows_sources_and_artefacts_of_each_kind(found: Shown) -> None:
    assert {REAL, BAD_SUBTRACTION, COSMIC_RAY, BAD_PIXEL} <= set(found.label.tolist())
    assert found.images.shape[1:] == (6, 21, 21)
    assert np.all(np.isfinite(found.signal) == (found.label == REAL))
    assert found.signal[found.label == REAL].min() > 2


def test_a_pair_s_seed_says_all_of_it(found: Shown) -> None:
    again = shown(3, sight(), SIDE)
    assert again is not None
    rows = found.pair == 3
    assert np.array_equal(again.images, found.images[rows])
    assert np.array_equal(again.label, found.label[rows])


def test_a_lesson_is_of_one_label(found: Shown) -> None:
    lessons = lessons_of_pairs(found)
    assert [len(np.unique(one.said)) for one in lessons] == [1] * len(lessons)
    assert sum(len(one.said) for one in lessons) == len(found.label)
