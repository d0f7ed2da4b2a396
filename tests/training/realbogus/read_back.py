"""The network of a served file, to hold what is served against what training computes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import onnx
import torch
from torch import nn

from schemas.errors import ModelError
from training.arrays import Singles
from training.fit import asked
from training.realbogus.model import RealBogusNet

SET_BY_CALIBRATION = frozenset({"slope", "offset"})
"""Buffers of the network that a file lacks where they change nothing."""


def loaded(path: Path) -> RealBogusNet:
    """The network of a file that `exported` wrote, ready to score.

    The file has each normalisation folded into the convolution before it, so the one here does
    nothing, and it cannot be fitted further. Raises ModelError where the file is of another shape.
    """
    graph = onnx.load(path).graph
    values = {one.name: _tensor(one) for one in graph.initializer}
    # The first convolution takes means of pixels, and is the same for all weights.
    used = [node.input[1:] for node in graph.node if node.op_type == "Conv"][1:]
    try:
        layers = [[values[name] for name in names] for names in used]
        net = RealBogusNet([len(weights) for weights, *_ in layers[:-1]])
        _fill(net, layers)
        for name in SET_BY_CALIBRATION & set(values):
            getattr(net, name).copy_(values[name])
    except (KeyError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"{path}: is no file of this network ({error}); name one that `exported` wrote"
        ) from error
    net.eval()
    return net


def _fill(net: RealBogusNet, layers: Sequence[Sequence[torch.Tensor]]) -> None:
    """Weights, and biases where they are not all zero, of the convolutions in order."""
    convolutions = [one for one in net.modules() if isinstance(one, nn.Conv2d)]
    normalisations = [one for one in net.modules() if isinstance(one, nn.BatchNorm2d)]
    adding = [*(one.bias for one in normalisations), net.head.bias]
    with torch.no_grad():
        for norm in normalisations:
            norm.running_var.fill_(1 - norm.eps)
        for one, added, (weights, *biases) in zip(convolutions, adding, layers, strict=True):
            one.weight.copy_(weights)
            added.copy_(biases[0] if biases else torch.zeros_like(added))


def _tensor(initializer: onnx.TensorProto) -> torch.Tensor:
    return torch.from_numpy(onnx.numpy_helper.to_array(initializer).copy())


def scored(net: RealBogusNet, stamps: Singles) -> Singles:
    """Calibrated probabilities (k, 5) of raw stamps (k, 3, 63, 63), as the served file gives."""
    return asked(net, stamps)
