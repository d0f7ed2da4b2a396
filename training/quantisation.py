"""The one door to ONNX Runtime's quantisation: a network's layers in 8 bits, its scaling in float.

Names and methods are those of Nagel et al. 2021, arXiv:2106.08295.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from schemas.errors import ModelError
from training.arrays import Singles
from training.export import stripped

LAYERS = ("Conv", "Gemm", "MatMul")
"""Operators that may have weights; only those that do are layers."""
CALIBRATED_AT_ONCE = 64
"""Rows a call; no result depends on it."""


def dynamic(path: Path, out: Path, *, scaling: Collection[str]) -> None:
    """Weights in 8 bits; activations too, between the extremes of the call that they are in.

    `scaling` names operators of the input's scaling, which stays float: the network begins behind
    the last one of them. **A row's score depends on the rows beside it**: what this makes is
    measured, not served. Unsigned weights, one scale a layer: ONNX Runtime has no fast kernel for
    others. Raises ModelError where the file has no layer, as `static` does.
    """
    with _prepared(path, scaling) as network:
        quantize_dynamic(
            network.path,
            out,
            op_types_to_quantize=list(LAYERS),
            weight_type=QuantType.QUInt8,
            nodes_to_exclude=network.kept,
        )


def static(
    path: Path,
    out: Path,
    rows: Singles,
    *,
    scaling: Collection[str],
    ends_in_float: bool,
) -> None:
    """Weights and activations in 8 bits, between extremes that are settled once, on `rows`.

    A scale for each channel of the weights, one for each activation. `scaling` as in `dynamic`.
    `ends_in_float` leaves the first layer, which has few weights and reads what was measured, and
    the last, which gives the probabilities. Processors without 8-bit dot products may round the
    sums otherwise.
    """
    with _prepared(path, scaling) as network:
        ends = [network.layers[0], network.layers[-1]] if ends_in_float else []
        quantize_static(
            network.path,
            out,
            _Rows(network.path, rows),
            quant_format=QuantFormat.QDQ,
            # A rectifier between two layers is a bound of what the first one writes.
            op_types_to_quantize=[*LAYERS, "Relu"],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=network.kept + ends,
        )


def forms(path: Path, outs: Sequence[Path], rows: Singles, scaling: Collection[str]) -> None:
    """All three of a file: scales found on the fly, settled throughout, and with float ends."""
    on_the_fly, throughout, inside = outs
    dynamic(path, on_the_fly, scaling=scaling)
    static(path, throughout, rows, scaling=scaling, ends_in_float=False)
    static(path, inside, rows, scaling=scaling, ends_in_float=True)


class _Network(NamedTuple):
    """A file that is ready to be quantised, and its nodes' names."""

    path: Path
    kept: list[str]
    """Float: what scales the input, which may hold a layer (a mean over pixels is a convolution),
    and products of two activations."""
    layers: list[str]


@contextmanager
def _prepared(path: Path, scaling: Collection[str]) -> Iterator[_Network]:
    """The network with its shapes written down and its constants folded."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder, path.name)
        # Noted shapes would contradict the weights that the preparing turns round.
        onnx.save(stripped(onnx.load(path)), prepared)
        quant_pre_process(prepared, prepared, skip_symbolic_shape=True)
        graph = _named(prepared).graph
        held = {one.name for one in graph.initializer}
        ends = [place for place, one in enumerate(graph.node) if one.op_type in scaling]
        begin = ends[-1] + 1 if ends else 0
        products = [one for one in graph.node[begin:] if one.op_type in LAYERS]
        layers = [one.name for one in products if held.intersection(one.input)]
        if not layers:
            raise ModelError(f"{path}: has none of {', '.join(LAYERS)}; name a network")
        without = [one.name for one in products if one.name not in layers]
        yield _Network(prepared, [one.name for one in graph.node[:begin]] + without, layers)


def _named(path: Path) -> onnx.ModelProto:
    """The model of a file, once its nodes have names; a stripped one's have none."""
    model = onnx.load(path)
    for place, one in enumerate(model.graph.node):
        one.name = one.name or f"node{place}"
    onnx.save(model, path)
    return model


class _Rows(CalibrationDataReader):
    """Hands ONNX Runtime the rows, some at a time."""

    def __init__(self, model: Path, rows: Singles) -> None:
        name = onnx.load(model).graph.input[0].name
        self._left = iter(
            {name: rows[begin : begin + CALIBRATED_AT_ONCE]}
            for begin in range(0, len(rows), CALIBRATED_AT_ONCE)
        )

    def get_next(self) -> dict[str, Singles] | None:
        """The next ones; None after the last."""
        return next(self._left, None)
