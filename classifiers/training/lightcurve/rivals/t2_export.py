"""t2 as an ONNX file, so that its time and size are measured as ours are."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import torch

from classifiers.training.lightcurve.labels import SIX_BAND
from classifiers.training.lightcurve.rivals.resampled import STEPS
from classifiers.training.lightcurve.rivals.t2 import REDSHIFT_STEPS, T2
from schemas.batch import BANDS

OPSET = 18
PROBE_ROWS = 2
"""Rows of the traced example; one row would be taken for a constant."""
ROW_SHAPE = (STEPS + REDSHIFT_STEPS, len(BANDS))
"""Of one sequence with photo-z."""


def t2_onnx(path: Path, net: T2 | None = None) -> None:
    """Write t2 in float32, scaling and softmax included, for `classifiers.session.Session`.

    Rows are sequences as `t2.sequences` gives them. Without a net, one with photo-z that has
    learnt nothing, which is as large and as fast.
    """
    net = (T2(ROW_SHAPE[0]) if net is None else net).eval()
    program = torch.onnx.export(
        net,
        (torch.zeros(PROBE_ROWS, *net.centre.shape),),
        input_names=["sequences"],
        output_names=["probabilities"],
        dynamic_shapes={"sequences": {0: torch.export.Dim("alerts")}},
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    model = _without_origins(program.model_proto)
    said = {"name": "t2", "version": "re-trained", "labels": json.dumps(SIX_BAND)}
    onnx.helper.set_model_props(model, said)
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _without_origins(model: onnx.ModelProto) -> onnx.ModelProto:
    """Drop what the exporter notes of its source, which is a third of so small a file."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info):
        del part.metadata_props[:]
    for part in (model, graph, *graph.node):
        part.doc_string = ""
    return model
