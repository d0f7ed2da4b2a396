"""A fitted network to the ONNX file that serves it, with its own name and origin inside."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx
import torch
from onnxscript.rewriter import pattern, rewrite

from classifiers.session import METADATA
from classifiers.training.labels import LABELS
from classifiers.training.model import PLANES, STAMP_PIXELS, RealBogusNet

OPSET = 18
PROBE_ROWS = 2
"""Rows of the traced example; one row would be taken for a constant."""


def exported(net: RealBogusNet, path: Path, said: Mapping[str, str]) -> str:
    """Write the network, scaling and softmax included; returns the file's sha256.

    `said` goes into the file's metadata, beside the labels. The same network gives the same bytes.
    """
    metadata = {**said, "labels": json.dumps(LABELS)}
    assert set(METADATA) <= set(metadata), metadata
    model = _without_origins(rewrite(_traced(net), pattern_rewrite_rules=[SOFTSIGN]))
    onnx.helper.set_model_props(model, metadata)
    onnx.checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString(deterministic=True)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def _traced(net: RealBogusNet) -> onnx.ModelProto:
    program = torch.onnx.export(
        net,
        (torch.zeros(PROBE_ROWS, PLANES, STAMP_PIXELS, STAMP_PIXELS),),
        input_names=["stamps"],
        output_names=["probabilities"],
        dynamic_shapes={"stamps": {0: torch.export.Dim("alerts")}},
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    return program.model_proto


def _without_origins(model: onnx.ModelProto) -> onnx.ModelProto:
    """Drop what the exporter notes of its source: file names of the machine it ran on."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info):
        del part.metadata_props[:]
    for part in (model, graph, *graph.node):
        part.doc_string = ""
    return model


# The exporter writes softsign as three passes over the image; ONNX has it as one.
def _spelled_out(op: Any, x: Any, one: Any) -> Any:  # noqa: ANN401 - the rewriter's own tape
    return op.Div(x, op.Add(op.Abs(x), one))


def _in_one(op: Any, x: Any, one: Any) -> Any:  # noqa: ANN401 - names must match
    return op.Softsign(x)


SOFTSIGN = pattern.RewriteRule(_spelled_out, _in_one)
