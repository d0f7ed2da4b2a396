"""Fits the embedding: first without labels, then shaped by those there are."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from classifiers.embedding_layout import CONTEXT_BEGIN, STAMPS_BEGIN, WIDTH
from classifiers.observations import layout
from training.arrays import Floats, Ints, Mask, Singles
from training.embedding.material import CLASSES, NO_CLASS, SIMULATED, Material
from training.embedding.model import EmbeddingNet
from training.fit import asked, following, seeded, stepped

SETTLING = 16_384
"""Rows, of which scales are taken."""
MEMORY = 0.99
"""Of the running mean of the weights, which is what is taken."""
TEMPERATURE = 0.15
"""Of likeness between two views of one object (van den Oord et al. 2018, arXiv:1807.03748)."""
SHARPNESS = 12.0
"""Of cosines to the classes' directions."""
HIDDEN_SHARE, HIDDEN_TOKENS = 0.5, 0.5
"""Of rows, of which this share of the observations is hidden."""
BLIND_SHARE = 0.2
"""Of rows with stamps, that learn without them."""
SIMULATED_SHARE, UNKNOWN_SHARE = 0.5, 0.3
"""Of a batch's objects; of the real ones, those without a class."""
BALANCE = 0.4
"""How often a class comes: as its number of objects to this power."""
VIEWS_WEIGHT, FEATURES_WEIGHT, STAMPS_WEIGHT = 0.3, 0.3, 0.2
"""Beside the labels' loss, of what was learnt without them."""


@dataclass(frozen=True)
class Recipe:
    """Everything besides the views that a fit depends on."""

    unlabelled_steps: int = 800
    steps: int = 3_000
    batch: int = 96
    """Objects, of each two views."""
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    seed: int = 0


class Learner(nn.Module):
    """The network, and what it is taught with and served without."""

    def __init__(self) -> None:
        super().__init__()
        self.net = EmbeddingNet()
        self.directions = nn.Parameter(torch.randn(len(CLASSES), WIDTH) / WIDTH**0.5)
        self.decode = nn.Sequential(
            nn.Linear(WIDTH, 128), nn.ReLU(), nn.Linear(128, self.net.light.scaling.features)
        )


class Drawn(NamedTuple):
    """Two views of each of some objects, one after the other."""

    rows: torch.Tensor
    """(2 b, ROW_WIDTH)."""
    label: torch.Tensor
    """(b,)."""
    simulated: torch.Tensor
    """(b,)."""


class Draw:
    """Objects drawn by source and class, and two of the views of each."""

    def __init__(self, some: Material, random: np.random.Generator) -> None:
        key = np.char.add(some.name, np.where(some.source == SIMULATED, "s", "r"))
        _, first, place = np.unique(key, return_index=True, return_inverse=True)
        self._rows = torch.from_numpy(some.rows)
        self._order = np.argsort(place, kind="stable")
        self._begin = np.searchsorted(place[self._order], np.arange(len(first) + 1))
        self._label, self._simulated = some.label[first], some.source[first] == SIMULATED
        self._edges = np.cumsum(_chances(self._label, self._simulated))
        self._random = random
        self.prior = _priors(self._label, self._simulated, np.diff(self._edges, prepend=0.0))

    def __call__(self, count: int) -> Drawn:
        """So many objects."""
        drawn = np.searchsorted(self._edges, self._random.random(count) * self._edges[-1])
        begin, size = self._begin[drawn], np.diff(self._begin)[drawn]
        views = [begin + (self._random.random(count) * size).astype(np.int64) for _ in range(2)]
        rows = self._rows[np.concatenate([self._order[one] for one in views])]
        return Drawn(
            self._hidden(rows),
            torch.from_numpy(self._label[drawn]),
            torch.from_numpy(self._simulated[drawn]),
        )

    def _hidden(self, rows: torch.Tensor) -> torch.Tensor:
        """Some without half of their observations, some without their stamps."""
        count = len(rows)
        tokens = rows[:, layout.TOKENS_BEGIN : layout.ROW].view(count, layout.TOKENS, -1)
        masked = self._random.random((count, layout.TOKENS)) < HIDDEN_TOKENS
        masked &= self._random.random((count, 1)) < HIDDEN_SHARE
        tokens[:, :, layout.TOKEN_COLUMNS.index("precision")][torch.from_numpy(masked)] = 0
        blind = torch.from_numpy(self._random.random(count) < BLIND_SHARE)
        rows[blind, STAMPS_BEGIN:CONTEXT_BEGIN] = torch.nan
        return rows


