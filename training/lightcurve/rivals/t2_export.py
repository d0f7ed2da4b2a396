"""t2 as an ONNX file, so that its time and size are measured as ours are."""

from __future__ import annotations

import json
from pathlib import Path

import onnx

from classifiers.observations.layout import BANDS
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.rivals.resampled import STEPS
from training.lightcurve.rivals.t2 import REDSHIFT_STEPS, T2
from training.tracing import traced, without_origins, written

ROW_SHAPE = (STEPS + REDSHIFT_STEPS, len(BANDS))
"""Of one sequence with photo-z."""


def t2_onnx(path: Path, net: T2 | None = None) -> None:
    """Write t2 in float32, scaling and softmax included, for `classifiers.session.Session`.

    Rows are sequences as `t2.sequences` gives them. Without a net, one with photo-z that has
    learnt nothing, which is as large and as fast.
    """
    net = (T2(ROW_SHAPE[0]) if net is None else net).eval()
    model = without_origins(traced(net, tuple(net.centre.shape), "sequences"))
    said = {"name": "t2", "version": "re-trained", "labels": json.dumps(SIX_BAND)}
    onnx.helper.set_model_props(model, said)
    written(model, path)
