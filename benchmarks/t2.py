"""A published rival for light curves, t2: a Gaussian process first, then a transformer.

Layers and sizes are those of Allam & McEwen (arXiv:2105.06178): light curves resampled at 100 times
in 6 bands, a convolution over one step to 32 numbers, one block of 16 heads, pooling. The weights
are drawn at random, so its time counts and its scores mean nothing. Its process is the plainest
there is, with a kernel that is not fitted; published ones search the best kernel for every object.
"""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from classifiers.observations.layout import BANDS
from schemas.batch import Floats, LightCurves

STEPS, WIDTH, HEADS, INNER, CLASSES = 100, 32, 16, 128, 14
OPSET, IR_VERSION = 18, 10
SEED = 1
WAVELENGTH_ANGSTROM = np.array([3671.0, 4827.0, 6223.0, 7546.0, 8691.0, 9710.0])
"""Means of LSST's bands; a kernel's cost does not depend on them."""
LENGTH_DAYS, LENGTH_ANGSTROM = 20.0, 6000.0
"""Of the kernel (Boone 2019, arXiv:1907.04690)."""


class T2:
    """The rival's network, on one thread; `resampled` gives what it reads."""

    shape = (STEPS, len(BANDS))

    def __init__(self) -> None:
        self.content, self.parameters = network()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            self.content, options, providers=["CPUExecutionProvider"]
        )

    def score(self, steps: NDArray[np.float32]) -> NDArray[np.float32]:
        """Float32 (n, CLASSES), of resampled light curves float32 (n, STEPS, bands)."""
        scores: NDArray[np.float32] = self._session.run(None, {"steps": steps})[0]
        return scores


def resampled(curves: LightCurves) -> NDArray[np.float32]:
    """Float32 (n, STEPS, bands): each light curve's mean process, from first point to last."""
    steps = np.empty((len(curves), STEPS, len(BANDS)), np.float32)
    for row in range(len(curves)):
        part = slice(curves.offsets[row], curves.offsets[row + 1])
        kept = np.flatnonzero(np.isfinite(curves.flux_njy[part])) + part.start
        steps[row] = _mean(
            curves.mjd[kept],
            WAVELENGTH_ANGSTROM[curves.band[kept]],
            curves.flux_njy[kept],
            curves.flux_err_njy[kept],
        )
    return steps


def _mean(mjd: Floats, wavelength: Floats, flux: Floats, error: Floats) -> Floats:
    """(STEPS, bands): the process given the points, its amplitude the largest flux."""
    variance = np.square(np.abs(flux).max())
    grid_mjd = np.repeat(np.linspace(mjd[0], mjd[-1], STEPS), len(BANDS))
    grid_wavelength = np.tile(WAVELENGTH_ANGSTROM, STEPS)
    covariance = variance * _matern(mjd, wavelength, mjd, wavelength)
    covariance[np.diag_indices_from(covariance)] += np.square(error)
    # One solution costs less here than a Cholesky factor: NumPy has no triangular solver.
    weights = np.linalg.solve(covariance, flux)
    mean: Floats = variance * _matern(grid_mjd, grid_wavelength, mjd, wavelength) @ weights
    return mean.reshape(STEPS, len(BANDS))


def _matern(mjd: Floats, wavelength: Floats, other_mjd: Floats, other: Floats) -> Floats:
    """The Matern-3/2 kernel between points in time and wavelength, of amplitude 1."""
    days = np.subtract.outer(mjd, other_mjd) / LENGTH_DAYS
    angstrom = np.subtract.outer(wavelength, other) / LENGTH_ANGSTROM
    distance = np.sqrt(3 * (days * days + angstrom * angstrom))
    return (1 + distance) * np.exp(-distance)


def network() -> tuple[bytes, int]:
    """The transformer as a file, and how many weights and biases it has."""
    layers = _Layers()
    x = layers.add("Relu", layers.dense("steps", len(BANDS), WIDTH))
    x = layers.add("Add", x, layers.constant(_positions()))
    x = layers.normalised(layers.add("Add", x, layers.attention(x)))
    inner = layers.add("Relu", layers.dense(x, WIDTH, INNER))
    x = layers.normalised(layers.add("Add", x, layers.dense(inner, INNER, WIDTH)))
    pooled = layers.add("ReduceMean", x, layers.constant(np.array([1])), keepdims=0)
    layers.add("Softmax", layers.dense(pooled, WIDTH, CLASSES), axis=-1)
    return layers.file(), layers.parameters


def _positions() -> NDArray[np.float32]:
    """Sines and cosines of each step's place (Vaswani et al. 2017, arXiv:1706.03762)."""
    rates = 1e4 ** -(np.arange(0, WIDTH, 2) / WIDTH)
    angles = np.arange(STEPS)[:, None] * rates
    return np.concatenate((np.sin(angles), np.cos(angles)), axis=1).astype(np.float32)


class _Layers:
    """Nodes by the names of what they give, with weights drawn from SEED."""

    def __init__(self) -> None:
        self.parameters = 0
        self._random = np.random.default_rng(SEED)
        self._nodes: list[onnx.NodeProto] = []
        self._values: list[onnx.TensorProto] = []

    def add(self, kind: str, *inputs: str, **settings: object) -> str:
        name = f"{kind}-{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **settings))
        return name

    def constant(self, values: NDArray[np.generic]) -> str:
        name = f"value-{len(self._values)}"
        self._values.append(numpy_helper.from_array(values, name))
        return name

    def dense(self, read: str, wide: int, narrow: int) -> str:
        weights = self._drawn((wide, narrow), np.sqrt(1 / wide))
        return self.add("Add", self.add("MatMul", read, weights), self._drawn((narrow,), 0.1))

    def normalised(self, read: str) -> str:
        scale, shift = self._drawn((WIDTH,), 1.0), self._drawn((WIDTH,), 0.1)
        return self.add("LayerNormalization", read, scale, shift)

    def attention(self, read: str) -> str:
        """All heads of a step looking at all steps."""
        asked, offered, told = (self.dense(read, WIDTH, WIDTH) for _ in range(3))
        asked = self._heads(asked, [0, 2, 1, 3])
        offered = self._heads(offered, [0, 2, 3, 1])
        scale = self.constant(np.array(np.sqrt(HEADS / WIDTH), np.float32))
        weights = self.add("Mul", self.add("MatMul", asked, offered), scale)
        weights = self.add("Softmax", weights, axis=-1)
        seen = self.add("MatMul", weights, self._heads(told, [0, 2, 1, 3]))
        seen = self.add("Transpose", seen, perm=[0, 2, 1, 3])
        joined = self.add("Reshape", seen, self.constant(np.array([0, STEPS, WIDTH])))
        return self.dense(joined, WIDTH, WIDTH)

    def file(self) -> bytes:
        read = helper.make_tensor_value_info(
            "steps", TensorProto.FLOAT, ["alerts", STEPS, len(BANDS)]
        )
        last = self._nodes[-1].output[0]
        written = helper.make_tensor_value_info(last, TensorProto.FLOAT, ["alerts", CLASSES])
        graph = helper.make_graph(self._nodes, "t2", [read], [written], self._values)
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
        content: bytes = model.SerializeToString()
        return content

    def _heads(self, read: str, order: list[int]) -> str:
        shape = self.constant(np.array([0, STEPS, HEADS, WIDTH // HEADS]))
        return self.add("Transpose", self.add("Reshape", read, shape), perm=order)

    def _drawn(self, shape: tuple[int, ...], spread: float) -> str:
        values = spread * self._random.standard_normal(shape)
        self.parameters += values.size
        return self.constant(values.astype(np.float32))
