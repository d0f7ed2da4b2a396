"""The budget: its targets are the goals, its floors are worked out, and who is over is named."""

from __future__ import annotations

import onnx
import pytest
from onnx import TensorProto, helper

from benchmarks.budget import BUDGET, Load, multiply_adds, verdict
from benchmarks.cases import Case

CASES = [Case("ZTF", [], 390.0, None, "lite"), Case("Rubin", [], 330.0, None, "lite")]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.survey)
def test_the_targets_sum_up_to_the_goal(case: Case) -> None:
    assert sum(line.target_us[case.survey] for line in BUDGET) == case.goal_us


def test_who_takes_more_than_a_tenth_above_the_target_is_named() -> None:
    took = {line.step: 1.1 * line.target_us["ZTF"] for line in BUDGET}
    assert verdict(CASES[0], took).endswith("none.")
    over = took | {"decode": 34.0}
    assert verdict(CASES[0], over).endswith("decode (34 of 30).")


def test_a_floor_is_bytes_over_bandwidth_and_operations_over_rate() -> None:
    load = Load(
        packet=66_000,
        published=20_000,
        stamps=47_628,
        inflate_us=120,
        clauses=60,
        products=800_000,
        copies=10_000,
        multiply_adds=40_000,
    )
    floors = {line.step: line.floor(load) for line in BUDGET}
    assert floors["decode"] == pytest.approx(6.6)
    assert floors["networks"] == pytest.approx(20)
    assert all(
        floor < line.target_us["ZTF"] for line, floor in zip(BUDGET, floors.values(), strict=True)
    )


def test_multiply_adds_are_those_of_convolutions_and_matrices() -> None:
    weights = [
        helper.make_tensor("kernel", TensorProto.FLOAT, [4, 3, 3, 3], [0.0] * 108),
        helper.make_tensor("matrix", TensorProto.FLOAT, [4, 5], [0.0] * 20),
    ]
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["pixels", "kernel"], ["planes"]),
            helper.make_node("Flatten", ["planes"], ["row"]),
            helper.make_node("MatMul", ["row", "matrix"], ["out"]),
        ],
        "network",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["alerts", 3, 3, 3])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["alerts", 5])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(model)
    assert multiply_adds(model) == 4 * 27 + 5 * 4
