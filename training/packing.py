"""Stores a network's weights in fewer bits, for a file that is smaller and runs as fast.

A weight becomes a constant of fewer bits and operators that restore it. ONNX Runtime computes what
hangs on constants alone once, when it opens the file, so what runs is the float network with its
weights rounded. It does so with Cast and Mul; DequantizeLinear it keeps, or makes part of another
kernel, with another speed, which is why that operator is not used here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto
from onnx.helper import make_node
from onnx.numpy_helper import from_array, to_array

from schemas.errors import ModelError
from training.arrays import Floats, Ints
from training.export import copied, refill

Weights = NDArray[np.float32]
LEAST = 256
"""Numbers of a weight that is worth packing: below, the operators take what the bits save."""
LEAST_NARROWED = 32
"""Numbers of any other constant."""
OUTPUT_AXIS = {"MatMul": -1, "Gemm": -1, "Conv": 0, "Gather": 0, "Transpose": 0}
"""Operators that read weights, and the axis of what they give, or of what they look up.

A transposed weight is torch's, whose first axis it is.
"""
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
    large enough, as `few_bits`, `half` and `clustered` do.
    """
    return _packed(model, _in_eight_bits, LEAST)


def few_bits(model: onnx.ModelProto, bits: int, least: int = LEAST) -> onnx.ModelProto:
    """Each weight of `least` numbers or more as `eight_bit` does it, in 2 to 7 bits.

    As many numbers as fit stand in one int64: 16 of 4 bits, 12 of 5, 10 of 6.
    """
    if not 2 <= bits <= 7:
        raise ModelError(f"a weight of {bits} bits is not stored so; ask for 2 to 7")
    return _packed(model, partial(_in_few_bits, bits=bits), least)


def half(model: onnx.ModelProto) -> onnx.ModelProto:
    """Each weight as float16. Raises ModelError where one is beyond float16's range."""
    return _packed(model, _in_half, LEAST)


def clustered(model: onnx.ModelProto, clusters: int) -> onnx.ModelProto:
    """Each weight by its place in a code book of its own, float32, found by k-means.

    Clustering and its start in equal steps from least to largest: Han et al. 2016,
    arXiv:1510.00149. As many places as fit stand in one int64: 7 of 256 clusters, 10 of 64, 12 of
    32, 15 of 16. Raises ModelError for fewer than 2 clusters or more than 256.
    """
    if not 2 <= clusters <= 256:
        raise ModelError(f"{clusters} clusters are no code book; ask for 2 to 256")
    return _packed(model, partial(_in_clusters, clusters=clusters), LEAST)


def narrowed(model: onnx.ModelProto) -> onnx.ModelProto:
    """Biases, scales and lists of places in 16 bits, where they fit: for what packing left over.

    Numbers keep three digits, so nothing may hang on a fourth of a scaling's constant.
    """
    return _replaced(model, _in_sixteen_bits)


def _packed(model: onnx.ModelProto, storing: Storing, least: int) -> onnx.ModelProto:
    axes = _output_axes(model.graph, least)
    if not axes:
        raise ModelError(
            f"{model.graph.name}: no float32 weight of {least} numbers or more is left to pack; "
            "name a network that has one"
        )

    def stored(constant: TensorProto) -> _Stored | None:
        axis = axes.get(constant.name)
        return None if axis is None else storing(constant.name, to_array(constant), axis)

    return _replaced(model, stored)


def _replaced(
    model: onnx.ModelProto, storing: Callable[[TensorProto], _Stored | None]
) -> onnx.ModelProto:
    """The network with what stands for its constants, None being the constant itself."""
    small = copied(model)
    graph = small.graph
    constants: dict[str, TensorProto] = {}
    operators: list[onnx.NodeProto] = []
    for one in graph.initializer:
        stored = storing(one) or _Stored([one], [])
        constants |= {part.name: part for part in stored.constants}
        operators += stored.operators
    refill(graph.initializer, list(constants.values()))
    refill(graph.node, [*operators, *graph.node])
    return small


