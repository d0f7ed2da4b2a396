"""The real/bogus network: raw stamps in, five probabilities out, scaling included."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from training.realbogus.labels import LABELS, REAL

CENTRE = slice(21, 42)
"""What is looked at pixel by pixel: the middle third, 21 of 63 pixels."""
POOL_PIXELS = 3
"""All of the stamp is looked at in means of 3 x 3 pixels, so it is 21 x 21 too."""
PLANES = 3
IMAGES = 2 * PLANES
"""The three planes' centres, then the three whole planes."""

GRID = slice(0, None, 4)
"""Sky's level and noise are read off 6 x 6 means, spread so that the symmetries of the square map
them onto themselves and none holds the source."""
GRID_MEANS = 36
SKY_QUANTILES = (0.5, 0.16)
"""Level, and one standard deviation below it in a normal distribution. What lies above the median
is not asked, for there the stars are."""
NOISE_PER_MEAN = 3.0
"""White noise of a pixel, in units of that of a mean of nine."""
ROUNDING = 1e-6
"""Of the level: what arithmetic leaves between equal pixels is no noise. In no unit, so that a
stamp in other units scores the same."""
TINY = 1e-20
"""Keeps a plane of zeros, which has neither level nor noise, from a division by zero; far below
the noise of any unit, and far enough above float32's smallest number to be divided by."""
STRETCH_SIGMA = (3.0, 60.0)
"""Where the stretch's terms turn over, in units of a pixel's noise."""
VOID = 0.0
"""What a pixel without a value becomes."""


class RealBogusNet(nn.Module):
    """A small convolutional network with a fovea: the centre sharp, the surroundings blurred.

    The centre shows whether the light has the shape of a star, the surroundings whether a trail,
    a mask or bad subtractions run through. Every layer halves the side. The head is a
    convolution too: matrix products are then made image by image, so a row's score does not
    depend on the batch around it.
    """

    def __init__(self, channels: Sequence[int] = (16, 32, 64), dropout: float = 0.2) -> None:
        super().__init__()
        self.channels = tuple(channels)
        first, second, third = channels
        self.features = nn.Sequential(
            *_halved(IMAGES, first),  # (n, 16, 11, 11)
            *_halved(first, second),  # (n, 32, 6, 6)
            *_halved(second, third),  # (n, 64, 3, 3)
            nn.Dropout(dropout),
        )
        self.head = nn.Conv2d(third, len(LABELS), kernel_size=3)  # (n, 5, 1, 1)
        self.register_buffer("pool", _means())
        self.register_buffer("quantiles", torch.tensor(SKY_QUANTILES))
        # Set by `calibrate`, from alerts that took no part in the fit.
        self.register_buffer("slope", torch.ones(()))
        self.register_buffer("offset", torch.zeros(len(LABELS)))

    def forward(self, stamps: torch.Tensor) -> torch.Tensor:
        """Calibrated probabilities (n, 5) of raw stamps (n, 3, 63, 63)."""
        logits = self.logits(self.images(stamps))
        return torch.softmax(logits * self.slope + self.offset, dim=1)

    def calibrate(self, slope: float, offset: float) -> None:
        """Multiply logits by `slope`, then add `offset` to that of "real"."""
        self.slope.fill_(slope)
        self.offset[REAL] = offset

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Unnormalised log probabilities (n, 5), not calibrated, of `images`."""
        return self.head(self.features(images)).flatten(1)

    def images(self, stamps: torch.Tensor) -> torch.Tensor:
        """Stamps (n, 3, 63, 63) in counts to images (n, 6, 21, 21) between -2 and 2.

        Each plane in units of its own sky noise above its own sky, so that neither can be told
        from it, then through a sum of x / (1 + |x|): close to a logarithm over three decades, at
        a tenth of its price. A pixel without a value, infinite or too large for float32 becomes
        `VOID`, and so does a mean that such a pixel of any plane takes part in.
        """
        # A dense convolution with zeros between the planes takes half as long as a grouped one.
        whole = nn.functional.conv2d(stamps, self.pool, stride=POOL_PIXELS)
        both = torch.cat([stamps[:, :, CENTRE, CENTRE], whole], dim=1)
        level, noise = self.sky(whole)
        x = (both - torch.cat([level, level], 1)) * torch.cat([1 / noise, 1 / noise], 1)
        return stretched(x)

    def sky(self, whole: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Level and a pixel's noise of each plane, (n, 3, 1, 1); voids take no part."""
        means = whole[:, :, GRID, GRID].flatten(2)  # (n, 3, 36)
        void = torch.isnan(means)
        last = (~void).to(torch.float32).sum(dim=2, keepdim=True) - 1  # (n, 3, 1)
        rank = (last * self.quantiles).to(torch.int64).clamp(min=0)  # (n, 3, 2)
        # The median of up to 36 values is among the 18 lowest: no need to sort the rest.
        lowest = torch.topk(
            torch.where(void, torch.inf, means), GRID_MEANS // 2, dim=2, largest=False
        ).values
        found = torch.gather(lowest, 2, rank).unsqueeze(3)
        level, low = found[:, :, :1], found[:, :, 1:]
        return level, (level - low) * NOISE_PER_MEAN + level.abs() * ROUNDING + TINY


def stretched(x: torch.Tensor) -> torch.Tensor:
    """What is in units of noise, between -2 and 2; `VOID` where there is no value."""
    total = sum(nn.functional.softsign(x * (1 / sigma)) for sigma in STRETCH_SIGMA)
    assert isinstance(total, torch.Tensor)
    return torch.where(torch.isnan(total), VOID, total)


def _means() -> torch.Tensor:
    """The weights of a mean over 3 x 3 pixels of each plane, (3, 3, 3, 3)."""
    weights = torch.zeros(PLANES, PLANES, POOL_PIXELS, POOL_PIXELS)
    for plane in range(PLANES):
        weights[plane, plane] = 1 / POOL_PIXELS**2
    return weights


def _halved(planes_in: int, planes_out: int) -> list[nn.Module]:
    """A convolution that halves the side, rounded up."""
    return [
        nn.Conv2d(planes_in, planes_out, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(planes_out),
        nn.ReLU(),
    ]
