"""Fits the network: by likelihood and by CRPS, with errors and bands hidden at random."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from classifiers.redshift import BANDS, COMPONENTS
from training.arrays import Floats, Ints, Singles
from training.fit import asked, following, seeded, stepped
from training.redshift.model import KINDS, KNOTS, RedshiftNet, kinds, reference
from training.redshift.samples import NAMES, Galaxies

SHARES = {"MGS": 0.2, "SDSS": 0.25, "BOSS": 0.25, "DC2": 0.3}
"""Of what is drawn."""
HIDDEN_ROWS, HIDDEN_BANDS = 0.15, 0.3
"""Rows in which bands are hidden, and how many of their bands."""
ERRORS_HIDDEN = 0.1
"""Rows of which the errors are hidden."""
CRPS_WEIGHT = 20.0
"""In units of the likelihood's: a CRPS is some hundredths of a redshift."""
KEPT_OF_MEAN = 0.998
"""Of the running mean over weights, a step."""
JITTER_MAX = 0.7
"""Of its own error, the noise that is added to Rubin's magnitudes; their error grows with it.

Of them least is there to learn from. BOSS's u, whose errors reach tens of magnitudes, is no better
for it: its scatter was 0.0188 with such noise, 0.0169 without."""
FIFTHS, NETS = 5, 2
"""Of what may be learnt; and networks, each without another fifth, by which it calibrates."""
FACTORS = (0.3, 4.0)
COVERED = 0.6827
ROOT_TWO_PI = float(np.sqrt(2 * np.pi))


@dataclass(frozen=True)
class Recipe:
    """Everything besides the rows that a fit depends on."""

    steps: int = 16_000
    batch: int = 512
    learning_rate: float = 4e-3
    weight_decay: float = 1e-3
    seed: int = 0


def fitted(galaxies: Galaxies, recipe: Recipe) -> RedshiftNet:
    """A network of four fifths of these galaxies, calibrated by what NETS such networks lacked."""
    fifth = np.random.default_rng(recipe.seed).permutation(len(galaxies.redshift)) % FIFTHS
    nets = [_learnt(galaxies.take(fifth != one), recipe) for one in range(NETS)]
    apart = [galaxies.take(fifth == one) for one in range(NETS)]
    calibrate(nets[0], list(zip(nets, apart, strict=True)))
    return nets[0]


def _learnt(galaxies: Galaxies, recipe: Recipe) -> RedshiftNet:
    """With the running mean of its weights."""
    with seeded(recipe.seed):
        net = RedshiftNet()
        rows, truth = torch.from_numpy(galaxies.rows), torch.from_numpy(galaxies.redshift).float()
        net.settle(rows)
        mean = copy.deepcopy(net)
        chance = torch.from_numpy(_chances(galaxies))

        def loss() -> torch.Tensor:
            drawn = torch.multinomial(chance, recipe.batch, replacement=True)
            return losses(net(_hidden(_jittered(rows[drawn]))), truth[drawn]).mean()

        stepped(net, loss, recipe, after=following(mean, net, KEPT_OF_MEAN))
    mean.eval()
    return mean


def answers(net: nn.Module, rows: Singles) -> Singles:
    """What a network says of each row, (n, 3 COMPONENTS)."""
    return asked(net, rows)


def _chances(galaxies: Galaxies) -> Floats:
    counts = np.bincount(galaxies.sample, minlength=len(NAMES))
    shares = np.array([SHARES[name] for name in NAMES])
    chance: Floats = (shares / np.maximum(counts, 1))[galaxies.sample]
    return chance


def _jittered(rows: torch.Tensor) -> torch.Tensor:
    """The same as if each had been measured worse."""
    mags, errors, system = rows.split([len(BANDS), len(BANDS), 1], dim=1)
    worse = torch.rand(len(rows), 1) * JITTER_MAX * system
    noise = torch.nan_to_num(errors * worse * torch.randn(errors.shape))
    return torch.cat([mags + noise, errors * torch.sqrt(1 + worse**2), system], dim=1)


