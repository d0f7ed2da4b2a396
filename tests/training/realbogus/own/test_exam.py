"""Answers about pairs that were not taught: kept, read again, and told as the card's figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from training.realbogus.labels import BAD_SUBTRACTION, REAL
from training.realbogus.own.exam import claimed, headlines, keep
from training.realbogus.own.pairs import Shown
from training.tables import figures_table


def test_figures_are_those_of_the_answers_and_a_card_is_read_as_it_was_written(
    tmp_path: Path,
) -> None:
    label = np.tile([REAL, REAL, BAD_SUBTRACTION, BAD_SUBTRACTION], 3)
    some = Shown(
        images=np.zeros((12, 6, 21, 21), np.float16), label=label, pair=np.repeat([1, 2, 3], 4),
        ellipticity=np.repeat([0.05, 0.2, 0.4], 4), fwhm=np.full(12, 3.0),
        signal=np.where(label == REAL, 20.0, np.nan), up=np.ones(12, np.bool_),
        survey=np.tile([5.0, 0.0, 1.0, -3.0], 3),
    )  # fmt: skip
    keep(some, np.tile([3.0, 2.0, 1.0, -3.0], 3), tmp_path / "kept.parquet")
    found = headlines(tmp_path / "kept.parquet")
    assert found["round: AUC, this network"] == 1.0
    assert found["round: AUC, the surveys' network"] == 0.75
    assert found["elongated: sources of S/N above 8 kept, this network"] == 1.0
    assert found["elongated: sources of S/N above 8 kept, the surveys' network"] == 0.5
    assert found["elongated: others passed, this network"] == 0.0
    assert claimed(f"# a card\n\n## Headlines\n\n{figures_table('figure', found)}\n") == found
