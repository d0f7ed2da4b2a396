"""The committed answers give the card's figures again, by code that did not write the card."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifiers.realbogus import WEIGHTS
from tests.training.realbogus.judging.invented_outcome import outcome
from training.realbogus.answers import FILE, NOT_DRAWN, read, write
from training.realbogus.judging.evaluation import evaluated
from training.realbogus.judging.headlines import headlines as of_evaluation
from training.realbogus.judging.outcome import Outcome
from training.realbogus.verifying import claimed, headlines

SAME = 0.001
BYTES_MAX = 600_000


def invented() -> Outcome:
    """One seed's."""
    some = outcome()
    scored = replace(
        some.scored,
        ours=some.scored.ours[:1],
        taught_by_drb=some.scored.taught_by_drb[:1],
    )
    exam = replace(some.exam, ours=some.exam.ours[:1])
    return Outcome(scored, exam)


def test_two_codes_find_the_same_figures(tmp_path: Path) -> None:
    some = invented()
    write(some, tmp_path / "answers.parquet")
    found = headlines(tmp_path / "answers.parquet")
    assert found == pytest.approx(of_evaluation(evaluated(some)), abs=SAME)


def test_the_committed_answers_give_the_card_s_figures() -> None:
    said = claimed(WEIGHTS.with_suffix(".md").read_text(encoding="utf-8"))
    assert said == pytest.approx(headlines(), abs=SAME)


def test_the_committed_answers_are_small_and_hold_all_folds() -> None:
    columns = read()
    assert FILE.stat().st_size < BYTES_MAX
    alerts = columns["drawn"] == NOT_DRAWN
    assert set(columns["fold"][alerts].tolist()) == set(range(5))
    for name in ("ours", "taught_by_drb"):
        assert np.isfinite(columns[name][alerts]).all()


def test_a_card_without_the_section_claims_nothing() -> None:
    assert claimed("# realbogus\n\n## Seeds\n\n| a | 0.5 |\n") == {}