def _hidden(rows: torch.Tensor) -> torch.Tensor:
    """The same with bands and errors hidden in some."""
    count = len(BANDS)
    hide = torch.rand(len(rows), 1) < HIDDEN_ROWS
    bands = hide & (torch.rand(len(rows), count) < HIDDEN_BANDS)
    errors = bands | (torch.rand(len(rows), 1) < ERRORS_HIDDEN)
    mask = torch.cat([bands, errors, torch.zeros(len(rows), 1, dtype=torch.bool)], dim=1)
    return torch.where(mask, torch.full_like(rows, torch.nan), rows)


def losses(mixture: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Of each row, (n,)."""
    weight, mean, sigma = mixture.split(COMPONENTS, dim=1)
    off = (truth[:, None] - mean) / sigma
    density = torch.log(weight + 1e-12) - 0.5 * off**2 - torch.log(sigma * ROOT_TWO_PI)
    return -torch.logsumexp(density, dim=1) + CRPS_WEIGHT * crps(weight, mean, sigma, truth)


def crps(
    weight: torch.Tensor, mean: torch.Tensor, sigma: torch.Tensor, truth: torch.Tensor
) -> torch.Tensor:
    """Continuous ranked probability score of Gaussian mixtures (Grimit et al. 2006), (n,)."""
    to_truth = (weight * _absolute(truth[:, None] - mean, sigma)).sum(dim=1)
    apart = mean[:, :, None] - mean[:, None, :]
    both = torch.sqrt(sigma[:, :, None] ** 2 + sigma[:, None, :] ** 2)
    weights = weight[:, :, None] * weight[:, None, :]
    return to_truth - 0.5 * (weights * _absolute(apart, both)).sum(dim=(1, 2))


def _absolute(mean: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """The mean of a Gaussian's absolute value."""
    off = mean / sigma
    density = torch.exp(-0.5 * off**2) / ROOT_TWO_PI
    return 2 * sigma * density + mean * torch.erf(off / 2**0.5)


def calibrate(net: RedshiftNet, apart: Sequence[tuple[RedshiftNet, Galaxies]]) -> None:
    """Widen a network's intervals, by kind and magnitude, until they hold 68.3 %.

    apart: networks fitted alike, each with galaxies that it did not learn. Knots lie closest where
    galaxies are many, each sample of a kind counting alike.
    """
    mixture = torch.from_numpy(np.concatenate([answers(one, some.rows) for one, some in apart]))
    every = Galaxies.joined([some for _, some in apart])
    rows, truth = torch.from_numpy(every.rows), torch.from_numpy(every.redshift)
    mag, kind = reference(rows)[:, 0], kinds(rows)[:, 0]
    for one in range(KINDS):
        there = (kind == one) & ~torch.isnan(mag)
        if not there.any():
            continue
        edges = _edges(mag[there].numpy(), every.sample[there.numpy()])
        place = torch.bucketize(mag, torch.from_numpy(edges).to(mag.dtype))
        parts = [there & (place == knot) for knot in range(KNOTS)]
        centres = [float(mag[part].mean()) for part in parts]
        factors = [_factor(mixture[part].double(), truth[part]) for part in parts]
        net.widen[one] = torch.tensor([*centres, *factors])


def _edges(mag: NDArray[np.floating], sample: Ints) -> Floats:
    """Between KNOTS parts of like weight, (KNOTS - 1,), each sample weighing as much as another."""
    order = np.argsort(mag, kind="stable")
    weight = (1 / np.bincount(sample)[sample])[order]
    below = np.cumsum(weight) - weight / 2
    inner = np.arange(1, KNOTS) / KNOTS * weight.sum()
    return np.asarray(np.interp(inner, below, mag[order].astype(np.float64)))


def _factor(mixture: torch.Tensor, truth: torch.Tensor) -> float:
    """By which sigmas are multiplied for central intervals to hold what they say."""
    weight, mean, sigma = mixture.split(COMPONENTS, dim=1)
    low, high = FACTORS
    factor = 1.0
    for _ in range(30):
        factor = float(np.sqrt(low * high))
        off = (truth[:, None] - mean) / (sigma * factor) / 2**0.5
        place = (weight * 0.5 * (1 + torch.erf(off))).sum(dim=1)
        covered = float((torch.abs(place - 0.5) < COVERED / 2).double().mean())
        low, high = (factor, high) if covered < COVERED else (low, factor)
    return factor
