"""A bank holds every original and its copies, the same however it was made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.lightcurve.teaching.invented_objects import several
from training.lightcurve.objects.objects import CURVE_COLUMNS
from training.lightcurve.teaching import bank
from training.lightcurve.teaching.bank import Bank, made


@pytest.fixture(scope="module")
def some() -> Bank:
    return made(several(), seed=0, count=2)


def same(one: Bank, other: Bank) -> bool:
    pairs = [
        (getattr(one.objects.curves, n), getattr(other.objects.curves, n)) for n in CURVE_COLUMNS
    ]
    pairs += [(one.parent, other.parent), (one.copy, other.copy)]
    pairs += [(one.objects.redshift, other.objects.redshift)]
    return all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in pairs)


def test_originals_stand_first_and_copies_under_their_parents_names(some: Bank) -> None:
    assert len(some) == 18 and (some.copy[:6] == 0).all() and (some.copy[6:] > 0).all()
    assert some.parent[:6].tolist() == list(range(6))
    assert some.parent[6:].tolist() == np.repeat(range(6), 2).tolist()
    assert (some.objects.name == several().name[some.parent]).all()
    assert (some.objects.label == several().label[some.parent]).all()
    own = some.objects.take(np.arange(6)).curves
    assert np.array_equal(own.flux_njy, several().curves.flux_njy)


def test_chunks_change_nothing(some: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bank, "CHUNK", 4)
    assert same(some, made(several(), seed=0, count=2))
    assert not same(some, made(several(), seed=1, count=2))


def test_more_copies_leave_the_first_ones_as_they_are(some: Bank) -> None:
    more = made(several(), seed=0, count=3)
    rows = more.of(np.ones(6, np.bool_), copies_at_most=2)
    assert np.array_equal(more.objects.take(rows).curves.flux_njy, some.objects.curves.flux_njy)


def test_rows_of_some_originals_bring_no_copy_of_another(some: Bank) -> None:
    wanted = np.array([True, False, False, True, False, False])
    rows = some.of(wanted, copies_at_most=1)
    assert some.parent[rows].tolist() == [0, 3, 0, 3]
    assert some.copy[rows].tolist() == [0, 0, 1, 1]


def test_what_was_saved_is_read_again(some: Bank, tmp_path: Path) -> None:
    some.save(tmp_path / "bank.npz")
    assert same(some, Bank.load(tmp_path / "bank.npz"))
