"""The autoencoder over plain features and embedding, and both judges fitted and calibrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from classifiers.anomaly import LEVELS, Oddity, Rates, Tail, rarities_of
from classifiers.embedding_layout import EXTRAS, STAMPS_BEGIN, SYSTEMS, WIDTH
from training.anomaly.forest import Forest, grown
from training.arrays import Mask, Singles
from training.fit import asked, seeded, stepped
from training.lightcurve.scaling import Scaling

HIDDEN, CODE = 64, 16
VECTOR_SCALE = WIDTH**0.5
"""An embedding has length 1; so each of its numbers spreads as a feature does."""


class AnomalyNet(nn.Module):
    """Rows (n, ROW_WIDTH) to the autoencoder's error and what the forest reads, (n, 1 + f)."""

    def __init__(self) -> None:
        super().__init__()
        self.scaling = Scaling(len(EXTRAS))
        width = self.scaling.features + WIDTH
        self.again = nn.Sequential(
            nn.Linear(width, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, CODE),
            nn.Linear(CODE, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, width),
        )

    def features(self, rows: torch.Tensor) -> torch.Tensor:
        """(n, f): the light curve's in their spreads, then the embedding."""
        light = self.scaling(rows[:, :STAMPS_BEGIN]).features
        return torch.cat([light, VECTOR_SCALE * rows[:, STAMPS_BEGIN:]], dim=1)

    def read(self, rows: Singles) -> Singles:
        """The same, of arrays."""
        return asked(self.features, rows)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """As exported."""
        features = self.features(rows)
        error = (self.again(features) - features).square().mean(dim=1, keepdim=True)
        return torch.cat([error, features], dim=1)


@dataclass(frozen=True)
class Recipe:
    """Everything besides the rows that a fit depends on."""

    steps: int = 1_500
    batch: int = 128
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    seed: int = 0


class Judges(NamedTuple):
    """Both, fitted."""

    net: AnomalyNet
    forest: Forest

    def looked_at(self, rows: Singles, rates: Mapping[str, Rates]) -> Oddity:
        """As the file that is written says it."""
        found = asked(self.net, rows)
        leaves = self.forest.leaves(found[:, 1:])
        scores = np.column_stack([self.forest.scores(leaves), found[:, 0]]).astype(np.float32)
        return Oddity(rarities_of(rates, scores, rows), leaves, scores)

    def scores(self, rows: Singles) -> Singles:
        """(n, JUDGES), as they are."""
        return self.looked_at(rows, {}).scores


def fitted(rows: Singles, recipe: Recipe) -> Judges:
    """Of rows (n, ROW_WIDTH)."""
    random = np.random.default_rng(recipe.seed)
    with seeded(recipe.seed):
        net, told = settled(rows), torch.from_numpy(rows)

        def loss() -> torch.Tensor:
            return net(told[random.integers(len(rows), size=recipe.batch)])[:, 0].mean()

        stepped(net.train(), loss, recipe, fused=True)
    net.eval()
    return Judges(net, grown(net.read(rows), recipe.seed))


def settled(rows: Singles) -> AnomalyNet:
    """One whose features are in the spreads of these rows; it has learnt nothing."""
    net = AnomalyNet()
    net.scaling.settle(torch.from_numpy(rows[:, :STAMPS_BEGIN]))
    return net


def calibrated(scores: NDArray[np.floating], system: Singles) -> dict[str, Rates]:
    """How rare scores (n, JUDGES) are, by photometric system, of rows that were not learnt."""
    there = [(place, name) for place, name in enumerate(SYSTEMS) if (system == place).any()]
    return {name: _rates(scores[system == place]) for place, name in there}


def _rates(scores: NDArray[np.floating]) -> Rates:
    forest, error = (_tail(one) for one in scores.T)
    both = forest.rarity(scores[:, 0]) + error.rarity(scores[:, 1])
    return Rates(forest, error, _tail(both))


def _tail(scores: NDArray[np.floating]) -> Tail:
    """Quantiles, and the mean excess over the last."""
    knots = np.quantile(scores, 1 - 10.0**-LEVELS)
    excess = scores[scores > knots[-1]] - knots[-1]
    return Tail(tuple(knots.tolist()), float(max(excess.mean(), 1e-6)))


def is_settled(taught: Mask, fold: np.ndarray) -> tuple[Mask, Mask]:
    """Rows that are learnt, and rows by which scores are calibrated: other objects."""
    learnt = fold % 2 == 0
    return taught & learnt, taught & ~learnt
