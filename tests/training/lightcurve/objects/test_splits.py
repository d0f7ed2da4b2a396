"""Every object is in one fold, by its name alone, and the folds never change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.lightcurve.objects.plasticc import read_training
from training.lightcurve.objects.splits import (
    inner,
    sha256_of_folds,
    six_band_folds,
    six_band_held_out,
)

LABEL = np.repeat([0, 1, 2], (200, 60, 20)).astype(np.int64)
FOLD = np.arange(len(LABEL)) % 5


def test_an_inner_split_stays_within_its_rows_and_holds_its_share_of_every_class() -> None:
    rows = FOLD != 0
    apart = inner(LABEL, rows, seed=1, share=0.125)
    assert not (apart & ~rows).any()
    assert np.bincount(LABEL[apart]).tolist() == [20, 6, 2]
    assert (inner(LABEL, rows, seed=2, share=0.125) != apart).any()


@pytest.mark.data
def test_the_folds_of_the_real_training_set_are_those_written_down(data_folder: Path) -> None:
    some = read_training(data_folder)
    fold = six_band_folds(some.name)
    assert np.bincount(fold).tolist() == [1546, 1572, 1588, 1569, 1573]
    expected = "71f290e53739252b290ac31e3b67980b2b4ae79dba92b398795ca9b5daa14dba"
    assert sha256_of_folds(fold) == expected
    apart = np.bincount(some.label[six_band_held_out(some.name)])
    assert apart.tolist() == [326, 32, 31, 182, 68, 22, 59, 20, 57, 37, 130, 138, 2, 25]
