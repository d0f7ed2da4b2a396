"""Fits the network by the pinball losses of its quantiles, and calibrates its intervals."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from classifiers.phase_layout import DAYS, QUANTILES, TARGETS
from classifiers.phase_shape import ANCHORS, FEATURES, shapes
from training.arrays import Floats, Ints, Singles
from training.fit import following, seeded, stepped
from training.phase.material import Material
from training.phase.model import (
    AGES,
    MAGS,
    SYSTEMS,
    UNIT,
    PhaseNet,
    log_age,
    ramp,
    reference,
)

KEPT_OF_MEAN = 0.998
DATES, DATES_WEIGHT = slice(1, 4), 2.0
"""Of TARGETS: when peaks are."""
COVERED = 0.6827
TURNS = 4
"""Of calibrating by age, then by magnitude."""
FACTORS = (0.3, 4.0)
ROWS_MIN = 50


@dataclass(frozen=True)
class Recipe:
    """Everything besides the rows that a fit depends on."""

    steps: int = 10_000
    batch: int = 256
    learning_rate: float = 3e-3
    weight_decay: float = 1e-3
    seed: int = 0


def fitted(some: Material, recipe: Recipe) -> PhaseNet:
    """A network of these cuts, the running mean of its weights, not calibrated."""
    with seeded(recipe.seed):
        net = PhaseNet()
        rows = torch.from_numpy(some.rows)
        net.scaling.settle(rows)
        told, anchors = told_of(some.rows)
        truth = learnt(rows, anchors, some.truth)
        mean, chance = copy.deepcopy(net), torch.from_numpy(_chances(some))

        def loss() -> torch.Tensor:
            drawn = torch.multinomial(chance, recipe.batch, replacement=True)
            return pinball(net.scaled(rows[drawn], told[drawn]), truth[drawn])

        stepped(net, loss, recipe, after=following(mean, net, KEPT_OF_MEAN))
    mean.scaling = net.scaling
    mean.eval()
    return mean


def _chances(some: Material) -> Floats:
    """Each object comes as often as another, and each system for a half."""
    _, row, count = np.unique(some.name, return_inverse=True, return_counts=True)
    chance = 1 / count[row.ravel()]
    for system in range(SYSTEMS):
        chance[some.system == system] /= max(chance[some.system == system].sum(), 1e-9)
    return chance


def told_of(rows: Singles) -> tuple[torch.Tensor, torch.Tensor]:
    """Features and anchors of rows."""
    told, anchors = torch.from_numpy(shapes(rows)).split([FEATURES, ANCHORS], dim=1)
    return told, anchors


def learnt(rows: torch.Tensor, anchors: torch.Tensor, truth: Floats) -> torch.Tensor:
    """Truths (n, TARGETS) as what is learnt: the asinh of days from their anchors, and magnitudes
    less the brightest.
    """
    days = np.arcsinh((truth[:, : len(DAYS)] - anchors.numpy()) / UNIT)
    mags = truth[:, len(DAYS) :] - reference(rows).numpy()
    return torch.from_numpy(np.concatenate([days, mags], axis=1)).float()


def pinball(
    given: tuple[torch.Tensor, torch.Tensor, torch.Tensor], truth: torch.Tensor
) -> torch.Tensor:
    """The mean of the quantiles' losses over what is known (Koenker and Bassett 1978).

    The dates of peaks weigh DATES_WEIGHT times as much as the other values.
    """
    middle, low, high = given
    weights = torch.ones(len(TARGETS))
    weights[DATES] = DATES_WEIGHT
    weights = weights / weights.mean()
    known = ~torch.isnan(truth)
    truth = torch.where(known, truth, middle.detach())
    total = torch.zeros(())
    for share, quantile in zip(QUANTILES, (middle - low, middle, middle + high), strict=True):
        off = truth - quantile
        each = torch.maximum(share * off, (share - 1) * off) * known
        total = total + (weights * each.sum(dim=0) / known.sum(dim=0).clamp(min=1)).mean()
    return total


def calibrate(net: PhaseNet, apart: Material) -> None:
    """Widen intervals by age and magnitude until they hold 68.3 % of these, by system."""
    rows = torch.from_numpy(apart.rows)
    with torch.inference_mode():
        told, anchors = told_of(apart.rows)
        parts = zip(rows.split(4096), told.split(4096), strict=True)
        given = [net.scaled(*each) for each in parts]
    middle, low, high = (torch.cat(each) for each in zip(*given, strict=True))
    truth = learnt(rows, anchors, apart.truth)
    off = (truth - middle).numpy()
    needed = np.where(off > 0, off / high.numpy(), -off / low.numpy())
    for system in range(SYSTEMS):
        there = apart.system == system
        for knots, value, count in (
            (net.age_knots, log_age(rows), AGES),
            (net.mag_knots, reference(rows), MAGS),
        ):
            shares = (np.arange(count) + 0.5) / count
            knots[system] = torch.from_numpy(np.quantile(value[there].numpy(), shares)).float()
        for _ in range(TURNS):
            for value, knots, table in (
                (log_age(rows), net.age_knots, net.by_age),
                (reference(rows), net.mag_knots, net.by_mag),
            ):
                nearest = ramp(value, knots[system].expand(len(rows), -1)).numpy().argmax(axis=1)
                nearest[~there] = -1
                _adjust(needed / net.widening(rows).numpy(), nearest, table[system])


def _adjust(needed: NDArray[np.floating], nearest: Ints, table: torch.Tensor) -> None:
    """Multiply the factors at each knot by what the rows nearest to it want."""
    for knot in range(len(table)):
        for target in range(len(TARGETS)):
            some = needed[nearest == knot, target]
            some = some[np.isfinite(some)]
            if len(some) >= ROWS_MIN:
                want = float(table[knot, target]) * float(np.quantile(some, COVERED))
                table[knot, target] = float(np.clip(want, *FACTORS))
