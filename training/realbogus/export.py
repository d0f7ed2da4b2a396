"""A fitted network to the ONNX file that serves it, with its name and origin inside; and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
import torch
from onnxscript.rewriter import pattern, rewrite
from torch import nn

from classifiers.realbogus import STAMP_PIXELS
from classifiers.session import METADATA
from schemas.errors import ModelError
from training.realbogus.labels import LABELS
from training.realbogus.model import PLANES, RealBogusNet
from training.tracing import traced, without_origins, written

SET_BY_CALIBRATION = frozenset({"slope", "offset"})
"""Buffers of the network that a file lacks where they change nothing."""


def exported(net: RealBogusNet, path: Path, said: Mapping[str, str]) -> str:
    """Write the network, scaling and softmax included; returns the file's sha256.

    `said` goes into the file's metadata, beside the labels. The same network gives the same bytes.
    """
    metadata = {**said, "labels": json.dumps(LABELS)}
    assert set(METADATA) <= set(metadata), metadata
    whole = traced(net, (PLANES, STAMP_PIXELS, STAMP_PIXELS), "stamps")
    model = without_origins(rewrite(whole, pattern_rewrite_rules=[SOFTSIGN]))
    onnx.helper.set_model_props(model, metadata)
    return written(model, path)


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


# The exporter writes softsign as three passes over the image; ONNX has it as one.
def _spelled_out(op: Any, x: Any, one: Any) -> Any:  # noqa: ANN401 - the rewriter's own tape
    return op.Div(x, op.Add(op.Abs(x), one))


def _in_one(op: Any, x: Any, one: Any) -> Any:  # noqa: ANN401 - names must match
    return op.Softsign(x)


SOFTSIGN = pattern.RewriteRule(_spelled_out, _in_one)
