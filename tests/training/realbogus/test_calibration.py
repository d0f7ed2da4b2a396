"""Two numbers that make probabilities mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from training.realbogus.calibration import Calibration, calibrated, evenly
from training.realbogus.labels import LABELS, REAL

LAW = settings(max_examples=40)
SLOPES, OFFSETS = st.floats(0.1, 5.0), st.floats(-5.0, 5.0)


def logits(count: int, seed: int = 0) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    found: NDArray[np.float32] = random.normal(0, 3, (count, len(LABELS))).astype(np.float32)
    return found


def odds(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Natural logarithm of those of "real"."""
    real = probabilities[:, REAL]
    found: NDArray[np.float64] = np.log(real / (1 - real))
    return found


@pytest.mark.parametrize("true", [Calibration(0.5, 1.0), Calibration(1.6, -2.0)])
def test_the_numbers_that_alerts_were_drawn_from_are_found(true: Calibration) -> None:
    given_ = logits(6000)
    real = np.random.default_rng(1).uniform(size=6000) < true.probabilities(given_)[:, REAL]
    assert calibrated(given_, real, np.ones(6000)) == pytest.approx(true, abs=0.12)


def test_without_an_alert_nothing_is_moved() -> None:
    assert calibrated(logits(0), np.empty(0, np.bool_), np.empty(0)) == (1.0, 0.0)


def test_a_few_alerts_move_less_than_many() -> None:
    given_, bogus = np.zeros((400, len(LABELS)), np.float32), np.zeros(400, np.bool_)
    few, many = (abs(calibrated(given_[:n], bogus[:n], np.ones(n)).offset) for n in (2, 400))
    assert 0 < few < 0.4 and many > 2


def test_two_sure_mistakes_do_not_turn_the_order_round() -> None:
    given_ = np.array([[6, 0, 0, 0, 0], [0, 6, 0, 0, 0]], np.float32)
    found = calibrated(given_, np.array([False, True]), np.ones(2))
    real = found.probabilities(given_)[:, REAL]
    assert real[0] > real[1]


@LAW
@given(slope=SLOPES, offset=OFFSETS, seed=st.integers(0, 1000))
def test_probabilities_are_shares_of_one(slope: float, offset: float, seed: int) -> None:
    found = Calibration(slope, offset).probabilities(logits(5, seed))
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1)


@LAW
@given(slope=SLOPES, offset=OFFSETS, raised=st.floats(0.01, 5.0), seed=st.integers(0, 1000))
def test_what_looks_more_like_a_source_is_likelier_to_be_one(
    slope: float, offset: float, raised: float, seed: int
) -> None:
    given_ = logits(5, seed)
    higher = given_ + np.float32(raised) * (np.arange(len(LABELS)) == REAL)
    lower, upper = (Calibration(slope, offset).probabilities(one) for one in (given_, higher))
    assert (upper[:, REAL] > lower[:, REAL]).all()


@LAW
@given(offset=OFFSETS, seed=st.integers(0, 1000))
def test_an_offset_moves_all_odds_alike(offset: float, seed: int) -> None:
    before, after = (Calibration(1.0, one).probabilities(logits(5, seed)) for one in (0.0, offset))
    np.testing.assert_allclose(odds(after) - odds(before), offset, atol=1e-6)


@LAW
@given(real=st.lists(st.booleans(), max_size=40))
def test_both_sides_count_as_many_as_the_smaller_one_is(real: list[bool]) -> None:
    sides = np.array(real, np.bool_)
    weight = evenly(sides)
    smaller = min(sides.sum(), (~sides).sum())
    assert weight[sides].sum() == pytest.approx(smaller)
    assert weight[~sides].sum() == pytest.approx(smaller)


def test_how_often_one_side_comes_does_not_matter_to_a_large_split() -> None:
    given_, random = logits(4000), np.random.default_rng(1)
    real = random.uniform(size=4000) < Calibration(1.0, 0.0).probabilities(given_)[:, REAL]
    rows = np.concatenate([np.arange(4000), *[np.flatnonzero(real)] * 8])
    once = calibrated(given_, real, evenly(real))
    again = calibrated(given_[rows], real[rows], evenly(real[rows]))
    assert again == pytest.approx(once, abs=0.02)