def _chances(label: Ints, simulated: Mask) -> Floats:
    """Of each object: sources by their shares, classes by BALANCE."""
    chance = np.zeros(len(label))
    for source, share in ((True, SIMULATED_SHARE), (False, 1 - SIMULATED_SHARE)):
        own = simulated == source
        count = np.bincount(label[own] + 1, minlength=len(CLASSES) + 1).astype(float)
        weight = np.where(count > 0, count, 1.0) ** (BALANCE - 1)
        one = np.where(own, weight[label + 1], 0.0)
        unknown = own & (label == NO_CLASS)
        if unknown.any() and (own & ~unknown).any():
            one[own & ~unknown] *= (1 - UNKNOWN_SHARE) / one[own & ~unknown].sum()
            one[unknown] *= UNKNOWN_SHARE / one[unknown].sum()
        chance += share * one / max(one.sum(), 1e-12)
    return chance


def _priors(label: Ints, simulated: Mask, chance: Floats) -> torch.Tensor:
    """(2, classes), in logarithms, of real and simulated batches; far below 0 where none is."""
    found = np.full((2, len(CLASSES)), -30.0)
    for source in (0, 1):
        own = (simulated == bool(source)) & (label != NO_CLASS)
        share = np.bincount(label[own], chance[own], len(CLASSES))
        there = share > 0
        found[source, there] = np.log(share[there] / share.sum())
    return torch.from_numpy(found).float()


class Fitted(NamedTuple):
    """The running mean of the weights after each course."""

    trunk: EmbeddingNet
    """Taught without labels."""
    whole: EmbeddingNet


def fitted(some: Material, recipe: Recipe) -> Fitted:
    """Both courses; one of no steps changes nothing."""
    with seeded(recipe.seed):
        learner = Learner()
        random = np.random.default_rng(recipe.seed)
        settling = random.permutation(len(some.rows))[:SETTLING]
        learner.net.settle(torch.from_numpy(some.rows[settling]))
        draw = Draw(some, random)
        learner = _course(learner, draw, recipe, recipe.unlabelled_steps, labelled=False)
        trunk = copy.deepcopy(learner.net)
        learner = _course(learner, draw, recipe, recipe.steps, labelled=True)
    return Fitted(trunk.eval(), learner.net.eval())


@dataclass(frozen=True)
class _Course:
    steps: int
    learning_rate: float
    weight_decay: float


def _course(learner: Learner, draw: Draw, recipe: Recipe, steps: int, *, labelled: bool) -> Learner:
    if not steps:
        return learner
    learner.train()
    mean = copy.deepcopy(learner)

    def loss() -> torch.Tensor:
        return _loss(learner, draw(recipe.batch), draw.prior if labelled else None)

    course = _Course(steps, recipe.learning_rate, recipe.weight_decay)
    stepped(learner, loss, course, fused=True, after=following(mean, learner, MEMORY))
    return mean


def _loss(learner: Learner, drawn: Drawn, prior: torch.Tensor | None) -> torch.Tensor:
    net, count = learner.net, len(drawn.label)
    parts = net.parts(drawn.rows)
    vectors = net.joined(parts)
    told = net.light.scaling(drawn.rows[:, :STAMPS_BEGIN]).features
    other = torch.cat([told[count:], told[:count]])
    features = functional.smooth_l1_loss(learner.decode(vectors), other)
    alike = _alike(vectors[:count], vectors[count:])
    whole = VIEWS_WEIGHT * alike + FEATURES_WEIGHT * features
    there = ~torch.isnan(drawn.rows[:, STAMPS_BEGIN])
    if int(there.sum()) > 1:
        light, seen, about = (one[there] for one in parts)
        nothing = torch.zeros_like
        by_light = net.joined((light, nothing(seen), nothing(about)))
        by_stamps = net.joined((nothing(light), seen, about))
        whole = whole + STAMPS_WEIGHT * _alike(by_light, by_stamps)
    return whole if prior is None else whole + _named(learner, vectors, drawn, prior)


def _alike(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of each among all others' partners, both ways."""
    cosine, own = one @ other.T / TEMPERATURE, torch.arange(len(one))
    return (functional.cross_entropy(cosine, own) + functional.cross_entropy(cosine.T, own)) / 2


def _named(
    learner: Learner, vectors: torch.Tensor, drawn: Drawn, prior: torch.Tensor
) -> torch.Tensor:
    """Cross-entropy to the classes' directions, as if all classes of a survey were alike."""
    known = (drawn.label != NO_CLASS).repeat(2)
    label, source = drawn.label.repeat(2)[known], drawn.simulated.repeat(2)[known].long()
    directions = functional.normalize(learner.directions, dim=1)
    logits = SHARPNESS * vectors[known] @ directions.T + prior[source]
    return functional.cross_entropy(logits, label)


def vectors(net: EmbeddingNet, rows: Singles) -> Singles:
    """(n, WIDTH), as served."""
    return asked(net, rows)
