"""Recall by evidence of being real, and the threshold table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.training.realbogus.judging.invented_outcome import outcome
from training.realbogus.judging.agreement import OURS, RB, TAUGHT_BY_DRB
from training.realbogus.judging.false_positives import RATES, false_positives
from training.realbogus.judging.recall import UNCHOSEN, recall
from training.realbogus.labels import REAL

OUTCOME = outcome()
SCORED = OUTCOME.scored
FOUND = recall(SCORED, seed=1)
TABLE = false_positives(OUTCOME, seed=1)


def test_only_ztf_s_asteroids_without_a_drb_are_unchosen() -> None:
    mask = SCORED.asteroid & np.isnan(SCORED.drb) & (SCORED.survey == "ztf")
    assert FOUND.headline.part == UNCHOSEN
    assert FOUND.headline.known == mask.sum() > 0
    assert FOUND.headline.faded == 0


def test_magnitude_bins_and_signs_each_make_up_the_whole() -> None:
    counts = [line.known for line in FOUND.lines]
    assert sum(counts[1:6]) == sum(counts[6:8]) == counts[0]


def test_each_score_has_its_own_threshold_and_interval() -> None:
    passing = FOUND.headline.passing
    assert set(passing) == {OURS, TAUGHT_BY_DRB, RB}
    assert passing[OURS].threshold != passing[TAUGHT_BY_DRB].threshold
    for one in passing.values():
        assert one.passed.low <= one.passed.value <= one.passed.high
    assert passing[OURS].passed.value > passing[TAUGHT_BY_DRB].passed.value


def test_a_kind_without_an_alert_has_a_line_without_figures() -> None:
    faded = next(line for line in FOUND.lines if line.part == "… faded")
    assert (faded.known, faded.passing) == (0, {})


def test_simbad_and_spectra_stand_apart() -> None:
    parts = [line.part for line in FOUND.lines]
    assert {"SIMBAD class", "SIMBAD class, without a drb", "spectroscopic class"} <= set(parts)


def test_a_rate_that_not_one_alert_stands_for_is_not_measured() -> None:
    for row in TABLE.rows:
        assert row.measurable == (row.count * row.rate >= 1)
        assert (row.passing["real"] is None) == np.isnan(row.threshold) == (not row.measurable)
    assert not all(row.measurable for row in TABLE.rows)


def test_each_background_is_asked_for_each_rate() -> None:
    assert [row.rate for row in TABLE.rows] == [*RATES, *RATES]
    assert {row.background for row in TABLE.rows[len(RATES) :]} == {
        "the exam's artefacts (simulated)"
    }


def test_fewer_false_positives_cost_recall() -> None:
    shares = [one.passed.value for row in TABLE.rows[:2] if (one := row.passing["real"])]
    assert shares == sorted(shares, reverse=True) and len(shares) == 2


def test_low_alerts_are_counted_where_artefacts_set_the_threshold() -> None:
    real, simulated = TABLE.rows[0], TABLE.rows[len(RATES)]
    refused = simulated.passing["low"]
    assert real.passing["low"] is None and refused is not None
    low = (SCORED.survey == "ztf") & (SCORED.drb < 0.1)
    exam = OUTCOME.exam
    passed = []
    for ours, drawn in zip(
        SCORED.ours[:, low, REAL], exam.ours[:, exam.label != REAL, REAL], strict=True
    ):
        limit = np.quantile(drawn, 0.95, method="inverted_cdf")
        passed.append((ours > limit).mean())
    assert refused.passed.value == pytest.approx(np.mean(passed))


def test_without_low_alerts_there_is_no_recall() -> None:
    none = recall(replace(SCORED, drb=np.full_like(SCORED.drb, np.nan)), seed=1)
    assert none.background == 0
    assert all(not line.passing for line in none.lines)
