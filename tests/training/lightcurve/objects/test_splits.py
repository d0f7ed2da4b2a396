"""Every object is in one fold, every class is in all of them, and the folds never change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.lightcurve.objects.plasticc import read_training
from training.lightcurve.objects.splits import folds, held_out, inner, sha256_of_folds

LABEL = np.repeat([0, 1, 2], (200, 60, 20)).astype(np.int64)


def test_every_class_is_spread_evenly_over_the_folds() -> None:
    fold = folds(LABEL)
    counts = np.stack([np.bincount(fold[one == LABEL], minlength=5) for one in range(3)])
    assert counts.tolist() == [[40] * 5, [12] * 5, [4] * 5]


def test_the_folds_and_the_hold_out_are_the_same_each_time() -> None:
    assert sha256_of_folds(folds(LABEL)) == sha256_of_folds(folds(LABEL.copy()))
    assert (held_out(LABEL) == held_out(LABEL)).all()
    assert sha256_of_folds(folds(LABEL)) != sha256_of_folds(folds(LABEL)[::-1])


def test_the_hold_out_is_15_percent_of_every_class() -> None:
    assert np.bincount(LABEL[held_out(LABEL)]).tolist() == [30, 9, 3]


def test_an_inner_split_stays_within_its_rows_and_holds_its_share_of_every_class() -> None:
    rows = folds(LABEL) != 0
    apart = inner(LABEL, rows, seed=1, share=0.125)
    assert not (apart & ~rows).any()
    assert np.bincount(LABEL[apart]).tolist() == [20, 6, 2]
    assert (inner(LABEL, rows, seed=2, share=0.125) != apart).any()


@pytest.mark.data
def test_the_folds_of_the_real_training_set_are_those_written_down(data_folder: Path) -> None:
    fold = folds(read_training(data_folder).label)
    assert np.bincount(fold).tolist() == [1570, 1570, 1570, 1569, 1569]
    expected = "58e01cb7aae3617410a55aad960157e06013541cd347736dbdbbf9cfba012d4d"
    assert sha256_of_folds(fold) == expected
