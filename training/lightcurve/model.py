"""The network: summaries of a light curve look at its observations, then at each other.

A transformer whose queries are a few summary tokens, made of the features, and whose keys and
values are those and the observations; so its cost rises with the observations once, not twice
(after Jaegle et al. 2021, arXiv:2103.03206).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from classifiers.observations import layout
from training.arrays import Floats
from training.lightcurve.scaling import REDSHIFT_COLUMNS, Scaling

DETECTIONS = layout.CONTEXT_BEGIN + layout.CONTEXT.index("detected")
UNSEEN = 1e4
"""What is taken from the attention that goes to a place without an observation."""


@dataclass(frozen=True)
class Shape:
    """The sizes of a network."""

    width: int = 32
    """Of a token."""
    heads: int = 4
    inner: int = 64
    """Of the layer in a block that each token goes through alone."""
    hidden: int = 64
    """Of the layers that read the features and that decide."""
    summaries: int = 4
    """Tokens made of the features."""
    blocks: int = 1
    dropout: float = 0.2
    history: int = 0
    """Numbers after a row, of what was before it."""
    by_detections: bool = False
    """Whether its calibration goes by label and detections, or is one slope."""


def each(layer: nn.Linear, tokens: torch.Tensor) -> torch.Tensor:
    """A layer on each token (n, t, width): as one product, whose bias costs no second pass."""
    found = functional.linear(tokens.reshape(-1, layer.in_features), layer.weight, layer.bias)
    return found.reshape(-1, tokens.shape[1], layer.out_features)


class Block(nn.Module):
    """Summaries look at everything, then each goes through a layer alone (pre-norm)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.before = nn.LayerNorm(shape.width)
        self.asked = nn.Linear(shape.width, shape.width)
        self.offered = nn.Linear(shape.width, 2 * shape.width)
        self.out = nn.Linear(shape.width, shape.width)
        self.between = nn.LayerNorm(shape.width)
        self.first = nn.Linear(shape.width, shape.inner)
        self.second = nn.Linear(shape.inner, shape.width)
        self.drop = nn.Dropout(shape.dropout)

    def forward(
        self, summaries: torch.Tensor, observed: torch.Tensor, unseen: torch.Tensor
    ) -> torch.Tensor:
        """Summaries (n, s, width) to the same.

        They see themselves and what was observed, (n, t, width); `unseen` (n, 1, 1, s + t) is
        taken from what they give to each.
        """
        summaries = summaries + self.drop(self._attended(summaries, observed, unseen))
        alone = each(self.second, functional.relu(each(self.first, self.between(summaries))))
        return summaries + self.drop(alone)

    def _attended(
        self, summaries: torch.Tensor, observed: torch.Tensor, unseen: torch.Tensor
    ) -> torch.Tensor:
        ready = self.before(summaries)
        everything = each(self.offered, torch.cat([ready, observed], dim=1))
        offered, said = (self._by_head(one) for one in everything.chunk(2, dim=2))
        asked = self._by_head(each(self.asked, ready))
        weight = asked @ offered.transpose(2, 3) * (asked.shape[-1] ** -0.5) - unseen
        heard = (torch.softmax(weight, dim=-1) @ said).transpose(1, 2)
        return each(self.out, heard.flatten(2))

    def _by_head(self, tokens: torch.Tensor) -> torch.Tensor:
        """(n, t, width) to (n, heads, t, width / heads)."""
        return tokens.reshape(
            -1, tokens.shape[1], self.heads, tokens.shape[2] // self.heads
        ).transpose(1, 2)


class LightCurveNet(nn.Module):
    """Rows (n, ROW) to probabilities (n, classes), as if all classes were equally common."""

    slope: torch.Tensor
    offset: torch.Tensor

    def __init__(self, classes: int, shape: Shape = Shape()) -> None:
        super().__init__()
        self.shape = shape
        self.scaling = Scaling(shape.history)
        self.observation = nn.Linear(self.scaling.columns, shape.width)
        self.features = nn.Linear(self.scaling.features, shape.hidden)
        self.redshift = nn.Linear(REDSHIFT_COLUMNS, shape.hidden, bias=False)
        self.summaries = nn.Linear(shape.hidden, shape.summaries * shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.blocks))
        self.last = nn.LayerNorm(shape.width * shape.summaries)
        self.decide = nn.Linear(shape.width * shape.summaries, shape.hidden)
        self.head = nn.Linear(shape.hidden, classes)
        self.drop = nn.Dropout(shape.dropout)
        slope, offset = torch.ones(1), torch.zeros(classes)
        if shape.by_detections:
            slope, offset = torch.eye(2, 1).repeat(1, classes), torch.zeros(2, classes)
        self.register_buffer("slope", slope)
        self.register_buffer("offset", offset)

    def logits(self, rows: torch.Tensor) -> torch.Tensor:
        """Before calibration, (n, classes)."""
        scaled = self.scaling(rows)
        read = self.features(self.drop(scaled.features)) + self.redshift(scaled.redshift)
        summaries = self.summaries(self.drop(functional.relu(read)))
        summaries = summaries.reshape(-1, self.shape.summaries, self.shape.width)
        observed = functional.relu(each(self.observation, scaled.observations))
        unseen = functional.pad(UNSEEN * (1 - scaled.there), (self.shape.summaries, 0))
        for block in self.blocks:
            summaries = block(summaries, observed, unseen[:, None, None, :])
        decided = functional.relu(self.decide(self.last(summaries.flatten(1))))
        return self.head(self.drop(decided))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Calibrated probabilities, as `calibration.calibrated` has it."""
        slope, offset = self.slope, self.offset
        if self.shape.by_detections:
            # As products, whose weights stay whole in a file, so that it can be read again.
            seen = functional.pad(
                torch.log1p(rows[:, DETECTIONS : DETECTIONS + 1]), (1, 0), value=1.0
            )
            slope, offset = seen @ slope, seen @ offset
        return torch.softmax(self.logits(rows) * slope + offset, dim=1)

    def calibrate(self, given: float | Floats) -> None:
        """Be as sure as one slope, or what `calibration.by_detections` found, has it."""
        if self.shape.by_detections:
            self.slope.copy_(torch.as_tensor(given)[0])
            self.offset.copy_(torch.as_tensor(given)[1])
        else:
            self.slope.fill_(float(given))
