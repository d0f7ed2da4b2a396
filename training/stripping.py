"""Takes out of a network's file what no result depends on, and says what its bytes are."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Sequence
from itertools import count, product
from string import ascii_letters
from typing import Any

import onnx

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
