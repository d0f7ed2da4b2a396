"""Steps of a fit: a cycle of rates, or one rate throughout."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import nn

from training.fit import stepped
from training.realbogus.fitting import Recipe


@pytest.mark.parametrize("constant", [True, False])
def test_a_constant_rate_is_adams_first_step_again_and_again(constant: bool) -> None:
    net = nn.Linear(1, 1, bias=False)
    places = [net.weight.item()]
    recipe = Recipe(steps=4, learning_rate=0.1, weight_decay=0.0, constant=constant)

    def loss() -> torch.Tensor:
        return net.weight.sum()

    def follow(_: int) -> None:
        places.append(net.weight.item())

    stepped(net, loss, recipe, constant=recipe.constant, after=follow)
    walked = [before - after for before, after in pairwise(places)]
    assert (walked == pytest.approx([0.1] * 4, rel=1e-3)) == constant
