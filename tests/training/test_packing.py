"""Packed files are small, run the float network's own operators, and give almost its scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto
from onnx.helper import make_node

from classifiers.session import Session
from schemas.errors import ModelError
from tests.training.invented_transformer import (
    LABELS,
    ROW,
    invented_rows,
    transformer,
)
from training.export import content, stripped
from training.packing import (
    LEAST,
    clustered,
    eight_bit,
    few_bits,
    half,
    k_means,
    narrowed,
)

Packing = Callable[[onnx.ModelProto], onnx.ModelProto]
PACKED = ("embed", "features", "inner", "out", "first", "second", "head")


def by_clusters(count: int) -> Packing:
    return lambda model: clustered(model, count)


def in_bits(count: int) -> Packing:
    return lambda model: few_bits(model, count)


FORMS: dict[str, tuple[Packing, float, float]] = {
    "int8": (eight_bit, 0.003, 0.33),
    "float16": (half, 1e-4, 0.53),
    "6 bits": (in_bits(6), 0.015, 0.3),
    "4 bits": (in_bits(4), 0.07, 0.23),
    "256 clusters": (by_clusters(256), 0.004, 0.5),
    "64 clusters": (by_clusters(64), 0.015, 0.3),
    "16 clusters": (by_clusters(16), 0.05, 0.22),
    "narrowed": (lambda model: narrowed(eight_bit(model)), 0.003, 0.31),
}
"""The packing; bounds of the mean change of a probability and of the share of the bytes left."""
EVERY_FORM = pytest.mark.parametrize("form", FORMS)


def served(model: onnx.ModelProto, folder: Path, name: str = "packed") -> Session:
    path = folder / f"{name}.onnx"
    path.write_bytes(content(model))
    return Session(path, (ROW,))


def weight_bytes(model: onnx.ModelProto) -> int:
    return sum(one.ByteSize() for one in model.graph.initializer if one.dims)


@EVERY_FORM
def test_a_packed_file_is_served_and_gives_almost_the_float_scores(
    form: str, tmp_path: Path
) -> None:
    packing, change_mean, share = FORMS[form]
    rows = invented_rows(300, seed=2)
    small = packing(transformer())
    packed = served(small, tmp_path)
    change = np.abs(packed.run(rows) - served(transformer(), tmp_path, "float").run(rows))
    assert 0 < change.mean() < change_mean
    assert weight_bytes(small) < share * weight_bytes(transformer())
    assert packed.identity.name == "invented"
    assert packed.labels == LABELS


def test_fewer_bits_change_more() -> None:
    changes = [
        np.mean([np.abs(restored(packing, w) - w).mean() for w in weights_of(transformer())])
        for packing in (half, by_clusters(256), by_clusters(64), by_clusters(32), by_clusters(16))
    ]
    assert changes == sorted(changes)


def weights_of(model: onnx.ModelProto) -> list[NDArray[np.float32]]:
    arrays = [onnx.numpy_helper.to_array(one) for one in model.graph.initializer]
    return [one for one in arrays if one.size >= LEAST and one.ndim == 2]


def restored(packing: Packing, weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """The weight as a packed file holds it, read (in, out)."""
    rows, columns = weight.shape
    graph = onnx.helper.make_graph(
        [make_node("MatMul", ["rows", "weight"], ["given"])],
        "product",
        [onnx.helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["n", rows])],
        [onnx.helper.make_tensor_value_info("given", TensorProto.FLOAT, ["n", columns])],
        [onnx.numpy_helper.from_array(weight, "weight")],
    )
    opset = [onnx.helper.make_opsetid("", 18)]
    model = packing(onnx.helper.make_model(graph, opset_imports=opset, ir_version=10))
    opened = onnxruntime.InferenceSession(content(model), providers=["CPUExecutionProvider"])
    given: NDArray[np.float32] = opened.run(None, {"rows": np.eye(rows, dtype=np.float32)})[0]
    return given


def test_eight_bits_round_each_output_by_its_own_scale() -> None:
    weight = np.random.default_rng(4).normal(size=(20, 16)).astype(np.float32)
    weight *= np.geomspace(1e-3, 1e3, 16, dtype=np.float32)
    weight[:, 5] = 0
    step = np.abs(weight).max(axis=0) / 127
    change = np.abs(restored(eight_bit, weight) - weight)
    assert (change <= 0.501 * step).all()


@pytest.mark.parametrize("bits", range(2, 8))
def test_few_bits_round_to_a_step_of_their_own_in_any_shape(bits: int) -> None:
    weight = np.random.default_rng(bits).normal(size=(31, 23)).astype(np.float32)
    step = np.abs(weight).max(axis=0) / (2 ** (bits - 1) - 1)
    found = restored(in_bits(bits), weight)
    assert (np.abs(found - weight) <= 0.501 * step).all()
    np.testing.assert_allclose(restored(in_bits(bits), found), found, rtol=1e-6)


@pytest.mark.parametrize("few", [2, 16, 17, 32, 256])
def test_few_distinct_numbers_come_back_exactly_from_their_clusters(few: int) -> None:
    drawn = np.random.default_rng(5).integers(few, size=(31, 23))
    weight = drawn.astype(np.float32)
    weight[0, :2] = 0, few - 1
    np.testing.assert_array_equal(restored(by_clusters(few), weight), weight)


def test_k_means_gives_each_number_its_nearest_centre_the_mean_of_its_members() -> None:
    weight = np.random.default_rng(7).normal(size=(40, 30)).astype(np.float32)
    centres, places = k_means(weight, 32)
    assert (np.diff(centres) > 0).all() and len(centres) <= 32
    nearest = np.abs(weight[..., None] - centres).argmin(axis=-1)
    np.testing.assert_array_equal(places, nearest)
    means = [weight[places == one].mean() for one in range(len(centres))]
    np.testing.assert_allclose(centres, means, atol=1e-5)


@EVERY_FORM
def test_what_runs_is_the_float_network_operator_for_operator(form: str, tmp_path: Path) -> None:
    packing = FORMS[form][0]
    whole = run_operators(transformer(), tmp_path)
    assert run_operators(packing(transformer()), tmp_path) == whole
    assert run_operators(stripped(packing(transformer())), tmp_path) == whole
    assert "Cast" not in whole


def run_operators(model: onnx.ModelProto, folder: Path) -> Counter[str]:
    """What ONNX Runtime has left of a network after its usual optimisation."""
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(folder / "optimised.onnx")
    options.log_severity_level = 3  # it warns that the file fits this machine
    onnxruntime.InferenceSession(content(model), options, providers=["CPUExecutionProvider"])
    left = onnx.load(folder / "optimised.onnx").graph.node
    return Counter(one.op_type for one in left)


def test_large_weights_alone_are_packed() -> None:
    small = eight_bit(transformer())
    kinds = {one.name: one.data_type for one in small.graph.initializer}
    large = {"features", "inner", "out", "first", "second"}
    for name in PACKED:
        assert (f"{name}.weight/int8" in kinds) == (name in large)
        assert (f"{name}.weight" in kinds) == (name not in large)
    assert kinds["first.bias"] == TensorProto.FLOAT


def test_the_largest_weights_may_take_fewer_bits_than_the_others() -> None:
    mixed = eight_bit(few_bits(transformer(), 4, least=3000))
    kinds = {one.name for one in mixed.graph.initializer}
    assert {"inner.weight/words", "out.weight/int8", "first.weight/int8"} <= kinds
    assert not {"inner.weight/int8", "out.weight/words"} & kinds


def test_what_sixteen_bits_cannot_hold_is_not_narrowed() -> None:
    model = transformer()
    model.graph.initializer.extend(
        [
            onnx.numpy_helper.from_array(np.full(40, 1e5, np.float32), "bright"),
            onnx.numpy_helper.from_array(np.arange(40) * 1000, "far"),
            onnx.numpy_helper.from_array(np.arange(40), "near"),
        ]
    )
    kinds = {one.name: one.data_type for one in narrowed(model).graph.initializer}
    assert kinds["bright"] == TensorProto.FLOAT
    assert kinds["far"] == TensorProto.INT64
    assert kinds["near/narrow"] == TensorProto.INT16
    assert kinds["first.bias/narrow"] == TensorProto.FLOAT16
    assert kinds["over_tokens"] == TensorProto.INT64


def test_a_stripped_file_keeps_its_metadata_ends_and_scores(tmp_path: Path) -> None:
    small, whole = stripped(transformer()), transformer()
    said = {one.key: one.value for one in small.metadata_props}
    assert said["name"] == "invented" and len(said) == 3
    assert [small.graph.input[0].name, small.graph.output[0].name] == ["rows", "probabilities"]
    assert len(small.graph.initializer) == len(whole.graph.initializer) - 1
    assert not small.graph.value_info and not small.graph.doc_string
    assert all(len(name) <= 13 for node in small.graph.node for name in node.output)
    assert len(content(small)) < len(content(whole)) - 2500
    rows = invented_rows(40, seed=9)
    np.testing.assert_array_equal(
        served(small, tmp_path).run(rows), served(whole, tmp_path, "float").run(rows)
    )


@EVERY_FORM
def test_the_same_network_gives_the_same_bytes_and_is_left_as_it_was(form: str) -> None:
    model = transformer()
    before = content(model)
    first, second = (content(stripped(FORMS[form][0](model))) for _ in range(2))
    assert first == second
    assert content(model) == before


def test_what_cannot_be_packed_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match="257 clusters are no code book"):
        clustered(transformer(), 257)
    with pytest.raises(ModelError, match="a weight of 8 bits is not stored so"):
        few_bits(transformer(), 8)
    with pytest.raises(ModelError, match="no float32 weight of 256 numbers or more is left"):
        eight_bit(eight_bit(transformer()))
    large = transformer()
    huge = np.full((32, 32), 1e5, np.float32)
    (place,) = [one for one in large.graph.initializer if one.name == "out.weight"]
    place.CopyFrom(onnx.numpy_helper.from_array(huge, "out.weight"))
    with pytest.raises(ModelError, match=r"out\.weight: a weight is beyond float16"):
        half(large)


def test_a_graph_in_a_graph_is_refused() -> None:
    model = transformer()
    inside = onnx.helper.make_graph([], "inside", [], [])
    model.graph.node.append(
        make_node("If", ["absent"], ["either"], then_branch=inside, else_branch=inside)
    )
    with pytest.raises(ModelError, match="transformer: If holds a graph"):
        stripped(model)
