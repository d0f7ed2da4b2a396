"""The embedding is what the network's last layer reads, and asking for it changes no score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.classifier import Scoring
from classifiers.embedding import Embedding
from classifiers.hidden import last_hidden, with_output
from classifiers.lightcurve import LIGHTCURVE, SUPERNOVA, lightcurve, supernova
from classifiers.observations.layout import HISTORY, ROW
from classifiers.served import served
from classifiers.session import Session
from gueststar.testing import check_stage
from gueststar.testing.crowd import crowd
from schemas.errors import ModelError
from schemas.stage import run_stages

FILES = {LIGHTCURVE: ROW, SUPERNOVA: ROW + len(HISTORY)}
"""Each with the length of its rows."""


@pytest.mark.parametrize("path", FILES)
def test_the_last_hidden_layer_is_the_one_that_onnx_s_own_reader_finds(path: Path) -> None:
    graph = onnx.load(str(path)).graph
    (*_, readout) = [node for node in graph.node if node.op_type == "Gemm"]
    assert last_hidden(path.read_bytes()) == readout.input[0]
    more = onnx.load_model_from_string(with_output(path.read_bytes(), readout.input[0]))
    assert [each.name for each in more.graph.output] == ["probabilities", readout.input[0]]
    assert more.graph.node == graph.node


@pytest.mark.parametrize("path", FILES)
def test_scores_are_the_same_to_the_bit_and_follow_from_the_layer(path: Path) -> None:
    width = FILES[path]
    told = np.random.default_rng(1).normal(size=(70, width)).astype(np.float32)
    alone, both = Session(path, (width,)), Session(path, (width,), hidden=True)
    scores, layer = both.run_both(told)
    np.testing.assert_array_equal(scores, alone.run(told))
    np.testing.assert_array_equal(scores, both.run(told))
    assert layer.shape == (len(told), both.width)
    model = onnx.load(str(path))
    known = {each.name: onnx.numpy_helper.to_array(each) for each in model.graph.initializer}
    (*_, gemm) = [node for node in model.graph.node if node.op_type == "Gemm"]
    if all(name in known for name in gemm.input[1:]):
        readout, offset = (known[name] for name in gemm.input[1:])
        logits = layer @ (readout if readout.shape[0] == both.width else readout.T) + offset
        assert (np.argmax(logits, axis=1) == np.argmax(scores, axis=1)).mean() > 0.9


def test_networks_with_embeddings_keep_the_rules_of_stages() -> None:
    batch = crowd()
    for network in (lightcurve(), supernova()):
        check_stage(Embedding(network), alerts=batch)


def test_the_classes_are_those_of_the_network_alone() -> None:
    batch, again = crowd(), crowd()
    assert run_stages(batch, [Embedding(lightcurve())]) == ()
    assert run_stages(again, [Scoring(lightcurve())]) == ()
    np.testing.assert_array_equal(batch.scores["lightcurve"], again.scores["lightcurve"])
    layer = batch.learned["lightcurve_embedding"]
    assert layer.kind == "vector"
    assert layer.values.dtype == np.float32
    assert len(layer.columns) == lightcurve().width == 64
    declined = np.isnan(batch.scores["lightcurve"]).any(axis=1)
    np.testing.assert_array_equal(np.isnan(layer.values).any(axis=1), declined)


@pytest.mark.parametrize(
    ("names", "wanted", "line"),
    [
        (["supernova"], ["lightcurve"], "'lightcurve' is wanted, which is not served"),
        (["realbogus"], ["realbogus"], "'realbogus' has no embedding"),
    ],
)
def test_an_embedding_that_nobody_gives_is_named(
    names: list[str], wanted: list[str], line: str
) -> None:
    with pytest.raises(ModelError, match=line):
        served(names, embeddings=wanted)


@given(st.binary(max_size=60))
def test_what_is_no_model_has_no_layer(content: bytes) -> None:
    assert last_hidden(content) == ""


def test_a_damaged_file_is_still_said_to_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "damaged.onnx"
    path.write_bytes(LIGHTCURVE.read_bytes()[:30_000])
    with pytest.raises(ModelError, match="damaged"):
        Session(path, (ROW,), hidden=True)
