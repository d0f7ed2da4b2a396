"""A little transformer as an ONNX file, every weight drawn: tokens and features in one row."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto
from onnx.helper import make_model, make_node, make_opsetid, make_tensor_value_info
from onnx.numpy_helper import from_array

TOKENS, COLUMNS, FEATURES, WIDTH, HEADS, HIDDEN = 8, 5, 24, 32, 4, 64
LABELS = ("a", "b", "c", "d")
ROW = FEATURES + TOKENS * COLUMNS
HEAD = WIDTH // HEADS


def invented_rows(count: int, seed: int) -> NDArray[np.float32]:
    """(count, ROW), as bright as light curves in nJy."""
    random = np.random.default_rng(seed)
    rows: NDArray[np.float32] = (1000 * random.normal(size=(count, ROW))).astype(np.float32)
    return rows


def transformer(seed: int = 1) -> onnx.ModelProto:
    """Rows (n, ROW), scaled inside, to probabilities (n, 4); one block, mean over tokens."""
    graph = onnx.helper.make_graph(
        _nodes(),
        "transformer",
        [make_tensor_value_info("rows", TensorProto.FLOAT, ["alerts", ROW])],
        [make_tensor_value_info("probabilities", TensorProto.FLOAT, ["alerts", len(LABELS)])],
        [from_array(value, name) for name, value in _constants(seed).items()],
        doc_string="where this came from, at some length",
    )
    model = make_model(graph, opset_imports=[make_opsetid("", 18)], ir_version=10)
    said = {"name": "invented", "version": "0", "labels": json.dumps(LABELS)}
    onnx.helper.set_model_props(model, said)
    return onnx.shape_inference.infer_shapes(model)


def _constants(seed: int) -> dict[str, NDArray[Any]]:
    random = np.random.default_rng(seed)

    def drawn(*shape: int) -> NDArray[np.float32]:
        values: NDArray[np.float32] = random.normal(size=shape).astype(np.float32)
        return values / np.float32(np.sqrt(shape[0]))

    def whole(*values: int) -> NDArray[np.int64]:
        return np.array(values, np.int64)

    return {
        "scale": np.array(1e-3, np.float32),
        "nothing": np.array(0, np.float32),
        "parts": whole(FEATURES, TOKENS * COLUMNS),
        "tokens_shape": whole(0, TOKENS, COLUMNS),
        "heads_shape": whole(0, TOKENS, HEADS, HEAD),
        "width_shape": whole(0, TOKENS, WIDTH),
        "over_tokens": whole(1),
        "root": np.array(HEAD**-0.5, np.float32),
        "embed.weight": drawn(COLUMNS, WIDTH),
        "features.weight": drawn(WIDTH, FEATURES),
        "features.bias": drawn(WIDTH),
        "inner.weight": drawn(WIDTH, 3 * WIDTH),
        "out.weight": drawn(WIDTH, WIDTH),
        "first.weight": drawn(WIDTH, HIDDEN),
        "first.bias": drawn(HIDDEN),
        "second.weight": drawn(HIDDEN, WIDTH),
        "head.weight": drawn(len(LABELS), WIDTH),
        "head.bias": drawn(len(LABELS)),
        "unused": drawn(7),
    }


def _nodes() -> list[onnx.NodeProto]:
    made: list[onnx.NodeProto] = []

    def node(kind: str, given: str, taken: str, **how: object) -> None:
        made.append(
            make_node(kind, given.split(), taken.split(), name=f"block.{kind}.{taken}", **how)
        )

    node("Mul", "rows scale", "small")
    node("IsNaN", "small", "absent")
    node("Where", "absent nothing small", "scaled")
    node("Split", "scaled parts", "features sequence", axis=1)
    node("Reshape", "sequence tokens_shape", "tokens")
    node("MatMul", "tokens embed.weight", "embedded")
    node("Gemm", "features features.weight features.bias", "context", transB=1)
    _attention(node)
    node("MatMul", "summed first.weight", "widened")
    node("Add", "widened first.bias", "biased")
    node("Relu", "biased", "bent")
    node("MatMul", "bent second.weight", "narrowed")
    node("Add", "summed narrowed", "left")
    node("ReduceMean", "left over_tokens", "pooled", keepdims=0)
    node("Add", "pooled context", "known")
    node("Gemm", "known head.weight head.bias", "logits", transB=1)
    node("Softmax", "logits", "probabilities", axis=-1)
    return made


def _attention(node: Any) -> None:  # noqa: ANN401 - the local function above
    node("MatMul", "embedded inner.weight", "inner")
    node("Split", "inner", "q k v", axis=2, num_outputs=3)
    for one, turned in (("q", (0, 2, 1, 3)), ("k", (0, 2, 3, 1)), ("v", (0, 2, 1, 3))):
        node("Reshape", f"{one} heads_shape", f"{one}_heads")
        node("Transpose", f"{one}_heads", f"{one}_turned", perm=turned)
    node("MatMul", "q_turned k_turned", "products")
    node("Mul", "products root", "damped")
    node("Softmax", "damped", "attention", axis=-1)
    node("MatMul", "attention v_turned", "attended")
    node("Transpose", "attended", "beside", perm=(0, 2, 1, 3))
    node("Reshape", "beside width_shape", "joined")
    node("MatMul", "joined out.weight", "given")
    node("Add", "embedded given", "summed")
