"""t2, the published transformer, built and trained again as a rival on our folds.

Allam and McEwen (arXiv:2105.06178); what the paper leaves open is read from their code,
github.com/tallamjr/astronet at commit 7c90cbb, which trained the published network.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from classifiers.observations.layout import BANDS
from schemas.errors import ModelError
from training.arrays import Floats, Mask
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.rivals.resampled import STEPS, Grid

WIDTH, HEADS, HIDDEN = 32, 16, 128
DROPOUT = 0.1
REDSHIFT_STEPS = 2
"""Appended to a light curve where photo-z and its error are told; both steps say the same."""
PERIOD_MAX = 10_000.0
"""Of the sinusoidal positions (Vaswani et al. 2017, arXiv:1706.03762)."""
ROWS_AT_ONCE = 64
Sequences = NDArray[np.float32]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Recipe:
    """How t2 is trained; the defaults are its authors'.

    Four things differ from their code. A class weighs 1 / (14 N_c) with N_c counted over the
    training set; theirs is counted over each batch, which lets rare classes weigh less than the
    metric gives them. Early stopping looks at objects set apart within the training set; theirs
    looks at the test set. Training ends at `learning_rate_least`. And a gradient that is no number
    is not followed; were the loss itself none, training would go on from the best weights at a
    lower rate.
    """

    seed: int = 0
    epochs_max: int = 170
    batch: int = 64
    """Their rule chooses among 16, 32 and 64 by the remainder of a set this small."""
    learning_rate: float = 0.01733092265976495
    """Their hyperparameter search's, run 1613517996-0a72904."""
    gradient_norm_max: float = 1.0
    """Of each tensor of weights, as Keras's `clipnorm` cuts it."""
    plateau_epochs: int = 5
    """Without a lower training loss, before the learning rate falls to a tenth; then as many
    again in which none are counted."""
    patience_epochs: int = 50
    """Without a lower loss on what is set apart, before training ends."""
    least_gain: float = 1e-3
    """What counts as a lower loss on what is set apart."""
    step_back: float = 0.3
    """By which the learning rate falls where a loss is no number any more."""
    learning_rate_least: float = 1e-5
    """Training ends once the learning rate is lower: such steps no longer change a figure."""


