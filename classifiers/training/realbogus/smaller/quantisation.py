"""The one door to ONNX Runtime's quantisation: a network's layers in 8 bits, its scaling in float.

Names and methods are those of Nagel et al. 2021, arXiv:2106.08295.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from schemas.errors import ModelError

LAYERS = ("Conv", "Gemm", "MatMul")
"""Operators that have weights."""
SCALING = ("Softsign", "TopK", "Where")
"""Operators of the stamps' scaling: the network begins behind the last one of them."""
CALIBRATED_AT_ONCE = 64
"""Stamps a call; no result depends on it."""


def dynamic(path: Path, out: Path) -> None:
    """Weights in 8 bits; activations too, between the extremes of the call that they are in.

    So **a row's score depends on the rows beside it**: what this makes is measured, not served.
    Unsigned weights, one scale a layer: ONNX Runtime has no fast kernel for others. Raises
    ModelError where the file has no layer, as `static` does.
    """
    with _prepared(path) as network:
        quantize_dynamic(
            network.path,
            out,
            op_types_to_quantize=list(LAYERS),
            weight_type=QuantType.QUInt8,
            nodes_to_exclude=network.scaling,
        )


def static(path: Path, out: Path, stamps: NDArray[np.float32], *, ends_in_float: bool) -> None:
    """Weights and activations in 8 bits, between extremes that are settled once, on `stamps`.

    A scale for each channel of the weights, one for each activation. `ends_in_float` leaves the
    first layer, which has few weights and reads the pixels, and the last, which gives the
    probabilities. Processors without 8-bit dot products may round the sums otherwise.
    """
    with _prepared(path) as network:
        ends = [network.layers[0], network.layers[-1]] if ends_in_float else []
        quantize_static(
            network.path,
            out,
            _Stamps(network.path, stamps),
            quant_format=QuantFormat.QDQ,
            # A rectifier between two layers is a bound of what the first one writes.
            op_types_to_quantize=[*LAYERS, "Relu"],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=network.scaling + ends,
        )


class _Network(NamedTuple):
    """A file that is ready to be quantised, and its nodes' names."""

    path: Path
    scaling: list[str]
    """Those that scale the stamps; a mean over pixels may be a convolution among them."""
    layers: list[str]


@contextmanager
def _prepared(path: Path) -> Iterator[_Network]:
    """The network with its shapes written down and its constants folded."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder, path.name)
        quant_pre_process(path, prepared, skip_symbolic_shape=True)
        nodes = onnx.load(prepared).graph.node
        ends = [place for place, one in enumerate(nodes) if one.op_type in SCALING]
        begin = ends[-1] + 1 if ends else 0
        layers = [one.name for one in nodes[begin:] if one.op_type in LAYERS]
        if not layers:
            raise ModelError(f"{path}: has none of {', '.join(LAYERS)}; name a network")
        yield _Network(prepared, [one.name for one in nodes[:begin]], layers)


class _Stamps(CalibrationDataReader):
    """Hands ONNX Runtime the stamps, some at a time."""

    def __init__(self, model: Path, stamps: NDArray[np.float32]) -> None:
        name = onnx.load(model).graph.input[0].name
        self._left = iter(
            {name: stamps[begin : begin + CALIBRATED_AT_ONCE]}
            for begin in range(0, len(stamps), CALIBRATED_AT_ONCE)
        )

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next ones; None after the last."""
        return next(self._left, None)
