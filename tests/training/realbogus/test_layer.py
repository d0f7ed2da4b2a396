"""The layer that is read beside something else: of a network that does not know some alerts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.training.realbogus.invented import material, rows_of
from training.fit import asked
from training.realbogus import layer as module
from training.realbogus.fitting import Lesson, Recipe
from training.realbogus.layer import layer, said
from training.realbogus.model import RealBogusNet


def test_a_network_learns_nothing_of_alerts_that_it_may_not_know(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    some, taught = material(40), list[int]()

    def heard(lessons: Sequence[Lesson], recipe: Recipe) -> RealBogusNet:
        for lesson in lessons:
            taught.extend(rows_of(lesson.images).tolist())
        net = RealBogusNet(recipe.channels)
        net.eval()
        return net

    monkeypatch.setattr(module, "fitted", heard)
    unknown = np.arange(40) < 15
    found = layer(some, unknown, np.array([3, 30]), Recipe(channels=(4, 6, 8)))
    assert found.shape == (2, 16)
    assert taught and not unknown[taught].any()


def test_the_layer_is_the_last_before_the_head_its_middle_first() -> None:
    some, net = material(10), RealBogusNet((4, 6, 8)).eval()
    found = said(net, some.images)
    whole = asked(lambda part: net.features(part.float()), some.images)
    np.testing.assert_allclose(found[:, :8], whole[:, :, 1, 1], atol=1e-6)
    np.testing.assert_allclose(found[:, 8:], whole.mean(axis=(2, 3)), atol=1e-6)
