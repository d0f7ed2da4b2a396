"""One network fitted to one set of lessons, from one seed; and what it says of rows."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from training.arrays import Singles
from training.fit import asked, device, following, seeded, stepped
from training.lightcurve.model import LightCurveNet, Shape
from training.lightcurve.teaching.lessons import Batch, Lessons

SECOND = 1_000
"""Between the seeds of a network's two cycles."""


@dataclass(frozen=True)
class Recipe:
    """Everything besides the lessons that a network depends on."""

    seed: int = 0
    steps: int = 8000
    batch: int = 128
    learning_rate: float = 2e-3
    """The highest of a one-cycle schedule, as `fit.Steps` says."""
    weight_decay: float = 1e-2
    memory: float = 0.999
    """Of the running mean over the steps' weights, which is what is taken in the end."""
    shape: Shape = field(default_factory=Shape)
    more: int = 0
    """Steps of a second cycle, as high as the first, with other batches and less dropout."""
    more_dropout: float = 0.1


def fitted(lessons: Lessons, recipe: Recipe) -> LightCurveNet:
    """A network ready to score. The mean of the last steps' weights is taken, whatever it gives."""
    with seeded(recipe.seed):
        net = LightCurveNet(lessons.classes, recipe.shape)
        net.scaling.settle(torch.from_numpy(lessons.settling()))
        first = _taught(net, lessons, recipe)
    return again(first, lessons, recipe) if recipe.more else first


def again(net: LightCurveNet, lessons: Lessons, recipe: Recipe) -> LightCurveNet:
    """A copy of a network of one cycle after its second."""
    with seeded(recipe.seed):
        found = LightCurveNet(lessons.classes, replace(net.shape, dropout=recipe.more_dropout))
    found.load_state_dict(net.state_dict())
    return tuned(found, lessons, replace(recipe, seed=recipe.seed + SECOND, steps=recipe.more))


def tuned(net: LightCurveNet, lessons: Lessons, recipe: Recipe) -> LightCurveNet:
    """A copy of a network after `recipe.steps` steps more."""
    with seeded(recipe.seed):
        return _taught(copy.deepcopy(net), lessons, recipe)


def _taught(net: LightCurveNet, lessons: Lessons, recipe: Recipe) -> LightCurveNet:
    """The running mean of the weights; the network itself is changed."""
    random = np.random.default_rng(recipe.seed)
    edges, prior = np.cumsum(lessons.chance), torch.from_numpy(np.log(lessons.prior)).float()
    prior = prior.to(device())
    net.to(device()).train()
    mean = copy.deepcopy(net)

    def loss() -> torch.Tensor:
        return _loss(net, lessons.drawn(random, recipe.batch, edges), prior)

    stepped(net, loss, recipe, fused=True, after=following(mean, net, recipe.memory))
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


def logits(net: LightCurveNet, rows: Singles) -> Singles:
    """(k, classes) of rows, not calibrated."""
    return asked(net.logits, rows)


def scored(net: LightCurveNet, rows: Singles) -> Singles:
    """Calibrated probabilities (k, classes) of rows, as the served file gives."""
    return asked(net, rows)