class T2(nn.Module):
    """Sequences (n, steps, 6) to probabilities (n, 14).

    A sequence is a grid of fluxes in nJy, and below it, if t2 is told redshifts, photo-z and
    its error (see `sequences`): `steps` is 100 or 102. Scaling stands inside, by the median and
    the quartiles of the training set's values: the same for all objects, each band its own.
    """

    centre: torch.Tensor
    scale: torch.Tensor
    position: torch.Tensor

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(steps, len(BANDS)))
        self.register_buffer("scale", torch.ones(steps, len(BANDS)))
        self.register_buffer("position", _positions(steps), persistent=False)
        # A convolution over one step is a linear layer.
        self.embedding = nn.Linear(len(BANDS), WIDTH)
        self.query_key_value = nn.Linear(WIDTH, 3 * WIDTH)
        self.attended = nn.Linear(WIDTH, WIDTH)
        self.norm_attended = nn.LayerNorm(WIDTH, eps=1e-6)
        self.hidden = nn.Linear(WIDTH, HIDDEN)
        self.back = nn.Linear(HIDDEN, WIDTH)
        self.norm_back = nn.LayerNorm(WIDTH, eps=1e-6)
        self.head = nn.Linear(WIDTH, len(SIX_BAND))
        self.dropout = nn.Dropout(DROPOUT)
        self._start()

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """Probabilities (n, 14), rows sum to one."""
        return torch.softmax(self.logits(sequences), dim=1)

    def logits(self, sequences: torch.Tensor) -> torch.Tensor:
        """(n, 14) of sequences (n, steps, 6)."""
        scaled = (sequences - self.centre) / self.scale
        x = torch.relu(self.embedding(scaled)) + self.position
        x = self.norm_attended(x + self.dropout(self.attended(self._attention(x))))
        x = self.norm_back(x + self.dropout(self.back(torch.relu(self.hidden(x)))))
        logits: torch.Tensor = self.head(self.dropout(x.mean(dim=1)))
        return logits

    def _attention(self, x: torch.Tensor) -> torch.Tensor:
        n, steps, _ = x.shape
        parts = self.query_key_value(x).reshape(n, steps, 3, HEADS, WIDTH // HEADS)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(query, key, value)
        return seen.transpose(1, 2).reshape(n, steps, WIDTH)

    def _start(self) -> None:
        """Keras's initial weights (Glorot and Bengio 2010), each of the three projections' own."""
        for layer in (one for one in self.modules() if isinstance(one, nn.Linear)):
            projections = 3 if layer is self.query_key_value else 1
            for part in layer.weight.chunk(projections):
                nn.init.xavier_uniform_(part)
            nn.init.zeros_(layer.bias)


def _positions(steps: int) -> torch.Tensor:
    """(steps, WIDTH): sines and cosines in turn."""
    even = torch.arange(0, WIDTH, 2)
    angle = torch.arange(steps).unsqueeze(1) / PERIOD_MAX ** (even / WIDTH)
    return torch.stack([angle.sin(), angle.cos()], dim=2).reshape(steps, WIDTH)


def sequences(grids: Grid, redshift: Floats | None) -> Sequences:
    """What t2 reads: grids (n, 100, 6), with redshift (n, 3) two steps more.

    Each added step holds photo-z and its error in turn, three times. Raises ModelError where
    one is unknown, which t2 has no way to say.
    """
    if redshift is None:
        return grids
    told = redshift[:, :2].astype(np.float32)
    if np.isnan(told).any():
        raise ModelError("t2 cannot be told that a redshift is unknown: ask the one without")
    added = np.tile(told, (1, REDSHIFT_STEPS * len(BANDS) // 2))
    return np.concatenate([grids, added.reshape(-1, REDSHIFT_STEPS, len(BANDS))], axis=1)


class Fit(NamedTuple):
    """A network and how it came about."""

    net: T2
    epochs: int
    best_epoch: int
    loss_apart: float
    """Flat log-loss of what was set apart, at the best epoch."""


def fitted(known: Sequences, label: Labels, apart: Mask, recipe: Recipe) -> Fit:
    """t2 trained on what is not set `apart` (k,), as it was when it did best on what is.

    Both must hold every class.
    """
    with torch.random.fork_rng(), _no_denormals():
        torch.manual_seed(recipe.seed)
        torch.set_num_threads(1)
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        net = T2(known.shape[1])
        _scale(net, known[~apart])
        x, y = torch.from_numpy(known).to(device), torch.from_numpy(label).to(device)
        learnt, judged = torch.from_numpy(~apart).to(device), torch.from_numpy(apart).to(device)
        return _trained(net.to(device), (x[learnt], y[learnt]), (x[judged], y[judged]), recipe)


@contextmanager
def _no_denormals() -> Iterator[None]:
    """Attention that is sure of itself is full of them, and takes four times as long.

    The setting is the whole process's, so it is taken back.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


Pair = tuple[torch.Tensor, torch.Tensor]


def _trained(net: T2, learnt: Pair, judged: Pair, recipe: Recipe) -> Fit:
    optimizer = torch.optim.Adam(net.parameters(), recipe.learning_rate, eps=1e-7)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer,
        patience=recipe.plateau_epochs - 1,
        cooldown=recipe.plateau_epochs,
        threshold=1e-4,
        threshold_mode="abs",
    )
    best, since, epoch, weights = np.inf, 0, 0, deepcopy(net.state_dict())
    while epoch < recipe.epochs_max and since < recipe.patience_epochs:
        epoch += 1
        told = _epoch(net, *learnt, optimizer, recipe)
        loss, since = _flat_loss(net, *judged), since + 1
        if not np.isfinite(told + loss):
            _stepped_back(net, optimizer, weights, recipe)
            continue
        plateau.step(told)
        if loss < best - recipe.least_gain:
            best, since, weights = loss, 0, deepcopy(net.state_dict())
        if optimizer.param_groups[0]["lr"] < recipe.learning_rate_least:
            break
    net.load_state_dict(weights)
    return Fit(net.to("cpu").eval(), epoch, epoch - since, best)


def _stepped_back(
    net: T2, optimizer: torch.optim.Optimizer, weights: dict[str, Any], recipe: Recipe
) -> None:
    """The best weights so far, and a lower rate: the authors' own is high for so few objects."""
    net.load_state_dict(weights)
    optimizer.state.clear()
    for group in optimizer.param_groups:
        group["lr"] *= recipe.step_back


def _epoch(
    net: T2, x: torch.Tensor, y: torch.Tensor, optimizer: torch.optim.Optimizer, recipe: Recipe
) -> float:
    """Every object once, in a new order; the mean loss on the way."""
    net.train()
    weight, weights, together = _weights(y), list(net.parameters()), 0.0
    for rows in torch.randperm(len(y)).to(y.device).split(recipe.batch):
        optimizer.zero_grad()
        loss = functional.cross_entropy(net.logits(x[rows]), y[rows], reduction="none")
        loss = (weight[y[rows]] * loss).mean()
        loss.backward()
        norms = [nn.utils.clip_grad_norm_([one], recipe.gradient_norm_max) for one in weights]
        # The brightest stars, thousands of times the median, can overflow a gradient.
        if torch.stack(norms).isfinite().all():
            optimizer.step()
            together += loss.item() * len(rows)
    return together / len(y)


def _weights(y: torch.Tensor) -> torch.Tensor:
    """Of each class, so that a mean over the objects is the mean over the classes."""
    counts = torch.bincount(y, minlength=len(SIX_BAND))
    return len(y) / (len(SIX_BAND) * counts.clamp(min=1))


def _flat_loss(net: T2, x: torch.Tensor, y: torch.Tensor) -> float:
    net.eval()
    logits = torch.cat(list(_answers(net, x)))
    loss = functional.cross_entropy(logits, y, reduction="none")
    return float((_weights(y)[y] * loss).mean())


def _answers(net: T2, x: torch.Tensor) -> Iterator[torch.Tensor]:
    with torch.inference_mode():
        for part in x.split(ROWS_AT_ONCE):
            yield net.logits(part)


def probabilities(net: T2, asked: Sequences) -> NDArray[np.float32]:
    """Float32 (n, 14), at even odds."""
    found: NDArray[np.float32] = torch.softmax(
        torch.cat(list(_answers(net, torch.from_numpy(asked)))), dim=1
    ).numpy()
    return found


def _scale(net: T2, known: Sequences) -> None:
    """Median and interquartile range of each band over all objects and steps; of photo-z and its
    error, over the objects. Zero ranges count as one (scikit-learn's RobustScaler)."""
    net.centre[:STEPS], net.scale[:STEPS] = _quartiles(known[:, :STEPS].reshape(-1, len(BANDS)))
    if known.shape[1] > STEPS:
        net.centre[STEPS:], net.scale[STEPS:] = _quartiles(known[:, STEPS])


def _quartiles(values: Sequences) -> Pair:
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75), axis=0).astype(np.float32)
    width = np.where(high > low, high - low, 1.0).astype(np.float32)
    return torch.from_numpy(middle), torch.from_numpy(width)
