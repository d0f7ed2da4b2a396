"""What was predicted comes back as it was written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from schemas.errors import ModelError
from tests.training.lightcurve.judging import invented
from training.lightcurve.judging.outcome import Redshift, ZtfOutcome, priors


def test_what_was_not_tried_is_not_there() -> None:
    assert invented.outcome(early=False).of(Redshift.WITH, 3.0) is None


def test_an_outcome_comes_back(tmp_path: Path) -> None:
    some = invented.ztf_outcome()
    some.save(tmp_path / "one.npz")
    again = ZtfOutcome.load(tmp_path / "one.npz")
    assert again.model == some.model
    for name, column in vars(some).items():
        np.testing.assert_array_equal(getattr(again, name), column)


def test_a_file_without_a_column_is_named_with_the_column(tmp_path: Path) -> None:
    np.savez(tmp_path / "old.npz", model="ours", object_name=np.zeros(3))
    with pytest.raises(ModelError, match=r"old\.npz has no column label"):
        ZtfOutcome.load(tmp_path / "old.npz")


def test_a_prior_is_of_the_other_folds() -> None:
    label, fold = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 0, 1])
    found = priors(label, fold, 2)
    np.testing.assert_allclose(found[fold == 0], [[1 / 3, 2 / 3]] * 2)
    np.testing.assert_allclose(found[fold == 1], [[1 / 2, 1 / 2]] * 3)
