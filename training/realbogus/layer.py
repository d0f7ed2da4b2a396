"""What the real/bogus network's own last layer says of alerts, to be read beside something else."""

from __future__ import annotations

import numpy as np
import torch

from training.arrays import Ints, Mask, Singles
from training.fit import asked
from training.realbogus.fitting import Images, Recipe, fitted
from training.realbogus.lessons import lessons
from training.realbogus.material import Material
from training.realbogus.model import RealBogusNet

MIDDLE = 1
"""Place of the source among the layer's 3 x 3."""


def layer(material: Material, unknown: Mask, rows: Ints, recipe: Recipe) -> Singles:
    """(k, 2 x channels) of alerts `rows`: the layer's middle, and its mean.

    Of a network taught as the served one, but without the alerts `unknown`, (n,), nor anything
    drawn on them.
    """
    examples = material.examples
    net = fitted(lessons(examples, material.variants, material.pool, ~unknown), recipe)
    return said(net, material.images[rows])


def said(net: RealBogusNet, images: Images) -> Singles:
    """(k, 2 x channels) of images."""

    def both(part: torch.Tensor) -> torch.Tensor:
        whole = net.features(part.float())
        return torch.cat([whole[:, :, MIDDLE, MIDDLE], whole.mean(dim=(2, 3))], dim=1)

    return asked(both, np.asarray(images))
