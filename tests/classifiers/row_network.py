"""A network of random weights over rows of light curves: its scores mean nothing, its file all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from classifiers.observations.layout import LAYOUT, ROW
from classifiers.session import NOTHING

OPSET, IR_VERSION = 18, 10
LABELS = ("SNIa", "SNII", "AGN")
SAID = {"name": "lightcurve", "version": "0", "system": "lsst", "layout": LAYOUT}


def network_file(
    path: Path,
    said: Mapping[str, str | None] = NOTHING,
    labels: tuple[str, ...] = LABELS,
    width: int = ROW,
) -> Path:
    """Write one whose metadata are SAID's but for what is given; None leaves a key out."""
    metadata = {**SAID, "detections_min": "2", "labels": json.dumps(labels), **said}
    model = helper.make_model(
        _graph(width, len(labels)),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    helper.set_model_props(model, {key: value for key, value in metadata.items() if value})
    path.write_bytes(model.SerializeToString())
    return path


def _graph(width: int, labels: int) -> onnx.GraphProto:
    """Rows squeezed into -1 to 1, then one layer: any row gives finite probabilities."""
    weights = np.random.default_rng(1).normal(size=(width, labels)).astype(np.float32)
    nodes = [
        helper.make_node("Softsign", ["rows"], ["squeezed"]),
        helper.make_node("MatMul", ["squeezed", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1),
    ]
    read, written = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["alerts", size])]
        for name, size in (("rows", width), ("probabilities", labels))
    )
    return helper.make_graph(
        nodes, "rows", read, written, [numpy_helper.from_array(weights, "weights")]
    )