def _output_axes(graph: onnx.GraphProto, least: int) -> dict[str, int]:
    """Of each float32 weight that is worth packing."""
    large = {
        one.name
        for one in graph.initializer
        if one.data_type == TensorProto.FLOAT
        and len(one.dims) > 1
        and int(np.prod(one.dims)) >= least
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


def _scale(weight: Weights, axis: int, most: int) -> Weights:
    """The step between numbers, for each output channel, where the largest is `most` steps."""
    others = tuple(place for place in range(weight.ndim) if place != axis % weight.ndim)
    largest = np.abs(weight).max(axis=others, keepdims=True)
    steps: Weights = np.where(largest > 0, largest / most, 1).astype(np.float32)
    return steps


def _in_eight_bits(name: str, weight: Weights, axis: int) -> _Stored:
    scale = _scale(weight, axis, 127)
    whole, wide, steps = f"{name}/int8", f"{name}/wide", f"{name}/scale"
    return _Stored(
        [from_array(np.rint(weight / scale).astype(np.int8), whole), from_array(scale, steps)],
        [_cast(whole, wide, TensorProto.FLOAT), make_node("Mul", [wide, steps], [name])],
    )


def _in_few_bits(name: str, weight: Weights, axis: int, bits: int) -> _Stored:
    most = 2 ** (bits - 1) - 1
    scale = _scale(weight, axis, most)
    whole, wide, centred, steps = (f"{name}/{one}" for one in ("whole", "wide", "centred", "scale"))
    middle = f"/middle{most}"
    digits = _digits(name, whole, np.rint(weight / scale).astype(np.int64) + most, 2 * most + 1)
    constants = [from_array(np.float32(most), middle), from_array(scale, steps)]
    restoring = [
        _cast(whole, wide, TensorProto.FLOAT),
        make_node("Sub", [wide, middle], [centred]),
        make_node("Mul", [centred, steps], [name]),
    ]
    return _Stored(digits.constants + constants, digits.operators + restoring)


def _in_half(name: str, weight: Weights, _: int) -> _Stored:
    if np.abs(weight).max() > np.finfo(np.float16).max:
        raise ModelError(f"{name}: a weight is beyond float16's range; store it in 8 bits")
    short = f"{name}/float16"
    return _Stored(
        [from_array(weight.astype(np.float16), short)], [_cast(short, name, TensorProto.FLOAT)]
    )


def _in_sixteen_bits(constant: TensorProto) -> _Stored | None:
    values = to_array(constant)
    if values.size < LEAST_NARROWED or values.dtype not in (np.float32, np.int64):
        return None
    kind, largest = (
        (np.float16, float(np.finfo(np.float16).max))
        if values.dtype == np.float32
        else (np.int16, float(np.iinfo(np.int16).max))
    )
    if np.abs(values).max() > largest:
        return None
    short = f"{constant.name}/narrow"
    return _Stored(
        [from_array(values.astype(kind), short)],
        [_cast(short, constant.name, constant.data_type)],
    )


def _in_clusters(name: str, weight: Weights, _: int, clusters: int) -> _Stored:
    book, places = k_means(weight, clusters)
    centres, whole = f"{name}/book", f"{name}/places"
    digits = _digits(name, whole, places, clusters)
    return _Stored(
        [from_array(book, centres), *digits.constants],
        [*digits.operators, make_node("Gather", [centres, whole], [name], axis=0)],
    )


def _digits(name: str, taken: str, values: Ints, base: int) -> _Stored:
    """Whole numbers in [0, base) as the digits of int64 words, as many a word as fit."""
    fit = max(n for n in range(1, 64) if base**n <= np.iinfo(np.int64).max)
    powers = np.array([base**n for n in range(fit)], np.int64)
    padded = np.zeros(-(-values.size // fit) * fit, np.int64)
    padded[: values.size] = values.ravel()
    words, high, low, row, cut, sides = (
        f"{name}/{one}" for one in ("words", "high", "low", "row", "cut", "sides")
    )
    constants = {
        words: padded.reshape(-1, fit) @ powers[:, None],
        f"/powers{base}": powers,
        f"/base{base}": np.array(base),
        sides: np.array(values.shape),
        "/row": np.array([-1]),
        "/begin": np.array([0]),
        cut: np.array([values.size]),
    }
    operators = [
        make_node("Div", [words, f"/powers{base}"], [high]),
        make_node("Mod", [high, f"/base{base}"], [low]),
        make_node("Reshape", [low, "/row"], [row]),
        make_node("Slice", [row, "/begin", cut], [f"{row}/cut"]),
        make_node("Reshape", [f"{row}/cut", sides], [taken]),
    ]
    return _Stored([from_array(value, key) for key, value in constants.items()], operators)


def k_means(weight: Weights, clusters: int) -> tuple[Weights, Ints]:
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
    return centres.astype(np.float32), np.searchsorted(_between(centres), weight, side="left")


def _between(centres: Floats) -> Floats:
    return (centres[1:] + centres[:-1]) / 2


def _cast(given: str, taken: str, to: int) -> onnx.NodeProto:
    return make_node("Cast", [given], [taken], to=to)
