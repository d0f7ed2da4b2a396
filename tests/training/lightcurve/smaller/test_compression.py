"""The study has every form, each against float, and says in words what a step gave."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from classifiers.observations import layout
from classifiers.session import Session
from tests.training.invented_transformer import (
    LABELS,
    ROW,
    invented_rows,
    transformer,
)
from training.compression import FLOAT
from training.export import content
from training.lightcurve.model import LightCurveNet, Shape
from training.lightcurve.smaller.compression import (
    Judged,
    Row,
    markdown,
    noise,
    said,
    study,
)
from training.lightcurve.smaller.forms import (
    DYNAMIC,
    EXPORTED,
    PACKINGS,
    Learnt,
    Making,
    made,
    untaught,
)

TIMES_US = {1: 50.0, 32: 10.0, 256: 9.5}
AGAINST = Row(FLOAT, 100_000, TIMES_US, 0.0, 0.0, 1e-7, flat=0.44, flat_hidden=0.61, auc=0.9921)


def learnt(count: int = 40) -> Learnt:
    return Learnt(invented_rows(count, seed=11), np.arange(count) % len(LABELS))


def judged(count: int = 80) -> Judged:
    rows = invented_rows(count, seed=12)
    hidden = rows.copy()
    hidden[:, :4] = 0
    label = np.arange(count) % len(LABELS)
    return Judged(rows, hidden, label, np.array([0.4, 0.3, 0.2, 0.1]))


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    """The study of an invented transformer's forms, by step."""
    folder = tmp_path_factory.mktemp("forms")
    (folder / "exported.onnx").write_bytes(content(transformer()))
    files = {EXPORTED: folder / "exported.onnx"} | untaught(folder / "exported.onnx", learnt())
    return {row.step: row for row in study(files, judged(), rounds=1)}


def test_every_form_has_a_row_and_stripping_changes_no_probability(rows: dict[str, Row]) -> None:
    assert set(PACKINGS) | {EXPORTED, FLOAT, DYNAMIC} < rows.keys()
    for step in (EXPORTED, FLOAT):
        assert rows[step].change_max == 0
        assert rows[step].flat == rows[FLOAT].flat
    assert rows[FLOAT].size_bytes < rows[EXPORTED].size_bytes - 2000
    assert all(row.change_max >= row.change_mean > 0 for row in list(rows.values())[2:])


def test_the_packed_forms_are_small_near_to_float_and_served_by_row(rows: dict[str, Row]) -> None:
    int8 = rows["int8 weights"]
    assert int8.size_bytes < 0.4 * rows[FLOAT].size_bytes
    assert int8.flat == pytest.approx(rows[FLOAT].flat, abs=0.02)
    assert rows["int8 weights, the rest in 16 bits"].size_bytes < int8.size_bytes
    for step in PACKINGS:
        assert rows[step].neighbours_max < 1e-5, step
    assert rows[DYNAMIC].neighbours_max > 1e-5


def test_static_quantisation_leaves_products_of_activations_float(tmp_path: Path) -> None:
    (tmp_path / "exported.onnx").write_bytes(content(transformer()))
    path = untaught(tmp_path / "exported.onnx", learnt())["int8, static"]
    graph = onnx.load(path).graph
    maker = {name: node.op_type for node in graph.node for name in node.output}
    from_scales = [
        [maker.get(name) == "DequantizeLinear" for name in node.input[:2]]
        for node in graph.node
        if node.op_type == "MatMul"
    ]
    assert from_scales.count([True, True]) == 5
    assert from_scales.count([False, False]) == 2


