"""Stores a network's weights in fewer bits, for a file that is smaller and runs as fast.

A weight becomes a constant of fewer bits and operators that restore it. ONNX Runtime computes what
hangs on constants alone once, when it opens the file, so what runs is the float network with its
weights rounded. It does so with Cast and Mul, but leaves DequantizeLinear to each call, which is
why that operator is not used here.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterator, Sequence
from itertools import count, product
from string import ascii_letters
from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto
from onnx.helper import make_node
from onnx.numpy_helper import from_array, to_array

from schemas.errors import ModelError

Weights = NDArray[np.float32]
LEAST = 256
"""Numbers of a weight that is worth packing: below, the operators take what the bits save."""
OUTPUT_AXIS = {"MatMul": -1, "Gemm": -1, "Conv": 0, "Gather": 0, "Transpose": 0}
"""Operators that read weights, and the axis of what they give, or of what they look up.

A transposed weight is torch's, whose first axis it is.
"""
EIGHT_BITS_MAX = 127
HALF_BYTE = 16
ROUNDS_MAX = 300
"""Of k-means, which ends by itself when no centre moves."""


class _Stored(NamedTuple):
    """What stands for one weight: constants, and operators of which the last gives its name."""

    constants: list[TensorProto]
    operators: list[onnx.NodeProto]


Storing = Callable[[str, Weights, int], _Stored]
"""From a weight's name, its numbers and the axis of its output channels."""


def eight_bit(model: onnx.ModelProto) -> onnx.ModelProto:
    """Each weight as int8 with a float32 scale for each output channel, rounded symmetrically.

    The scheme is that of Nagel et al. 2021, arXiv:2106.08295, for weights alone. Biases, small
    weights and constants of the scaling stay as they are. Raises ModelError where no weight is
    large enough, as `half` and `clustered` do.
    """
    return _packed(model, _in_eight_bits)


def half(model: onnx.ModelProto) -> onnx.ModelProto:
    """Each weight as float16. Raises ModelError where one is beyond float16's range."""
    return _packed(model, _in_half)


def clustered(model: onnx.ModelProto, clusters: int) -> onnx.ModelProto:
    """Each weight by its place in a code book of its own, float32, found by k-means.

    Clustering and its start in equal steps from least to largest: Han et al. 2016,
    arXiv:1510.00149. A place takes a byte, half a byte at up to 16 clusters. Raises ModelError
    for fewer than 2 clusters or more than 256.
    """
    if not 2 <= clusters <= 256:
        raise ModelError(f"{clusters} clusters have no byte for a place; ask for 2 to 256")
    return _packed(model, lambda name, weight, _: _in_clusters(name, weight, clusters))


