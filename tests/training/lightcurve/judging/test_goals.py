"""Goals are met or missed by what was measured, and three types are read from fourteen."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.lightcurve.judging import invented
from training.bootstrap import Measured
from training.lightcurve.judging import metrics
from training.lightcurve.judging.contest import Claim
from training.lightcurve.judging.goals import Goal, six_band_goals, ztf_goals
from training.lightcurve.judging.outcome import (
    CLEAN,
    SELDOM,
    SPOILT,
    T2,
    TREES_GP,
    Redshift,
)
from training.lightcurve.judging.three_types import PLACES, checks
from training.lightcurve.judging.ztf import ZtfClaim
from training.lightcurve.judging.ztf_headlines import STARS, AtTheShares, Sure
from training.lightcurve.judging.ztf_others import Called


@pytest.mark.parametrize(
    ("value", "at_most", "met", "margin"),
    [(0.40, True, True, 0.04), (0.46, True, False, -0.02), (0.46, False, True, 0.02)],
)
def test_a_goal_is_met_on_the_right_side_of_its_bound(
    value: float, at_most: bool, met: bool, margin: float
) -> None:
    goal = Goal("flat", Measured(value), 0.44, at_most)
    assert goal.met == met and goal.margin == pytest.approx(margin)


@pytest.mark.parametrize("at_most", [True, False])
def test_a_goal_is_met_by_two_errors_on_either_side(at_most: bool) -> None:
    side = -1 if at_most else 1
    just, short = (Measured(0.44 + side * away, error=0.01) for away in (0.021, 0.019))
    assert Goal("flat", just, 0.44, at_most).margin == pytest.approx(0.001)
    assert Goal("flat", short, 0.44, at_most).margin == pytest.approx(-0.001)


def test_a_figure_that_is_not_known_meets_nothing() -> None:
    assert not Goal("flat", Measured(float("nan")), 0.44, at_most=True).met


def test_goals_of_rivals_come_from_the_claims() -> None:
    claims = [
        Claim(T2, Redshift.WITH, Measured(0.05, 0.01, 0.09, 0.02)),
        Claim(TREES_GP, Redshift.WITHOUT, Measured(-0.06, -0.08, -0.04, 0.01)),
        Claim(T2, Redshift.MASKED, Measured(0.05, 0.01, 0.09, 0.02)),
    ]
    ahead, behind, *file = six_band_goals({}, claims, [], [], invented.GIVEN)
    assert ahead.met and ahead.margin == pytest.approx(0.01)
    assert not behind.met and behind.margin == pytest.approx(-0.03)
    assert behind.measured.low == pytest.approx(0.04)
    assert [one.met for one in file] == [True, False, True]


@pytest.mark.parametrize(("error", "margin"), [(0.01, 0.02), (0.03, -0.02)])
def test_a_goal_is_kept_at_two_errors_on_either_side(error: float, margin: float) -> None:
    below = Goal("behind", Measured(0.40, error=error), 0.44, at_most=True)
    above = Goal("ahead", Measured(0.44, error=error), 0.40, at_most=False)
    for one in (below, above):
        assert one.margin == pytest.approx(margin) and one.met == (margin > 0)


def test_what_should_change_nothing_may_do_so_on_neither_side() -> None:
    changes = [
        Claim(SPOILT, Redshift.WITHOUT, Measured(0.01, error=0.005)),
        Claim(SELDOM, Redshift.WITHOUT, Measured(-0.05, error=0.01)),
        Claim(CLEAN, Redshift.WITHOUT, Measured(0.5, error=0.01)),
    ]
    spoilt, seldom, *_ = six_band_goals({}, [], changes, [], invented.GIVEN)
    assert spoilt.margin == pytest.approx(0.01) and seldom.margin == pytest.approx(-0.05)


def test_it_may_be_no_less_sure_than_a_perfect_network_by_chance() -> None:
    sure = [Sure("+3 d", 100, 0.03, 0.04), Sure("+10 d", 100, 0.05, 0.04)]
    first, second, *_ = six_band_goals({}, [], [], sure, invented.GIVEN)
    assert (first.met, second.met) == (True, False)


def test_a_claim_about_ztf_is_two_goals() -> None:
    one = ZtfClaim("trees", "+20 d", Measured(0.1, error=0.04), Measured(0.1, error=0.06))
    sure = [Sure("+20 d", 900, 0.012, 0.014), Sure("+40 d", 900, 0.015, 0.014)]
    shares = AtTheShares("+40 d", Measured(0.86, error=0.004), Measured(0.66, error=0.006))
    found = ztf_goals({}, sure, shares, [one], invented.GIVEN)
    # Two of calibration, of macro F1 and accuracy, of the claim, and the file's three.
    assert [goal.met for goal in found[:6]] == [True, False, False, True, True, False]


def test_what_is_none_is_held_to_its_bounds_at_both_priors() -> None:
    even, natural = Measured(0.09, error=0.01), Measured(0.02, error=0.01)
    called = {STARS: Called(STARS, 90, 90, even, natural, natural, even)}
    shares = AtTheShares("+40 d", Measured(0.86), Measured(0.66))
    first, second, *_ = ztf_goals(called, [], shares, [], invented.GIVEN)
    assert "natural" in first.asked and first.met
    assert "even" in second.asked and second.margin == pytest.approx(-0.06)


def test_three_types_are_held_to_their_own_probabilities() -> None:
    some = invented.three_types()
    found = {one.redshift: one for one in checks(some, 1, 150)}
    assert found.keys() == some.answers.keys()
    one = found[Redshift.WITH]
    assert one.counts == (90, 60, 20)
    three = np.argmax(np.array(PLACES) == some.label[:, None], axis=1)
    rows = some.answers[Redshift.WITH][:, :, PLACES]
    expected = [metrics.flat_log_loss(each, three, 3) for each in rows]
    assert one.flat.value == pytest.approx(np.mean(expected))
    right = rows.argmax(axis=2) == three
    assert one.accuracy.value == pytest.approx(right.mean())
    assert 0 < one.on_the_three <= 1
    counts = np.array(one.counts)
    assert counts @ np.diag(one.called) / counts.sum() == pytest.approx(right.mean())
