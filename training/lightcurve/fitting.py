"""One network fitted to one set of lessons, from one seed; and what it says of rows."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from training.lightcurve.model import LightCurveNet, Shape
from training.lightcurve.teaching.lessons import Batch, Lessons

SCORED_AT_ONCE = 256


@dataclass(frozen=True)
class Recipe:
    """Everything besides the lessons that a network depends on."""

    seed: int = 0
    steps: int = 8000
    batch: int = 128
    learning_rate: float = 2e-3
    """The highest of a one-cycle schedule (Smith and Topin 2018, arXiv:1708.07120)."""
    weight_decay: float = 1e-2
    memory: float = 0.999
    """Of the running mean over the steps' weights, which is what is taken in the end."""
    shape: Shape = field(default_factory=Shape)


def fitted(lessons: Lessons, recipe: Recipe) -> LightCurveNet:
    """A network ready to score. The mean of the last steps' weights is taken, whatever it gives."""
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        net = LightCurveNet(lessons.classes, recipe.shape)
        net.scaling.settle(torch.from_numpy(lessons.settling()))
        return _taught(net, lessons, recipe)


def tuned(net: LightCurveNet, lessons: Lessons, recipe: Recipe) -> LightCurveNet:
    """A copy of a network after `recipe.steps` steps more."""
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        return _taught(copy.deepcopy(net), lessons, recipe)


def _taught(net: LightCurveNet, lessons: Lessons, recipe: Recipe) -> LightCurveNet:
    """The running mean of the weights; the network itself is changed."""
    # More threads wait for one another on a busy machine, and these layers are small.
    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    random = np.random.default_rng(recipe.seed)
    edges, prior = np.cumsum(lessons.chance), torch.from_numpy(np.log(lessons.prior)).float()
    net.to(device).train()
    mean = copy.deepcopy(net)
    optimizer = torch.optim.AdamW(
        net.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.learning_rate, total_steps=recipe.steps
    )
    for step in range(recipe.steps):
        batch = lessons.drawn(random, recipe.batch, edges)
        optimizer.zero_grad()
        _loss(net, batch, prior.to(device)).backward()
        optimizer.step()
        schedule.step()
        _follow(mean, net, min(recipe.memory, (step + 1) / (step + 10)))
    taken: LightCurveNet = mean.to("cpu").eval()
    return taken


def _loss(net: LightCurveNet, batch: Batch, prior: torch.Tensor) -> torch.Tensor:
    """Cross-entropy to label and teacher.

    The batches' prior is added to the logits, so that without it they are of an even one (Menon
    et al. 2021, arXiv:2007.07314); the teacher's even odds are brought to the batches' alike.
    """
    parts = [torch.from_numpy(part).to(prior.device) for part in batch]
    rows, label, soft, trust = parts
    chances = torch.log_softmax(net.logits(rows) + prior, dim=1)
    said = soft * prior.exp()
    said = said / said.sum(dim=1, keepdim=True)
    named = chances.gather(1, label.unsqueeze(1)).squeeze(1)
    return -(trust * (said * chances).sum(dim=1) + (1 - trust) * named).mean()


def _follow(mean: LightCurveNet, net: LightCurveNet, memory: float) -> None:
    with torch.no_grad():
        for kept, new in zip(mean.parameters(), net.parameters(), strict=True):
            kept.lerp_(new, 1 - memory)


def logits(net: LightCurveNet, rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """(k, classes) of rows, not calibrated."""
    return _asked(net.logits, rows)


def scored(net: LightCurveNet, rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Calibrated probabilities (k, classes) of rows, as the served file gives."""
    return _asked(net, rows)


def _asked(
    answer: Callable[[torch.Tensor], torch.Tensor], rows: NDArray[np.float32]
) -> NDArray[np.float32]:
    parts = torch.from_numpy(rows).split(SCORED_AT_ONCE)
    with torch.inference_mode():
        found: NDArray[np.float32] = torch.cat([answer(part) for part in parts]).numpy()
    return found
