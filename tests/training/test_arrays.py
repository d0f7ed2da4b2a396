"""What is kept comes back, whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.errors import ModelError
from training.arrays import Columns, Floats, Ints, fingerprint, keep, kept


@dataclass(frozen=True)
class Part(Columns):
    """Two columns."""

    number: Ints
    name: NDArray[np.str_]


@dataclass(frozen=True)
class Whole(Columns):
    """A column, a table and a word."""

    value: Floats
    part: Part
    word: str = "one"


PART = Part(np.arange(3), np.array(["a", "b", "c"]))
WHOLE = Whole(np.array([0.5, np.nan, 2.0]), PART)


def test_a_table_in_a_table_comes_back(tmp_path: Path) -> None:
    WHOLE.save(tmp_path / "one.npz")
    again = Whole.load(tmp_path / "one.npz")
    np.testing.assert_array_equal(again.value, WHOLE.value)
    assert again.part.name.tolist() == ["a", "b", "c"] and again.word == "one"


def test_a_column_that_is_missing_is_named(tmp_path: Path) -> None:
    keep(tmp_path / "old.npz", {"value": WHOLE.value, "part.number": PART.number})
    with pytest.raises(ModelError, match=r"old\.npz has no column part\.name"):
        Whole.load(tmp_path / "old.npz")


def test_some_rows_are_taken_in_the_order_given_and_tables_are_joined() -> None:
    assert PART.take(np.array([2, 0])).name.tolist() == ["c", "a"]
    assert PART.take(PART.number > 0).number.tolist() == [1, 2]
    assert Part.joined([PART, PART.take(np.array([1]))]).name.tolist() == ["a", "b", "c", "b"]


def test_what_is_kept_is_not_made_again(tmp_path: Path) -> None:
    first = kept(tmp_path / "one.npz", lambda: {"a": np.arange(2)})
    again = kept(tmp_path / "one.npz", lambda: pytest.fail("made again"))
    assert first["a"].tolist() == again["a"].tolist() == [0, 1]


def test_a_fingerprint_hangs_on_settings_and_columns() -> None:
    one = fingerprint(1, [PART.number])
    assert one == fingerprint(1, [PART.number.copy()]) and len(one) == 8
    assert one not in {fingerprint(2, [PART.number]), fingerprint(1, [PART.number + 1])}


def test_answers_are_kept_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn(path: Path, **_: object) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", torn)
    with pytest.raises(KeyboardInterrupt):
        keep(tmp_path / "one.npz", {})
    assert not (tmp_path / "one.npz").exists()
