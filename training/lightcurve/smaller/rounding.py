"""Teaches a network on while its weights stand on the steps that a packed file can hold.

What goes forward is rounded, what comes back passes the rounding as if it were not there: the
straight-through estimate of Bengio et al. 2013, arXiv:1308.3432.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn
from torch.nn.utils import parametrize

from training.packing import LEAST

Net = TypeVar("Net", bound=nn.Module)


class Rounded(nn.Module):
    """A weight (out, in) in whole steps of its own for each output channel, as `few_bits` does."""

    def __init__(self, bits: int) -> None:
        super().__init__()
        self.most = 2 ** (bits - 1) - 1

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        """The same shape; channels of zeros stay so."""
        largest = weight.detach().abs().amax(dim=1, keepdim=True)
        step = torch.where(largest > 0, largest / self.most, 1.0)
        return weight + (torch.round(weight / step) * step - weight).detach()


def rounded_in_training(net: Net, fine_tune: Callable[[Net], Net], bits: int) -> Net:
    """A copy, fine-tuned in `bits` bits, its weights being what `few_bits` keeps as they are.

    `fine_tune` may change the network that it is given, or give a deep copy of it.
    """
    tuned = copy.deepcopy(net)
    for layer in _layers(tuned):
        parametrize.register_parametrization(layer, "weight", Rounded(bits))
    tuned = fine_tune(tuned)
    for layer in _layers(tuned):
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)
    return tuned


def _layers(net: nn.Module) -> list[nn.Linear]:
    """Those whose weights are packed."""
    linear = [one for one in net.modules() if isinstance(one, nn.Linear)]
    return [one for one in linear if one.weight.numel() >= LEAST]
