"""The smaller forms of one network, each a file: pruned, in fewer bits, quantised.

    files = made(net, Making(...), learnt, folder)

Nothing is decided here: `compression` measures what each gives.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.utils import parametrize

from training.arrays import Ints
from training.compression import FLOAT
from training.export import content, stripped
from training.lightcurve.judging.metrics import flat_log_loss
from training.lightcurve.model import LightCurveNet
from training.lightcurve.smaller.pruning import slimmed, without_least_head
from training.packing import LEAST, clustered, eight_bit, few_bits, half, narrowed
from training.quantisation import forms
from training.workers import shown

Net = TypeVar("Net", bound=nn.Module)


class Rounded(nn.Module):
    """A weight (out, in) in whole steps of its own for each output channel, as `few_bits` does."""

    def __init__(self, bits: int) -> None:
        super().__init__()
        self.most = 2 ** (bits - 1) - 1

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        """The same shape; channels of zeros stay so."""
        largest = weight.detach().abs().amax(dim=1, keepdim=True)
        step = torch.where(largest > 0, largest / self.most, 1.0)
        return weight + (torch.round(weight / step) * step - weight).detach()


def rounded_in_training(net: Net, fine_tune: Callable[[Net], Net], bits: int) -> Net:
    """A copy, fine-tuned in `bits` bits, its weights being what `few_bits` keeps as they are.

    `fine_tune` may change the network that it is given, or give a deep copy of it.
    """
    tuned = copy.deepcopy(net)
    for layer in _layers(tuned):
        parametrize.register_parametrization(layer, "weight", Rounded(bits))
    tuned = fine_tune(tuned)
    for layer in _layers(tuned):
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)
    return tuned


def _layers(net: nn.Module) -> list[nn.Linear]:
    """Those whose weights are packed."""
    linear = [one for one in net.modules() if isinstance(one, nn.Linear)]
    return [one for one in linear if one.weight.numel() >= LEAST]


EXPORTED = "float, as exported"
DYNAMIC = "int8, dynamic"
Packing = Callable[[onnx.ModelProto], onnx.ModelProto]
FEW_BITS = 4
"""Of the form whose weights are rounded while it is fine-tuned."""
PACKINGS: Mapping[str, Packing] = MappingProxyType(
    {
        "float16 weights": half,
        "int8 weights": eight_bit,
        "int8 weights, the rest in 16 bits": lambda model: narrowed(eight_bit(model)),
        "6-bit weights": partial(few_bits, bits=6),
        "5-bit weights": partial(few_bits, bits=5),
        "4-bit weights": partial(few_bits, bits=FEW_BITS),
        "256 clusters": partial(clustered, clusters=256),
        "64 clusters": partial(clustered, clusters=64),
        "32 clusters": partial(clustered, clusters=32),
        "16 clusters": partial(clustered, clusters=16),
    }
)
"""Forms that run as the float network does, its weights being rounded."""
TUNED, TUNED_IN_FEW_BITS = "float, fine-tuned", f"{FEW_BITS}-bit weights, fine-tuned"
SAME_OPERATORS = frozenset({EXPORTED, FLOAT, *PACKINGS, TUNED, TUNED_IN_FEW_BITS})
"""Steps of which ONNX Runtime makes one and the same network, but for the weights' values."""


@dataclass(frozen=True)
class Learnt:
    """Objects of the training: what settles the scales of activations and which head is least."""

    rows: NDArray[np.float32]
    """(n, ROW)."""
    label: Ints


@dataclass(frozen=True)
class Making:
    """How a network of the kind that is compressed is taught on and written."""

    fine_tune: Callable[[LightCurveNet], LightCurveNet]
    """A few epochs on the training's own examples."""
    export: Callable[[LightCurveNet, Path], object]
    """The float file, with metadata, neither packed nor stripped."""


def made(net: LightCurveNet, making: Making, learnt: Learnt, folder: Path) -> dict[str, Path]:
    """The files to study, by step; all but the first are stripped of their names."""
    files = {EXPORTED: folder / "exported.onnx"}
    making.export(net, files[EXPORTED])
    for step, (change, packing) in shown(list(_taught_on(learnt).items()), "fine-tuning"):
        files[step] = folder / f"taught-{len(files)}.onnx"
        making.export(change(net, making.fine_tune), files[step])
        _rewritten(files[step], files[step], packing)
    return {EXPORTED: files.pop(EXPORTED)} | untaught(folder / "exported.onnx", learnt) | files


Change = Callable[[LightCurveNet, Callable[[LightCurveNet], LightCurveNet]], LightCurveNet]
"""From a network and its fine-tuning to another one, ready to score."""


def _taught_on(learnt: Learnt) -> dict[str, tuple[Change, Packing]]:
    """The forms that take more training, by step; the first shows what training alone gives."""

    def loss(net: LightCurveNet) -> float:
        net.eval()
        with torch.no_grad():
            given = net(torch.from_numpy(learnt.rows)).numpy()
        return flat_log_loss(given, learnt.label, given.shape[1])

    def same(model: onnx.ModelProto) -> onnx.ModelProto:
        return model

    def in_few_bits(net: LightCurveNet, tune: Callable[..., LightCurveNet]) -> LightCurveNet:
        return rounded_in_training(net, tune, FEW_BITS)

    return {
        TUNED: (lambda net, tune: tune(copy.deepcopy(net)), same),
        "a head less": (lambda net, tune: tune(without_least_head(net, loss)), same),
        "3/4 of the inner channels": (lambda net, tune: tune(slimmed(net, inner=0.75)), same),
        "half of the inner channels": (lambda net, tune: tune(slimmed(net, inner=0.5)), same),
        "3/4 of the hidden channels": (lambda net, tune: tune(slimmed(net, hidden=0.75)), same),
        "half of the hidden channels": (lambda net, tune: tune(slimmed(net, hidden=0.5)), same),
        TUNED_IN_FEW_BITS: (in_few_bits, partial(few_bits, bits=FEW_BITS)),
    }


def untaught(exported: Path, learnt: Learnt) -> dict[str, Path]:
    """The forms of a float file that need no training, written beside it, by step."""
    steps = (FLOAT, *PACKINGS, DYNAMIC, "int8, static", "int8, static, ends in float")
    files = {step: exported.with_stem(f"untaught-{place}") for place, step in enumerate(steps)}
    _rewritten(exported, files[FLOAT], lambda model: model)
    for step, packing in PACKINGS.items():
        _rewritten(exported, files[step], packing)
    quantised = list(files.values())[-3:]
    forms(exported, quantised, learnt.rows, scaling=())
    for path in quantised:
        _rewritten(path, path, lambda model: model)
    return files


def _rewritten(path: Path, out: Path, packing: Packing) -> None:
    out.write_bytes(content(stripped(packing(onnx.load(path)))))
