"""The layers of Rubin's real/bogus network, as it has published them.

Acero-Cuellar et al. 2026, "Performance of Machine-Learned Reliability Scoring for Image
Differencing", DMTN-337 (dmtn-337.lsst.io; github.com/lsst-dm/dmtn-337 at 75d460d): "a Convolutional
Neural Network with three convolutional layers and two fully connected layers. The convolutional
layers have a 5x5 kernel size, with 16, 32, and 64 filters", each followed by "a max-pooling layer
of size 2" and "a dropout layer of 0.4"; "fully connected layers have sizes of 32 and 1"; ReLU,
and a sigmoid at the end; stamps of 51 x 51 pixels.
"""

from __future__ import annotations

import torch
from torch import nn

from training.realbogus.model import POOL_PIXELS, RealBogusNet, stretched

WHOLE, SIDE = 63, 51
CROP = slice(6, 57)
"""The middle SIDE of WHOLE pixels."""
FILTERS = (16, 32, 64)
KERNEL, POOL, DROPOUT = 5, 2, 0.4
FLAT, HIDDEN = 256, 32


class RubinNet(RealBogusNet):
    """Rubin's layers over our scaling: each pixel in its plane's noise, through our stretch.

    They are published for fluxes of one camera as they are; over counts of ZTF and nJy of Rubin,
    some of them beyond 1e6, they would not learn. So this part is ours, and helps it.
    """

    def __init__(self) -> None:
        super().__init__()
        planes = (3, *FILTERS[:-1])
        blocks = zip(planes, FILTERS, strict=True)
        self.features = nn.Sequential(*(one for pair in blocks for one in _block(*pair)))
        self.head = nn.Sequential(
            nn.Flatten(), nn.Linear(FLAT, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 1)
        )

    def images(self, stamps: torch.Tensor) -> torch.Tensor:
        """Stamps (n, 3, 63, 63) to (n, 3, 51, 51) between -2 and 2."""
        level, noise = self.sky(nn.functional.conv2d(stamps, self.pool, stride=POOL_PIXELS))
        return stretched((stamps[:, :, CROP, CROP] - level) / noise)

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """(n, 2), of real and of bogus: the sigmoid of one output is the softmax of it and zero.

        While it learns, in bfloat16, which takes two thirds of the time.
        """
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.training):
            real = self.head(self.features(images)).float()
        return torch.cat([real, torch.zeros_like(real)], dim=1)


def _block(planes_in: int, planes_out: int) -> list[nn.Module]:
    # The largest of what a ReLU lets pass is what it lets pass of the largest, and cheaper.
    return [
        nn.Conv2d(planes_in, planes_out, KERNEL),
        nn.MaxPool2d(POOL),
        nn.ReLU(),
        nn.Dropout(DROPOUT),
    ]


def multiplications(net: RealBogusNet) -> int:
    """Of one stamp's images, in convolutions and full layers."""
    counted: list[int] = []

    def count(layer: nn.Conv2d | nn.Linear, _: object, given: torch.Tensor) -> None:
        counted.append(layer.weight[0].numel() * given.numel())

    layers = [one for one in net.modules() if isinstance(one, nn.Conv2d | nn.Linear)]
    hooks = [one.register_forward_hook(count) for one in layers]
    with torch.inference_mode():
        net.logits(net.images(torch.zeros(1, 3, WHOLE, WHOLE)))
    for hook in hooks:
        hook.remove()
    return sum(counted)