def test_what_is_fine_tuned_is_exported_and_the_first_shows_what_tuning_alone_gives(
    tmp_path: Path,
) -> None:
    tuned: list[LightCurveNet] = []
    exported: list[LightCurveNet] = []

    def fine_tune(net: LightCurveNet) -> LightCurveNet:
        tuned.append(net)
        return net

    def export(net: LightCurveNet, path: Path) -> None:
        exported.append(net)
        path.write_bytes(content(transformer()))

    net = LightCurveNet(4, Shape(width=16, heads=2, inner=8, hidden=16, summaries=2)).eval()
    learning = Learnt(np.zeros((8, layout.ROW), np.float32), np.arange(8) % 4)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("training.lightcurve.smaller.forms.untaught", _nothing)
        files = made(net, Making(fine_tune, export), learning, tmp_path)
    assert list(files)[:3] == [EXPORTED, "float, fine-tuned", "a head less"]
    assert len(exported) == 1 + len(tuned) == len(files)
    assert exported[2].blocks[0].heads == 1
    assert net.blocks[0].heads == 2
    assert all(one is not net for one in tuned)
    assert all(Session(path, (ROW,)).labels == LABELS for path in files.values())


def _nothing(exported: Path, learnt: Learnt) -> dict[str, Path]:
    return {}


SLOW = {1: 50.0, 32: 12.0, 256: 9.5}
FAST = {1: 50.0, 32: 8.0, 256: 9.5}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"size_bytes": 25_000}, "25% of the bytes; as fast, within the noise; as good"),
        ({"flat": 0.442}, "100% of the bytes; as fast, within the noise; as good"),
        (
            {"flat": 0.445, "flat_hidden_error": None},
            "100% of the bytes; as fast, within the noise; loss +0.005 with z, +0.000 without",
        ),
        ({"step": "int8 weights"}, "100% of the bytes; float's operators; as good"),
        (
            {"time_us": SLOW, "flat": 0.45, "flat_error": 0.004},
            "100% of the bytes; 20% slower; loss +0.010 ± 0.004 with z, +0.000 ± 0.002 without",
        ),
        (
            {"time_us": FAST, "flat": 0.45, "flat_error": 0.006},
            "100% of the bytes; 20% faster; "
            "loss +0.010 ± 0.006 with z, +0.000 ± 0.002 without, which is within two errors",
        ),
        (
            {"neighbours_max": 0.01},
            "100% of the bytes; as fast, within the noise; as good; "
            "a score hangs on the rows beside it: not served",
        ),
    ],
)
def test_a_step_is_told_in_words(changed: dict[str, Any], words: str) -> None:
    row = replace(AGAINST, **{"step": "a head less", "flat_hidden_error": 0.002, **changed})
    assert said(row, AGAINST, (10.0, 0.1)) == words


def test_the_noise_of_time_is_what_one_network_takes_when_measured_again_and_again() -> None:
    steps = {EXPORTED: 9.0, FLOAT: 10.0, "int8 weights": 10.5, "a head less": 1.0}
    rows = [
        replace(AGAINST, step=step, time_us={1: 0.0, 32: us, 256: 0.0})
        for step, us in steps.items()
    ]
    middle, unsure = noise(rows)
    assert middle == 10
    assert unsure == pytest.approx(0.1)


def test_a_loss_has_a_paired_error_that_is_none_for_the_same_network(rows: dict[str, Row]) -> None:
    assert (rows[FLOAT].flat_error, rows[EXPORTED].flat_hidden_error) == (0, 0)
    near, far = rows["float16 weights"].flat_error, rows["16 clusters"].flat_error
    assert near is not None and far is not None
    assert 0 < near < far


def test_a_row_is_a_line_of_the_table_against_float() -> None:
    small = replace(AGAINST, step="half", size_bytes=26_123, change_max=0.0123, change_mean=0.00045)
    lines = markdown([AGAINST, small]).splitlines()
    assert lines[2].endswith("| 0 | 0 | what the others are held against |")
    assert lines[3] == (
        "| half | 26,123 | 50.0 | 10.0 | 9.5 | 0.4400 | 0.6100 | 0.9921 | 0.012 | 0.00045 "
        "| 26% of the bytes; as fast, within the noise; as good |"
    )
    assert lines[-1].endswith("10.0 µs in the median, up to 0% away.")
