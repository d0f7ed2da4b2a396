"""A torch network as an ONNX model, and a model as a file: done alike for every network."""

from __future__ import annotations

import hashlib
from pathlib import Path

import onnx
import torch
from torch import nn

from training.stripping import content

OPSET = 18
PROBE_ROWS = 2
"""Rows of the traced example; one row would be taken for a constant."""


def traced(net: nn.Module, row_shape: tuple[int, ...], rows: str) -> onnx.ModelProto:
    """Rows float32 (n, *row_shape), under this name, to probabilities, for any n."""
    program = torch.onnx.export(
        net,
        (torch.zeros(PROBE_ROWS, *row_shape),),
        input_names=[rows],
        output_names=["probabilities"],
        dynamic_shapes={rows: {0: torch.export.Dim("alerts")}},
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    return program.model_proto


def without_origins(model: onnx.ModelProto) -> onnx.ModelProto:
    """Drop what the exporter notes of its source: file names of the machine it ran on.

    It is a third of a small network's file.
    """
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info):
        del part.metadata_props[:]
    for part in (model, graph, *graph.node):
        part.doc_string = ""
    return model


def written(model: onnx.ModelProto, path: Path) -> str:
    """Write the model, once it is checked; the file's sha256."""
    given = content(model)
    path.write_bytes(given)
    return hashlib.sha256(given).hexdigest()
