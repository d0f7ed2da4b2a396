"""A network taken through its steps, and asked in parts: done alike for every network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training.arrays import Singles

ASKED_AT_ONCE = 256
"""Rows; no answer depends on it."""


Descent = tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]


class Steps(Protocol):
    """What of a recipe says how a network is fitted."""

    @property
    def steps(self) -> int:
        """How many."""

    @property
    def learning_rate(self) -> float:
        """The highest of a one-cycle schedule (Smith and Topin 2018, arXiv:1708.07120)."""

    @property
    def weight_decay(self) -> float:
        """AdamW's."""


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Torch's draws, first weights and dropout, from a seed; afterwards as if none had been."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def stepped(
    net: nn.Module,
    loss: Callable[[], torch.Tensor],
    recipe: Steps,
    *,
    fused: bool = False,
    constant: bool = False,
    after: Callable[[int], None] = lambda step: None,
) -> None:
    """Through all steps of AdamW, each after the loss of another batch; `after` follows a step.

    constant: they are Adam's, and the rate stays at its highest.
    """
    # More threads wait for one another on a busy machine, and these layers are small.
    torch.set_num_threads(1)
    optimizer, schedule = (_constant if constant else _one_cycle)(net, recipe, fused)
    for step in range(recipe.steps):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        schedule.step()
        after(step)


def following(mean: nn.Module, net: nn.Module, memory: float) -> Callable[[int], None]:
    """What makes of one network the running mean of another's weights, step after step.

    memory: the share of the mean that stays in each, at most; less in the first.
    """

    def follow(step: int) -> None:
        stays = min(memory, (step + 1) / (step + 10))
        with torch.no_grad():
            for kept, new in zip(mean.parameters(), net.parameters(), strict=True):
                kept.lerp_(new, 1 - stays)

    return follow


def _one_cycle(net: nn.Module, recipe: Steps, fused: bool) -> Descent:
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=recipe.weight_decay, fused=fused)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.learning_rate, total_steps=recipe.steps
    )
    return optimizer, schedule


def _constant(net: nn.Module, recipe: Steps, fused: bool) -> Descent:
    rate, decay = recipe.learning_rate, recipe.weight_decay
    optimizer = torch.optim.Adam(net.parameters(), rate, weight_decay=decay, fused=fused)
    return optimizer, torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)


def asked(answer: Callable[[torch.Tensor], torch.Tensor], rows: NDArray[Any]) -> Singles:
    """What a network, on the processor and ready to score, gives for each row."""
    begins = range(0, max(len(rows), 1), ASKED_AT_ONCE)
    with torch.inference_mode():
        parts = [
            answer(torch.from_numpy(np.array(rows[begin : begin + ASKED_AT_ONCE])))
            for begin in begins
        ]
        found: Singles = torch.cat(parts).numpy()
    return found
