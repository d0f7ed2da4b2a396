"""What was predicted comes back as it was written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from schemas.errors import ModelError
from tests.training.lightcurve.judging import invented
from training.lightcurve.judging.outcome import (
    LeftOut,
    Outcome,
    Redshift,
    ThreeTypes,
    ZtfOutcome,
    priors,
)


def test_a_six_band_outcome_comes_back(tmp_path: Path) -> None:
    outcome = invented.outcome()
    outcome.save(tmp_path / "one.npz")
    again = Outcome.load(tmp_path / "one.npz")
    assert again.model == "ours" and again.answers.keys() == outcome.answers.keys()
    np.testing.assert_array_equal(again.held_out, outcome.held_out)
    for key, array in outcome.answers.items():
        np.testing.assert_array_equal(again.answers[key], array)


def test_what_was_not_tried_is_not_there() -> None:
    assert invented.outcome(early=False).of(Redshift.WITH, 3.0) is None


@pytest.mark.parametrize(
    "some", [invented.ztf_outcome(), invented.left_out(), invented.three_types()]
)
def test_the_others_come_back(some: ZtfOutcome | LeftOut | ThreeTypes, tmp_path: Path) -> None:
    some.save(tmp_path / "one.npz")
    again = type(some).load(tmp_path / "one.npz")
    for name, column in vars(some).items():
        if isinstance(column, dict):
            for key, array in column.items():
                np.testing.assert_array_equal(getattr(again, name)[key], array)
        else:
            np.testing.assert_array_equal(getattr(again, name), column)


def test_a_file_without_a_column_is_named_with_the_column(tmp_path: Path) -> None:
    np.savez(tmp_path / "old.npz", model="ours", label=np.zeros(3))
    with pytest.raises(ModelError, match=r"old\.npz has no column fold"):
        Outcome.load(tmp_path / "old.npz")


def test_a_prior_is_of_the_other_folds() -> None:
    label, fold = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 0, 1])
    found = priors(label, fold, 2)
    np.testing.assert_allclose(found[fold == 0], [[1 / 3, 2 / 3]] * 2)
    np.testing.assert_allclose(found[fold == 1], [[1 / 2, 1 / 2]] * 3)
