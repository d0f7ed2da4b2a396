"""One network fitted to one set of examples, from one seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from classifiers.training.augmentation import turned_at_random
from classifiers.training.examples import Examples
from classifiers.training.model import RealBogusNet, stretched
from classifiers.training.progress import shown

SCORED_AT_ONCE = 128


@dataclass(frozen=True)
class Recipe:
    """Everything besides the examples that a network depends on."""

    seed: int = 0
    epochs: int = 40
    batch: int = 64
    learning_rate: float = 4e-3
    """The highest of a one-cycle schedule (Smith and Topin 2018, arXiv:1708.07120)."""
    weight_decay: float = 1e-3
    threads: int = 1
    """More threads wait for one another on a busy machine, and these images are small."""


def fitted(examples: Examples, recipe: Recipe, title: str = "fitting") -> RealBogusNet:
    """A network that gives the teacher's score, ready to score. The last epoch is taken.

    The teacher's score itself is the target, so that its doubt is taught as well; alerts come as
    often as they occur, so that the probabilities stay the teacher's.
    """
    torch.set_num_threads(recipe.threads)
    generator = torch.Generator().manual_seed(recipe.seed)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        net = RealBogusNet()
        # The scaling has no weights and turns with the stamp, so it is done once.
        images = stretched(torch.from_numpy(examples.stamps))
        teacher = torch.from_numpy(examples.teacher.astype(np.float32))
        optimizer = torch.optim.AdamW(net.parameters(), weight_decay=recipe.weight_decay)
        steps = -(-len(examples) // recipe.batch)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, recipe.learning_rate, total_steps=recipe.epochs * steps
        )
        for _ in shown(range(recipe.epochs), title):
            for rows in torch.randperm(len(examples), generator=generator).chunk(steps):
                seen = turned_at_random(images[rows], generator)
                _step(net, optimizer, seen, teacher[rows])
                schedule.step()
    net.eval()
    return net


def _step(
    net: RealBogusNet, optimizer: torch.optim.Optimizer, images: torch.Tensor, teacher: torch.Tensor
) -> None:
    logits = net.logits(images)
    loss = nn.functional.binary_cross_entropy_with_logits(logits[:, 1] - logits[:, 0], teacher)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def scored(net: RealBogusNet, stamps: NDArray[np.float32]) -> NDArray[np.float64]:
    """The probability of "real", (n,), of raw stamps (n, 3, 63, 63)."""
    with torch.inference_mode():
        parts = [net(part)[:, 1] for part in torch.from_numpy(stamps).split(SCORED_AT_ONCE)]
    probabilities: NDArray[np.float64] = torch.cat(parts).double().numpy()
    return probabilities
