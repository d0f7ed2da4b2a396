"""One network for all surveys, held against one for each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.realbogus.invented import material
from tests.training.realbogus.judging.invented_outcome import outcome
from training.arrays import Mask
from training.realbogus import crossing
from training.realbogus.crossing import Answers, taught
from training.realbogus.fitting import Recipe
from training.realbogus.judging.outcome import Outcome
from training.realbogus.material import Material
from training.realbogus.surveys import compared, own_networks, table

RECIPE = Recipe(steps=3, batch=16, channels=(4, 6, 8))


def test_a_survey_is_scored_by_networks_that_were_taught_it_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some, rows = material(), []
    some.save(tmp_path / "material.npz")

    def noted(given: Material, mask: Mask, recipe: Recipe) -> object:
        rows.append(mask)
        return taught(given, mask, recipe)

    monkeypatch.setattr(crossing, "taught", noted)
    own = own_networks(tmp_path / "material.npz", (0,), RECIPE, workers=1)
    assert all(len(set(some.examples.survey[mask])) == 1 for mask in rows)
    assert np.isfinite(own.scored).all() and np.isfinite(own.exam).all()


def test_the_same_scores_differ_by_nothing() -> None:
    found = outcome()
    rows = compared(found, Answers(found.scored.ours[:1], found.exam.ours[:1]), seed=1)
    known = [row for row in rows if not np.isnan(row.one.value)]
    assert known and all(row.gain.value == 0 and row.one == row.own for row in known)
    assert all(row.part in table(rows) for row in rows)


def test_a_network_that_knows_nothing_of_a_survey_is_seen_to() -> None:
    found: Outcome = outcome()
    blind = Answers(*(np.full_like(one.ours[:1], 0.2) for one in (found.scored, found.exam)))
    rows = compared(found, blind, seed=1)
    assert all(row.own.value == 0.5 for row in rows if not np.isnan(row.own.value))
    assert any(row.gain.clear for row in rows)
