"""The served network against a textbook one, both through ONNX Runtime on one thread, in turn.

The textbook one has the layers of ZTF's braai (Duev et al. 2019, MNRAS 489, 3582): like VGG, with
convolutions of 3 x 3 without padding. Its weights are drawn at random, so its time counts and its
scores mean nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from classifiers.realbogus import STAMP_PIXELS, WEIGHTS, RealBogus
from schemas.batch import PLANES
from schemas.decode import Decoder
from training.timing import ALERTS, ROUNDS, medians_us

BLOCKS = ((16, 2), (32, 4))
"""Two convolutions to so many planes, then a pool of so many pixels a side."""
FLAT = 32 * 6 * 6
"""What is left of 63 pixels: 61, 59, 29, 27, 25, 6."""
HIDDEN = 256
LAYERS = ("Conv", "Gemm", "MatMul")
OPSET, IR_VERSION = 18, 10
"""As the served file's."""
SEED = 1
PIXEL_MAX = 1e15
"""Counts; a pixel above is void. The sum of a stamp's squares then fits into float32."""
EMPTY = 1e-12
"""Least norm to divide by, counts: a plane of zeros stays one."""


class Measured(NamedTuple):
    """One network's figures."""

    us: dict[int, float]
    """CPU time an alert by size of batch, scaling included."""
    size_bytes: int
    parameters: int


class Vgg:
    """The textbook network: each plane by its own norm in NumPy, then one call for the batch."""

    def __init__(self) -> None:
        self.content = vgg()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            self.content, options, providers=["CPUExecutionProvider"]
        )

    def score_stamps(self, stamps: NDArray[np.float32]) -> NDArray[np.float32]:
        """Float32 (n, 1), of stamps float32 (n, 3, 63, 63) in counts."""
        scores: NDArray[np.float32] = self._session.run(None, {"stamps": normalised(stamps)})[0]
        return scores


def normalised(stamps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Void pixels to zero, and each plane divided by the root of its sum of squares."""
    clean = np.where(np.abs(stamps) < PIXEL_MAX, stamps, np.float32(0))
    norm = np.sqrt(np.einsum("npij,npij->np", clean, clean))
    clean /= np.maximum(norm, EMPTY)[:, :, None, None]
    return clean


def measure(packets: Sequence[bytes], rounds: int = ROUNDS) -> tuple[Measured, Measured]:
    """The served network and the textbook one, on the stamps of these packets."""
    stamps = Decoder().decode(packets[:ALERTS]).stamps.resampled(STAMP_PIXELS)
    ours, theirs = RealBogus(), Vgg()
    times = medians_us({"ours": ours.score_stamps, "theirs": theirs.score_stamps}, stamps, rounds)
    return _measured(times["ours"], WEIGHTS.read_bytes()), _measured(
        times["theirs"], theirs.content
    )


def _measured(us: dict[int, float], content: bytes) -> Measured:
    return Measured(us, len(content), parameters(content))


def parameters(content: bytes) -> int:
    """Weights and biases of a file's layers."""
    graph = onnx.load_from_string(content).graph
    read = {name for node in graph.node if node.op_type in LAYERS for name in node.input}
    return sum(int(np.prod(one.dims)) for one in graph.initializer if one.name in read)


def vgg() -> bytes:
    """The textbook network as a file."""
    layers = _Layers()
    for planes, side in BLOCKS:
        for _ in range(2):
            layers.convolution(planes)
        layers.add("MaxPool", kernel_shape=[side, side], strides=[side, side])
    layers.add("Flatten")
    layers.dense(FLAT, HIDDEN)
    layers.add("Relu")
    layers.dense(HIDDEN, 1)
    layers.add("Sigmoid")
    return layers.file()


class _Layers:
    """Nodes in a row, each reading the last one's output, with weights drawn from SEED."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(SEED)
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []
        self._planes = len(PLANES)

    def convolution(self, planes: int) -> None:
        self.add("Conv", self._drawn(planes, self._planes, 3, 3), self._drawn(planes))
        self.add("Relu")
        self._planes = planes

    def dense(self, read: int, written: int) -> None:
        self.add("Gemm", self._drawn(written, read), self._drawn(written), transB=1)

    def add(self, kind: str, *weights: str, **settings: object) -> None:
        place = len(self._nodes)
        inputs = [str(place), *weights]
        self._nodes.append(helper.make_node(kind, inputs, [str(place + 1)], **settings))

    def file(self) -> bytes:
        self._nodes[0].input[0] = "stamps"
        row = [len(PLANES), STAMP_PIXELS, STAMP_PIXELS]
        ends = (("stamps", row), (str(len(self._nodes)), [1]))
        read, written = (
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["alerts", *shape])]
            for name, shape in ends
        )
        graph = helper.make_graph(self._nodes, "vgg", read, written, self._weights)
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
        content: bytes = model.SerializeToString()
        return content

    def _drawn(self, *shape: int) -> str:
        """A new tensor's name; its sums keep the size of what they read (He et al. 2015)."""
        spread = np.sqrt(2 / np.prod(shape[1:]))
        values = self._random.normal(0, spread, shape).astype(np.float32)
        name = f"weights {len(self._weights)}"
        self._weights.append(numpy_helper.from_array(values, name))
        return name
