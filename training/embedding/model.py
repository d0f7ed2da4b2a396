"""The network: a light curve's transformer, what stamps and context say, and 64 numbers of all."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from classifiers.embedding_layout import (
    CONTEXT,
    CONTEXT_BEGIN,
    EXTRAS,
    STAMPS,
    STAMPS_BEGIN,
    WIDTH,
)
from training.lightcurve.model import LightCurveNet, Shape

LIGHT, SEEN, ABOUT = 96, 48, 24
"""Numbers of the light curve, the stamps and the context, before they are put together."""
SPREAD_MIN = 1e-3
SPREADS_MAX = 6.0
SHAPE = Shape(hidden=96, dropout=0.1, history=len(EXTRAS))


class Known(nn.Module):
    """Numbers that may be missing (NaN): in their spreads, 0 where missing, and which are there."""

    mean: torch.Tensor
    spread: torch.Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("spread", torch.ones(width))

    def settle(self, raw: torch.Tensor) -> None:
        """Take the scale of these rows, of what is there."""
        self.mean.copy_(raw.nanmean(dim=0).nan_to_num())
        wide = (raw - self.mean).square().nanmean(dim=0).sqrt()
        self.spread.copy_(wide.nan_to_num(1.0).clamp(min=SPREAD_MIN))

    def forward(self, raw: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Scaled, and 1 where there is a number."""
        unknown = torch.isnan(raw)
        scaled = (torch.where(unknown, self.mean, raw) - self.mean) / self.spread
        return scaled.clamp(-SPREADS_MAX, SPREADS_MAX), 1 - unknown.to(raw.dtype)


class EmbeddingNet(nn.Module):
    """Rows (n, ROW_WIDTH) to vectors (n, WIDTH) of length 1."""

    def __init__(self, shape: Shape = SHAPE) -> None:
        super().__init__()
        self.light = LightCurveNet(LIGHT, shape)
        self.stamps, self.context = Known(STAMPS), Known(len(CONTEXT))
        self.seen = nn.Linear(STAMPS + 1, SEEN)
        self.about = nn.Linear(2 * len(CONTEXT), ABOUT)
        self.drop = nn.Dropout(shape.dropout)
        self.whole = nn.Linear(LIGHT + SEEN + ABOUT, WIDTH)

    def settle(self, rows: torch.Tensor) -> None:
        """Take all scales of these rows."""
        self.light.scaling.settle(rows[:, :STAMPS_BEGIN])
        with torch.no_grad():
            self.stamps.settle(rows[:, STAMPS_BEGIN:CONTEXT_BEGIN])
            self.context.settle(logarithms(rows[:, CONTEXT_BEGIN:]))

    def parts(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """What each modality says, (n, LIGHT), (n, SEEN), (n, ABOUT)."""
        light = functional.relu(self.light.logits(rows[:, :STAMPS_BEGIN]))
        stamps, there = self.stamps(rows[:, STAMPS_BEGIN:CONTEXT_BEGIN])
        seen = functional.relu(self.seen(torch.cat([self.drop(stamps), there[:, :1]], dim=1)))
        about = torch.cat(self.context(logarithms(rows[:, CONTEXT_BEGIN:])), dim=1)
        return light, seen, functional.relu(self.about(self.drop(about)))

    def joined(self, parts: tuple[torch.Tensor, torch.Tensor, torch.Tensor]) -> torch.Tensor:
        """Vectors of length 1."""
        whole = self.whole(self.drop(torch.cat(parts, dim=1)))
        return whole / whole.square().sum(dim=1, keepdim=True).clamp(min=1e-12).sqrt()

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """As served."""
        return self.joined(self.parts(rows))


def logarithms(raw: torch.Tensor) -> torch.Tensor:
    """Of context: all of its columns are above 0 and span decades, or lie between 0 and 1."""
    return torch.log1p(raw.clamp(min=0))
