"""The real/bogus network: raw stamps in, probabilities out, scaling included."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

LABELS = ("bogus", "real")
STAMP_PIXELS = 63
CROP_PIXELS = 47
"""What is looked at, around the source: as good as the whole stamp, for half the time."""

SKY_STEP_PIXELS = 8
SKY_FIRST_PIXEL = 3
"""The sky's level and noise are taken from 8 x 8 pixels on a grid, which the symmetries of the
square map onto itself and which misses the source at the centre. A full sort would take longer
than the network."""
SIGMA_PER_MAD = 1.4826
"""Of a normal distribution."""
SKY_RANKS = 32
"""The median of up to 64 values is among the 32 lowest."""
NOISE_MIN = 1e-3
"""Counts; a stamp of equal pixels has no noise."""
STRETCH_SIGMA = (2.0, 30.0, 450.0)
"""Where the stretch's terms turn over, in units of the sky's noise."""


class RealBogusNet(nn.Module):
    """A plain convolutional network, small enough for one core and 1,800 examples.

    Every layer halves the side, and the head is a convolution too: matrix products are then made
    image by image, so a row's score does not depend on the batch around it.
    """

    def __init__(self, channels: Sequence[int] = (16, 32, 32, 32), dropout: float = 0.25) -> None:
        super().__init__()
        first, second, third, fourth = channels
        self.features = nn.Sequential(
            *_halved(3, first, kernel=5),  # (n, 16, 24, 24)
            *_halved(first, second, kernel=3),  # (n, 32, 12, 12)
            *_halved(second, third, kernel=3),  # (n, 32, 6, 6)
            nn.Dropout(dropout),
            *_halved(third, fourth, kernel=3),  # (n, 32, 3, 3)
            nn.Dropout(dropout),
        )
        self.head = nn.Conv2d(fourth, len(LABELS), kernel_size=3)  # (n, 2, 1, 1)

    def forward(self, stamps: torch.Tensor) -> torch.Tensor:
        """Probabilities (n, 2) of raw stamps (n, 3, 63, 63)."""
        return torch.softmax(self.logits(stretched(stamps)), dim=1)

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Unnormalised log probabilities (n, 2) of `stretched` images (n, 3, 47, 47)."""
        return self.head(self.features(images)).flatten(1)


def stretched(stamps: torch.Tensor) -> torch.Tensor:
    """Stamps (n, 3, 63, 63) in counts to images (n, 3, 47, 47) between -3 and 3.

    Each plane in units of its own sky noise above its own sky, so that neither can be told from
    it, then through a sum of x / (1 + |x|): close to a logarithm over four decades, at a tenth of
    its price. A pixel without a value, infinite or too large for float32 becomes sky.
    """
    level, noise = sky(stamps)
    edge = (STAMP_PIXELS - CROP_PIXELS) // 2
    middle = slice(edge, edge + CROP_PIXELS)
    x = (stamps[:, :, middle, middle] - level) / noise
    total = sum(nn.functional.softsign(x / sigma) for sigma in STRETCH_SIGMA)
    assert isinstance(total, torch.Tensor)
    return torch.where(torch.isnan(total), 0.0, total)


def sky(stamps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Median, and noise from the median absolute deviation, of each plane's grid of pixels.

    Both (n, 3, 1, 1); NaN pixels take no part.
    """
    grid = slice(SKY_FIRST_PIXEL, None, SKY_STEP_PIXELS)
    pixels = stamps[:, :, grid, grid].flatten(2)  # (n, 3, 64)
    void = torch.isnan(pixels)
    count = (~void).sum(dim=2, keepdim=True)
    middle = torch.div((count - 1).clamp(min=0), 2, rounding_mode="trunc")
    level = _ranked(torch.where(void, torch.inf, pixels), middle)
    deviation = torch.where(void, torch.inf, (pixels - level).abs())
    noise = SIGMA_PER_MAD * _ranked(deviation, middle) + NOISE_MIN
    return level.unsqueeze(3), noise.unsqueeze(3)


def _ranked(values: torch.Tensor, rank: torch.Tensor) -> torch.Tensor:
    """The value of that rank, lowest first, along the last axis, (n, 3, 1)."""
    lowest = torch.topk(values, SKY_RANKS, dim=2, largest=False).values
    return torch.gather(lowest, 2, rank)


def _halved(planes_in: int, planes_out: int, kernel: int) -> list[nn.Module]:
    """A convolution that halves the side, rounded up."""
    return [
        nn.Conv2d(planes_in, planes_out, kernel, stride=2, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(planes_out),
        nn.ReLU(),
    ]