def stripped(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same network under short names, without notes, noted shapes and unused constants.

    The metadata and the names of inputs and outputs stay. Raises ModelError for a graph in a
    graph, whose names are not followed.
    """
    small = _copied(model)
    graph = small.graph
    used = {name for node in graph.node for name in node.input}
    used |= {one.name for one in graph.output}
    _refill(graph.initializer, [one for one in graph.initializer if one.name in used])
    _forget(small)
    short = _short_names(graph)
    for node in graph.node:
        _refill(node.input, [short[name] for name in node.input])
        _refill(node.output, [short[name] for name in node.output])
    for constant in graph.initializer:
        constant.name = short[constant.name]
    return small


def content(model: onnx.ModelProto) -> bytes:
    """What stands in the file; the same model gives the same bytes. The model is checked."""
    onnx.checker.check_model(model, full_check=True)
    written: bytes = model.SerializeToString(deterministic=True)
    return written


def _packed(model: onnx.ModelProto, storing: Storing) -> onnx.ModelProto:
    small = _copied(model)
    graph = small.graph
    axes = _output_axes(graph)
    constants: dict[str, TensorProto] = {}
    operators: list[onnx.NodeProto] = []
    for one in graph.initializer:
        if one.name not in axes:
            constants[one.name] = one
            continue
        stored = storing(one.name, to_array(one), axes[one.name])
        constants |= {part.name: part for part in stored.constants}
        operators += stored.operators
    if not operators:
        raise ModelError(
            f"{graph.name}: no weight of {LEAST} numbers or more is left to pack; "
            "name a float network"
        )
    _refill(graph.initializer, list(constants.values()))
    _refill(graph.node, [*operators, *graph.node])
    return small


def _output_axes(graph: onnx.GraphProto) -> dict[str, int]:
    """Of each float32 weight that is worth packing."""
    large = {
        one.name
        for one in graph.initializer
        if one.data_type == TensorProto.FLOAT
        and len(one.dims) > 1
        and int(np.prod(one.dims)) >= LEAST
    }
    return {
        name: 0 if _transposes(node) else OUTPUT_AXIS[node.op_type]
        for node in graph.node
        if node.op_type in OUTPUT_AXIS
        for name in node.input
        if name in large
    }


def _transposes(node: onnx.NodeProto) -> bool:
    """Whether a Gemm reads its weight as (out, in)."""
    return any(one.name == "transB" and one.i for one in node.attribute)


def _in_eight_bits(name: str, weight: Weights, axis: int) -> _Stored:
    others = tuple(place for place in range(weight.ndim) if place != axis % weight.ndim)
    largest = np.abs(weight).max(axis=others, keepdims=True)
    scale = np.where(largest > 0, largest / EIGHT_BITS_MAX, 1).astype(np.float32)
    whole, wide, steps = f"{name}/int8", f"{name}/wide", f"{name}/scale"
    return _Stored(
        [from_array(np.rint(weight / scale).astype(np.int8), whole), from_array(scale, steps)],
        [_cast(whole, wide, TensorProto.FLOAT), make_node("Mul", [wide, steps], [name])],
    )


def _in_half(name: str, weight: Weights, _: int) -> _Stored:
    if np.abs(weight).max() > np.finfo(np.float16).max:
        raise ModelError(f"{name}: a weight is beyond float16's range; store it in 8 bits")
    short = f"{name}/float16"
    return _Stored(
        [from_array(weight.astype(np.float16), short)], [_cast(short, name, TensorProto.FLOAT)]
    )


def _in_clusters(name: str, weight: Weights, clusters: int) -> _Stored:
    book, places = k_means(weight, clusters)
    even = [axis for axis, long in enumerate(weight.shape) if long % 2 == 0]
    centres, wide = f"{name}/book", f"{name}/places"
    if clusters <= HALF_BYTE and even:
        stored = _in_half_bytes(f"{name}/uint8", wide, places, even[0])
    else:
        whole = f"{name}/uint8"
        stored = _Stored([from_array(places, whole)], [_cast(whole, wide, TensorProto.INT32)])
    return _Stored(
        [from_array(book, centres), *stored.constants],
        [*stored.operators, make_node("Gather", [centres, wide], [name], axis=0)],
    )


def _in_half_bytes(name: str, whole: str, places: NDArray[np.uint8], axis: int) -> _Stored:
    """Two places a byte: the first half of an axis in the high bits, the second in the low."""
    first, second = np.split(places, 2, axis=axis)
    pair, high, low, sixteen = f"{name}/pair", f"{name}/high", f"{name}/low", "/half_byte"
    return _Stored(
        [from_array(first * HALF_BYTE + second, name), from_array(np.int32(HALF_BYTE), sixteen)],
        [
            _cast(name, pair, TensorProto.INT32),
            make_node("Div", [pair, sixteen], [high]),
            make_node("Mod", [pair, sixteen], [low]),
            make_node("Concat", [high, low], [whole], axis=axis),
        ],
    )


def k_means(weight: Weights, clusters: int) -> tuple[Weights, NDArray[np.uint8]]:
    """Centres, ascending, (<= clusters,), and the place of each number's nearest one.

    Begins with centres in equal steps and ends where none moves. A centre that nobody is nearest
    to is dropped.
    """
    ordered = np.sort(weight, axis=None).astype(np.float64)
    summed = np.concatenate([[0.0], np.cumsum(ordered)])
    centres = np.unique(np.linspace(ordered[0], ordered[-1], clusters))
    for _ in range(ROUNDS_MAX):
        ends = np.searchsorted(ordered, _between(centres), side="right")
        bounds = np.concatenate([[0], ends, [len(ordered)]])
        members = np.diff(bounds)
        moved = (np.diff(summed[bounds]) / np.maximum(members, 1))[members > 0]
        if np.array_equal(moved, centres):
            break
        centres = moved
    places = np.searchsorted(_between(centres), weight, side="left").astype(np.uint8)
    return centres.astype(np.float32), places


def _between(centres: NDArray[np.float64]) -> NDArray[np.float64]:
    return (centres[1:] + centres[:-1]) / 2


def _cast(given: str, taken: str, to: int) -> onnx.NodeProto:
    return make_node("Cast", [given], [taken], to=to)


def _copied(model: onnx.ModelProto) -> onnx.ModelProto:
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    return copy


def _refill(field: Any, values: Sequence[Any]) -> None:  # noqa: ANN401 - protobuf has no type for it
    """Put these in place of what a repeated field holds."""
    del field[:]
    field.extend(values)


def _forget(model: onnx.ModelProto) -> None:
    """Drop what no result depends on."""
    graph = model.graph
    del graph.value_info[:]
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        part.doc_string = ""
        del part.metadata_props[:]
    for node in graph.node:
        node.name = ""
    for field in ("doc_string", "producer_name", "producer_version"):
        model.ClearField(field)
    domains = {node.domain for node in graph.node} | {""}
    _refill(model.opset_import, [one for one in model.opset_import if one.domain in domains])


def _short_names(graph: onnx.GraphProto) -> ChainMap[str, str]:
    """Of every value: its own for inputs and outputs, letters for the others."""
    for node in graph.node:
        for one in node.attribute:
            if one.HasField("g") or one.graphs:
                raise ModelError(f"{graph.name}: {node.op_type} holds a graph; export without it")
    kept = {one.name: one.name for one in (*graph.input, *graph.output)} | {"": ""}
    letters = (name for name in _letters() if name not in kept)
    short: dict[str, str] = {}
    names = [name for node in graph.node for name in (*node.input, *node.output)]
    for name in names:
        if name not in kept and name not in short:
            short[name] = next(letters)
    return ChainMap(kept, short)


def _letters() -> Iterator[str]:
    """a to Z, then aa to ZZ, and so on."""
    for length in count(1):
        for one in product(ascii_letters, repeat=length):
            yield "".join(one)
