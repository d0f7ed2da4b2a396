"""Fitting: from one seed one network, every lesson has its share, labels and chances both teach."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.training.realbogus.invented import marked, odd_stamps, rows_of
from tests.training.realbogus.read_back import scored
from training import fit
from training.realbogus import fitting
from training.realbogus.fitting import (
    Images,
    Lesson,
    Recipe,
    fitted,
    logits,
    seen,
    tuned,
)
from training.realbogus.labels import LABELS, REAL
from training.realbogus.model import RealBogusNet

QUICK = Recipe(steps=120, batch=48, channels=(4, 6, 8), learning_rate=2e-2)


def patterned(label: NDArray[np.int64], seed: int = 0) -> Images:
    """Noise, (k, 6, 21, 21), with a square of its own in one plane for each label."""
    random = np.random.default_rng(seed)
    images = random.normal(0, 0.3, (len(label), 6, 21, 21)).astype(np.float16)
    for row, one in enumerate(label):
        images[row, one, 7:14, 7:14] += 1
    return images


def labelled(count: int = 200, seed: int = 0) -> Lesson:
    label = np.arange(count) % len(LABELS)
    return Lesson(patterned(label, seed), label, 1.0)


def real_chance(net: RealBogusNet, images: Images) -> NDArray[np.float32]:
    chances = torch.softmax(torch.from_numpy(logits(net, images)), dim=1)
    found: NDArray[np.float32] = chances[:, REAL].numpy()
    return found


@pytest.fixture(scope="module")
def net() -> RealBogusNet:
    """Taught four labels by name, and of the fifth pattern only that it is real seven times in
    ten.
    """
    named = np.arange(160) % 4
    unnamed = np.full(100, 4)
    chances = np.full(100, 0.7, np.float32)
    lessons = [Lesson(patterned(named), named, 2.0), Lesson(patterned(unnamed), chances, 1.0)]
    return fitted(lessons, QUICK)


def test_labels_teach(net: RealBogusNet) -> None:
    fresh = np.arange(80) % 4
    assert (logits(net, patterned(fresh, seed=9)).argmax(axis=1) == fresh).mean() > 0.95


def test_chances_teach_no_more_than_the_chance(net: RealBogusNet) -> None:
    found = real_chance(net, patterned(np.full(60, 4), seed=9))
    assert found.mean() == pytest.approx(0.7, abs=0.12)


def test_one_seed_gives_one_network_and_another_gives_another() -> None:
    recipe = replace(QUICK, steps=4)
    first, again, other = (
        logits(fitted([labelled()], one), labelled().images)
        for one in (recipe, recipe, replace(recipe, seed=1))
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-4


def test_a_fit_leaves_the_random_numbers_of_others_alone() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        expected = torch.rand(3)
        torch.manual_seed(5)
        fitted([labelled()], replace(QUICK, steps=1))
        assert torch.equal(torch.rand(3), expected)


def test_a_fitted_network_is_ready_to_score(net: RealBogusNet) -> None:
    assert not net.training
    assert {one.device.type for one in net.parameters()} == {"cpu"}
    assert net.slope == 1 and not net.offset.any()


def test_tuning_goes_on_from_where_a_network_is_and_from_its_seed(net: RealBogusNet) -> None:
    before = logits(net, labelled().images)
    after, again = (
        logits(tuned(deepcopy(net), [labelled()], replace(QUICK, steps=2)), labelled().images)
        for _ in range(2)
    )
    assert 0 < np.abs(after - before).mean() < 0.5 * np.abs(before).mean()
    np.testing.assert_array_equal(after, again)


def test_every_lesson_has_its_share_of_every_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    batches = []

    def noted(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        batches.append(Counter((rows_of(images.numpy().astype(np.float16)) // 100).tolist()))
        return images

    monkeypatch.setattr(fitting, "turned_at_random", noted)
    random = np.random.default_rng(0)
    shares = {0: 1.0, 1: 1.0, 2: 6.0, 3: 1e-6}
    lessons = [
        Lesson(marked(100 * one + np.arange(30), random), np.zeros(30, np.int64), share)
        for one, share in shares.items()
    ]
    fitted(lessons, replace(QUICK, steps=5, batch=64))
    assert batches == [{0: 8, 1: 8, 2: 48, 3: 1}] * 5


def test_stamps_are_turned_before_they_are_learnt_from(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = replace(QUICK, steps=3)
    turned = logits(fitted([labelled()], recipe), labelled().images)
    monkeypatch.setattr(fitting, "turned_at_random", lambda images, _: images)
    upright = logits(fitted([labelled()], recipe), labelled().images)
    assert np.abs(turned - upright).max() > 1e-4


def test_the_loss_is_a_plain_cross_entropy() -> None:
    random = np.random.default_rng(1)
    given = random.normal(0, 3, (40, len(LABELS)))
    label = random.integers(-1, len(LABELS), 40)
    real = np.where(label < 0, random.uniform(size=40), label == REAL)
    powers = np.exp(given)
    chances = powers / powers.sum(axis=1, keepdims=True)
    plain = [
        -np.log(p[one]) if one >= 0 else -r * np.log(p[REAL]) - (1 - r) * np.log(1 - p[REAL])
        for p, one, r in zip(chances, label, real, strict=True)
    ]
    found = fitting._loss(*(torch.from_numpy(column) for column in (given, label, real)))
    assert float(found) == pytest.approx(np.mean(plain), rel=1e-9)


def test_what_is_seen_and_scored_does_not_depend_on_how_many_at_once(
    net: RealBogusNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamps = odd_stamps()
    chances, images = scored(net, stamps), seen(net, stamps)
    given = logits(net, images)
    assert images.shape == (12, 6, 21, 21) and images.dtype == np.float16
    monkeypatch.setattr(fit, "ASKED_AT_ONCE", 5)
    np.testing.assert_allclose(scored(net, stamps), chances, atol=1e-5)
    np.testing.assert_allclose(seen(net, stamps), images, atol=1e-3)
    np.testing.assert_allclose(logits(net, images), given, atol=1e-4)


def test_what_is_seen_does_not_depend_on_the_weights(net: RealBogusNet) -> None:
    np.testing.assert_array_equal(seen(net, odd_stamps()), seen(RealBogusNet(), odd_stamps()))


def test_weights_are_counted() -> None:
    kernels = 6 * 4 * 9 + 4 * 6 * 9 + 6 * 8 * 9 + 8 * 5 * 9
    counted = sum(one.numel() for one in RealBogusNet((4, 6, 8)).parameters())
    assert counted == kernels + 2 * (4 + 6 + 8) + 5
