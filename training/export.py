"""A torch network as an ONNX model, and a model as a file without what no result depends on."""

from __future__ import annotations

import hashlib
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, product
from pathlib import Path
from string import ascii_letters
from typing import Any

import onnx
import torch
from torch import nn

from classifiers.session import METADATA
from schemas.errors import ModelError


def stripped(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same network under short names, without notes, noted shapes and unused constants.

    The metadata and the names of inputs and outputs stay. Raises ModelError for a graph in a
    graph, whose names are not followed.
    """
    small = copied(model)
    graph = small.graph
    used = {name for node in graph.node for name in node.input}
    used |= {one.name for one in graph.output}
    refill(graph.initializer, [one for one in graph.initializer if one.name in used])
    _forget(small)
    short = _short_names(graph)
    for node in graph.node:
        refill(node.input, [short[name] for name in node.input])
        refill(node.output, [short[name] for name in node.output])
    for constant in graph.initializer:
        constant.name = short[constant.name]
    return small


def content(model: onnx.ModelProto) -> bytes:
    """What stands in the file; the same model gives the same bytes. The model is checked."""
    onnx.checker.check_model(model, full_check=True)
    written: bytes = model.SerializeToString(deterministic=True)
    return written


def copied(model: onnx.ModelProto) -> onnx.ModelProto:
    """Another model of the same content."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    return copy


def refill(field: Any, values: Sequence[Any]) -> None:  # noqa: ANN401 - protobuf has no type for it
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
    refill(model.opset_import, [one for one in model.opset_import if one.domain in domains])


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


def described(model: onnx.ModelProto, said: Mapping[str, str]) -> onnx.ModelProto:
    """The model with this metadata, which says all that serving asks for."""
    assert set(METADATA) <= set(said), said
    onnx.helper.set_model_props(model, dict(said))
    return model


def written(model: onnx.ModelProto, path: Path) -> str:
    """Write the model, once it is checked; the file's sha256."""
    given = content(model)
    path.write_bytes(given)
    return hashlib.sha256(given).hexdigest()
