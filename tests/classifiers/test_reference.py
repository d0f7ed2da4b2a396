"""What a model was taught, in its file and beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifiers.classifier import Scoring
from classifiers.realbogus import WEIGHTS, RealBogus
from classifiers.reference import (
    Reference,
    counted,
    groups_of,
    read_reference,
    read_table,
    reference_of,
    with_reference,
)
from classifiers.slot import reference_in
from filters.handmade import handmade
from schemas.errors import ModelError


def made() -> Reference:
    rng = np.random.default_rng(1)
    groups = np.array(["ztf/g", "ztf/r"] * 500)
    return reference_of([(groups, {"x": rng.normal(size=1_000), "n": rng.integers(0, 3, 1_000)})])


def same(one: Reference, other: Reference) -> bool:
    return one.document() == other.document()


def test_a_reference_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "reference.json"
    path.write_text(made().document())
    assert same(read_table(path), made())


def test_a_model_s_file_carries_its_reference_and_scores_as_before(tmp_path: Path) -> None:
    path = tmp_path / "realbogus.onnx"
    path.write_bytes(with_reference(WEIGHTS.read_bytes(), made()))
    carried, own = RealBogus(path), RealBogus()
    found = reference_in(Scoring(carried))
    assert found is not None
    assert same(found, made())
    assert carried.identity[:2] == own.identity[:2]
    stamps = np.random.default_rng(2).normal(size=(5, 3, 63, 63)).astype(np.float32)
    np.testing.assert_array_equal(carried.score_stamps(stamps), own.score_stamps(stamps))


def test_the_file_that_gueststar_came_with_says_nothing_of_what_it_was_taught() -> None:
    assert reference_in(Scoring(RealBogus())) is None


def test_every_alert_is_counted_once_in_its_own_survey_and_band() -> None:
    groups = np.array(["ztf/g", "ztf/r", "ztf/r", "other/r"])
    table = {"x": np.array([0.0, np.nan, np.inf, 0.0]), "other": np.zeros(4)}
    found = {(group, name): counts for group, name, counts in counted(made(), groups, table)}
    assert {key: int(each.sum()) for key, each in found.items()} == {
        ("ztf/g", "x"): 1,
        ("ztf/r", "x"): 2,
    }
    assert found["ztf/r", "x"][-1] == 2


def test_a_number_that_is_often_the_same_has_few_bins() -> None:
    assert made().groups["ztf/g"]["n"].edges.tolist() == [0, 1, 2]


def test_an_alert_s_group_is_its_survey_and_band() -> None:
    batch = handmade(rows=2, band=["r", "r"])
    batch = replace(batch, band=np.array([2, -1], np.int8))
    assert groups_of(batch, np.arange(2)).tolist() == [
        f"{batch.survey[0]}/r",
        f"{batch.survey[0]}/unknown",
    ]


def broken(**changes: object) -> str:
    groups = {"a/r": {"x": {"edges": [1], "counts": [1, 1, 0]}}}
    return json.dumps({"form": 1, "groups": groups} | changes)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("no JSON", "its reference cannot be read"),
        (broken(form=2), "its form is 2"),
        (broken(groups={"a/r": {"x": {"edges": [2, 1], "counts": [1, 1, 1, 0]}}}), "do not rise"),
        (broken(groups={"a/r": {"x": {"edges": [1], "counts": [1]}}}), "do not fit"),
        (broken(groups={"a/r": {"x": {"edges": [1], "counts": [1, -1, 0]}}}), "do not fit"),
        (broken(groups=[1]), "cannot be read"),
    ],
)
def test_what_is_no_reference_is_refused_in_one_line(text: str, complaint: str) -> None:
    assert json.loads(broken()) is not None
    with pytest.raises(ModelError, match=complaint) as raised:
        read_reference(text, "model x")
    assert "\n" not in str(raised.value)
