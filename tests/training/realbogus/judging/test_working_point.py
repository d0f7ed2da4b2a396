"""What passes filters' thresholds: counted by hand, and the strict ones by their own rule."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from filters.clauses import FADED_SCORE_MIN, REAL_SCORE_MIN
from tests.training.realbogus.judging.invented_outcome import outcome
from training.realbogus.judging.agreement import high, low
from training.realbogus.judging.meeting import SNR_EDGES, meeting
from training.realbogus.judging.working_point import (
    BEFORE,
    BRIGHTENED,
    FADED,
    HIGH,
    KINDS,
    PASSING_MAX,
    working_point,
)
from training.realbogus.labels import REAL

SOME = outcome()
FOUND = working_point(SOME.scored, seed=2)


def test_every_kind_stands_with_both_signs() -> None:
    assert [one.part for one in FOUND.shares[::3]] == list(KINDS)
    for whole, *signs in zip(
        FOUND.shares[::3], FOUND.shares[1::3], FOUND.shares[2::3], strict=True
    ):
        assert whole.count == sum(one.count for one in signs)


def test_shares_are_those_counted_by_hand() -> None:
    highs, scored = high(SOME.scored), SOME.scored
    line = FOUND.share(HIGH)
    assert line.count == highs.sum()
    assert line.at_before.value == pytest.approx((scored.ours[:, highs, REAL] > BEFORE).mean())
    asked = np.where(scored.negative[highs], FADED_SCORE_MIN, REAL_SCORE_MIN)
    passed = scored.ours[:, highs, REAL] > asked
    assert line.at_filters.value == pytest.approx(passed.mean())


def test_at_most_so_many_low_ones_of_a_sign_exceed_its_limit() -> None:
    for sign, negative in ((BRIGHTENED, False), (FADED, True)):
        lows = low(SOME.scored) & (SOME.scored.negative == negative)
        one = replace(SOME.scored, ours=SOME.scored.ours[:1])
        limit = working_point(one, seed=2).strict[sign]
        score = one.ours[0, lows, REAL]
        assert (score > limit).mean() <= PASSING_MAX < (score >= limit).mean()


def test_purity_equals_completeness_where_they_meet() -> None:
    exam, found = SOME.exam, meeting(SOME.exam, "lsst")
    here = exam.survey == "lsst"
    real, score = exam.label[here] == REAL, exam.ours[0, here, REAL]
    limit = np.sort(score[real])[round((1 - found.share) * real.sum())]
    complete, false = (score[real] >= limit).mean(), (score[~real] >= limit).mean()
    assert complete / (complete + false) == pytest.approx(found.share, abs=0.03)
    assert sum(count for _, count, _ in found.snr) == (real & (exam.snr[here] > SNR_EDGES[0])).sum()


def test_of_a_survey_without_stamps_nothing_is_said() -> None:
    assert np.isnan(meeting(SOME.exam, "none").share)
