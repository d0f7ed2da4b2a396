"""A fitted network to the ONNX file that serves it, with its name and origin inside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onnxscript.rewriter import pattern, rewrite

from classifiers.realbogus import STAMP_PIXELS
from training.export import described, traced, without_origins, written
from training.realbogus.labels import LABELS
from training.realbogus.model import PLANES, RealBogusNet


def exported(net: RealBogusNet, path: Path, said: Mapping[str, str]) -> str:
    """Write the network, scaling and softmax included; returns the file's sha256.

    `said` goes into the file's metadata, beside the labels. The same network gives the same bytes.
    """
    whole = traced(net, (PLANES, STAMP_PIXELS, STAMP_PIXELS), "stamps")
    model = without_origins(rewrite(whole, pattern_rewrite_rules=[SOFTSIGN]))
    return written(described(model, {**said, "labels": json.dumps(LABELS)}), path)


# The exporter writes softsign as three passes over the image; ONNX has it as one.
def _spelled_out(op: Any, x: Any, one: Any) -> Any:  # noqa: ANN401 - the rewriter's own tape
    return op.Div(x, op.Add(op.Abs(x), one))


def _in_one(op: Any, x: Any, one: Any) -> Any:  # noqa: ANN401 - names must match
    return op.Softsign(x)


SOFTSIGN = pattern.RewriteRule(_spelled_out, _in_one)
