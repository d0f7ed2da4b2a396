"""A slot: one file of a model after another, and which files are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifiers.classifier import Scoring
from classifiers.lightcurve import LIGHTCURVE, supernova
from classifiers.realbogus import WEIGHTS, RealBogus
from classifiers.reference import reference_of, with_reference
from classifiers.slot import Slot, Watched, opened
from schemas.errors import ModelError
from schemas.stage import Stage, run_apart, run_stage
from tests.classifiers.stamped import batch_of, invented_stamps

NOTHING = reference_of([(np.array(["a/r"]), {"x": np.zeros(1)})])


@pytest.fixture
def other(tmp_path: Path) -> Path:
    path = tmp_path / "other.onnx"
    path.write_bytes(with_reference(WEIGHTS.read_bytes(), NOTHING))
    return path


def test_a_slot_is_a_stage_whose_identity_is_that_of_the_file_that_scores(other: Path) -> None:
    slot = Slot(Scoring(RealBogus()))
    assert isinstance(slot, Stage)
    before, given = slot.identity, slot.gives
    found = opened(slot.own, other, RealBogus(other).identity.sha256)
    slot.serve(found)
    assert slot.identity == found.identity != before
    assert slot.gives == given
    batch = batch_of(list(invented_stamps(3, seed=1)))
    assert run_stage(batch, slot) == []
    assert slot.cpu_s > 0
    assert batch.scores["realbogus"].shape == (3, 5)


def test_what_runs_apart_leaves_no_trace_on_the_batch() -> None:
    batch = batch_of(list(invented_stamps(3, seed=1)))
    learned, faults = run_apart(batch, Scoring(RealBogus()))
    assert (batch.learned, faults) == ({}, [])
    assert learned["realbogus"].values.shape == (3, 5)


def test_a_file_that_is_not_the_one_deployed_is_refused(other: Path) -> None:
    with pytest.raises(ModelError, match="was deployed; put the file back"):
        opened(Scoring(RealBogus()), other, "0" * 64)


def test_another_model_s_file_is_refused() -> None:
    with pytest.raises(ModelError, match="wants"):
        opened(Scoring(RealBogus()), LIGHTCURVE, "0" * 64)
    with pytest.raises(ModelError):
        opened(Scoring(supernova()), LIGHTCURVE, "0" * 64)


def test_inputs_are_a_number_of_each_alert_and_unknown_where_a_plane_is_blind() -> None:
    stamps = list(invented_stamps(3, seed=1))
    batch = batch_of(stamps)
    classifier = RealBogus()
    assert isinstance(classifier, Watched)
    found = classifier.inputs(batch, np.array([2, 0]))
    assert sorted(found) == sorted(
        f"{plane}_{what}"
        for plane in ("science", "template", "difference")
        for what in ("median", "spread")
    )
    assert all(each.shape == (2,) and np.isfinite(each).all() for each in found.values())
    alone = classifier.inputs(batch_of([stamps[2]]), np.array([0]))
    assert {name: each[0] for name, each in found.items()} == {
        name: each[0] for name, each in alone.items()
    }
