"""Two numbers that make probabilities mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from classifiers.training.realbogus.calibration import Calibration, calibrated
from classifiers.training.realbogus.labels import LABELS, REAL

LAW = settings(max_examples=40, deadline=None)
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
    assert calibrated(given_, real.astype(float)) == pytest.approx(true, abs=0.12)


def test_chances_say_what_many_alerts_would() -> None:
    true, given_ = Calibration(0.7, 0.5), logits(800)
    found = calibrated(given_, true.probabilities(given_)[:, REAL])
    assert found == pytest.approx(true, abs=0.02)


def test_without_an_alert_nothing_is_moved() -> None:
    assert calibrated(logits(0), np.empty(0)) == (1.0, 0.0)


def test_a_few_alerts_move_less_than_many() -> None:
    given_, bogus = np.zeros((400, len(LABELS)), np.float32), np.zeros(400)
    few, many = (abs(calibrated(given_[:n], bogus[:n]).offset) for n in (2, 400))
    assert 0 < few < 0.4 and many > 2


def test_two_sure_mistakes_do_not_turn_the_order_round() -> None:
    given_ = np.array([[6, 0, 0, 0, 0], [0, 6, 0, 0, 0]], np.float32)
    found = calibrated(given_, np.array([0.0, 1.0]))
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


@given(share=st.floats(0.01, 0.99), slope=st.floats(0.5, 2), offset=st.floats(-2, 2))
def test_at_even_odds_the_odds_are_divided_by_those_of_the_split(
    share: float, slope: float, offset: float
) -> None:
    found, given_ = Calibration(slope, offset), logits(40)
    before, after = (
        one.probabilities(given_)[:, REAL] for one in (found, found.at_even_odds(share))
    )
    expected = before / (1 - before) * (1 - share) / share
    np.testing.assert_allclose(after / (1 - after), expected, rtol=1e-6)
