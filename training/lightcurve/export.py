"""A fitted network to the ONNX file that serves it, with its name and origin inside; and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from classifiers.observations.layout import HISTORY_LAYOUT, LAYOUT, ROW
from schemas.errors import ModelError
from training.export import described, stripped, traced, without_origins, written
from training.lightcurve.model import LightCurveNet, Shape
from training.packing import eight_bit, narrowed


def exported(net: LightCurveNet, path: Path, labels: Sequence[str], said: Mapping[str, str]) -> str:
    """Write the network as it is, scaling and softmax included; returns the file's sha256.

    `said` goes into the file's metadata, beside the labels and the layout of the rows.
    """
    return written(_model(net, labels, said), path)


def packed(net: LightCurveNet, path: Path, labels: Sequence[str], said: Mapping[str, str]) -> str:
    """The same in eight bits, which ONNX Runtime unpacks when it opens the file."""
    return written(small(_model(net, labels, said)), path)


def small(model: onnx.ModelProto) -> onnx.ModelProto:
    """A network's file in eight bits and under short names; the weights' are in its metadata."""
    whole = narrowed(eight_bit(model))
    short = stripped(whole)
    renamed = dict(zip(_names(whole), _names(short), strict=True))
    said = {one.key: one.value for one in model.metadata_props}
    weights = {name: renamed[name] for name in json.loads(said["weights"]) if name in renamed}
    onnx.helper.set_model_props(short, {**said, "weights": _text(weights)})
    return short


def loaded(path: Path) -> LightCurveNet:
    """The network of a file that `exported` or `packed` wrote, ready to score.

    Raises ModelError where the file is of another network.
    """
    try:
        model = onnx.load(path)
        said = {one.key: one.value for one in model.metadata_props}
        net = LightCurveNet(len(json.loads(said["labels"])), Shape(**json.loads(said["shape"])))
        values = _constants(model.graph)
        found = {name: values[own] for name, own in json.loads(said["weights"]).items()}
        state = net.state_dict()
        for name, value in found.items():
            state[name] = torch.from_numpy(value.astype(np.float32).copy()).reshape(
                state[name].shape
            )
        net.load_state_dict(state)
    except Exception as error:  # those of a file that is none share no other type
        raise ModelError(
            f"{path}: is no file of this network ({error!r:.200}); name one that training wrote"
        ) from error
    net.eval()
    return net


def _model(net: LightCurveNet, labels: Sequence[str], said: Mapping[str, str]) -> onnx.ModelProto:
    metadata = {
        **said,
        "labels": _text(list(labels)),
        "layout": HISTORY_LAYOUT if net.shape.history else LAYOUT,
        "shape": _text(_sizes(net.shape)),
    }
    model = without_origins(traced(net, (ROW + net.shape.history,), "rows"))
    used = set(_names(model))
    metadata["weights"] = _text({name: name for name in net.state_dict() if name in used})
    return described(model, metadata)


def _sizes(shape: Shape) -> dict[str, object]:
    """Without the dropout, which nobody asks a file about."""
    return {name: size for name, size in vars(shape).items() if name != "dropout"}


def _text(said: object) -> str:
    """Without spaces: a file's bytes are counted."""
    return json.dumps(said, separators=(",", ":"))


def _names(model: onnx.ModelProto) -> list[str]:
    """Of everything that is used, as it comes."""
    return [name for node in model.graph.node for name in (*node.input, *node.output) if name]


def _constants(graph: onnx.GraphProto) -> dict[str, NDArray[np.generic]]:
    """What the file holds, and what is unpacked from that alone."""
    values = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    for node in graph.node:
        if node.input and all(name in values for name in node.input):
            run = ReferenceEvaluator(node).run(None, {name: values[name] for name in node.input})
            values.update(zip(node.output, run, strict=True))
    return values
