"""A row's probabilities sum to one and hang on its own observations alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.observations import layout
from classifiers.observations.rows import rows, with_history
from tests.classifiers.observations.curves import Point, curves_of
from tests.classifiers.observations.drawn_curves import CURVES, HOSTILE, KNOWN, redshifts
from tests.training.lightcurve.invented import objects, rows_of
from training.lightcurve.calibration import calibrated, chances_of
from training.lightcurve.model import DETECTIONS, LightCurveNet, Shape

LAW = settings(max_examples=25)
CLASSES = 6
LABEL = np.arange(40) % CLASSES


def made(shape: Shape) -> LightCurveNet:
    """A network of drawn weights, settled and calibrated, ready to score."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        net = LightCurveNet(CLASSES, shape)
    told = rows_of(objects(LABEL))
    if shape.history:
        told = with_history(told, np.random.default_rng(7).uniform(1, 90, (len(told), 2)))
    net.scaling.settle(torch.from_numpy(told))
    if not shape.by_detections:
        net.calibrate(1.3)
    net.eval()
    return net


@pytest.fixture(scope="module")
def net() -> LightCurveNet:
    return made(Shape())


def asked(net: LightCurveNet, told: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        found: np.ndarray = net(torch.from_numpy(told)).numpy()
    return found


@LAW
@given(st.lists(st.tuples(CURVES | HOSTILE, redshifts()), min_size=1, max_size=6))
def test_any_light_curve_gets_probabilities_that_sum_to_one(
    net: LightCurveNet, drawn: list[tuple[list[Point], tuple[float, ...]]]
) -> None:
    told = rows(curves_of([points for points, _ in drawn]), np.array([one for _, one in drawn]))
    found = asked(net, told)
    assert found.shape == (len(drawn), CLASSES) and np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    alone = np.concatenate([asked(net, one[None]) for one in told])
    np.testing.assert_allclose(alone, found, atol=1e-6)


@pytest.mark.parametrize(
    "shape", [Shape(), Shape(blocks=2), Shape(width=8, heads=1, inner=4, hidden=4, summaries=1)]
)
def test_a_row_does_not_hang_on_the_rows_beside_it(shape: Shape) -> None:
    net, told = made(shape), rows_of(objects(LABEL))
    together = asked(net, told)
    np.testing.assert_allclose(asked(net, told[::-1].copy())[::-1], together, atol=1e-6)
    np.testing.assert_allclose(asked(net, told[5:6])[0], together[5], atol=1e-6)
    assert np.ptp(together, axis=0).min() > 1e-3


def test_a_place_without_an_observation_changes_nothing(net: LightCurveNet) -> None:
    told = rows_of(objects(LABEL))
    spoilt = told.copy()
    places = spoilt[:, layout.TOKENS_BEGIN :].reshape(len(told), layout.TOKENS, -1)
    assert (places[:, -1, layout.TOKEN_COLUMNS.index("precision")] == 0).all()
    for column, garbage in (("days", -3e4), ("flux", 7e6), ("band", 3), ("detected", 1)):
        places[:, -1, layout.TOKEN_COLUMNS.index(column)] = garbage
    np.testing.assert_array_equal(asked(net, spoilt), asked(net, told))


def test_an_observation_changes_something(net: LightCurveNet) -> None:
    told = rows_of(objects(LABEL))
    fewer = told.copy()
    fewer[:, layout.TOKENS_BEGIN + layout.TOKEN_COLUMNS.index("precision")] = 0
    assert (np.abs(asked(net, fewer) - asked(net, told)).max(axis=1) > 1e-6).all()


def test_a_hidden_redshift_is_an_unknown_one(net: LightCurveNet) -> None:
    curves = objects(LABEL).curves
    hidden = rows(curves, np.tile(KNOWN, (len(LABEL), 1)))
    known = asked(net, hidden)
    hidden[:, : 1 + len(layout.REDSHIFT)] = 0
    unknown = asked(net, rows(curves, np.full((len(LABEL), 3), np.nan)))
    np.testing.assert_array_equal(asked(net, hidden), unknown)
    assert (np.abs(known - unknown).max(axis=1) > 1e-6).all()


def test_the_slope_says_how_sure_a_network_is_and_not_of_what(net: LightCurveNet) -> None:
    told = torch.from_numpy(rows_of(objects(LABEL)))
    with torch.inference_mode():
        wanted = torch.softmax(net.slope * net.logits(told), dim=1)
        torch.testing.assert_close(net(told), wanted)


def test_a_network_told_history_is_calibrated_by_label_and_detections() -> None:
    net = made(Shape(history=2, by_detections=True))
    some = with_history(rows_of(objects(LABEL)), np.tile([30.0, 9.0], (len(LABEL), 1)))
    given = np.random.default_rng(6).normal(size=(2, 2, CLASSES))
    net.calibrate(given)
    with torch.inference_mode():
        logits = net.logits(torch.from_numpy(some)).numpy()
    detections = some[:, DETECTIONS].astype(np.int64)
    wanted = chances_of(calibrated(logits.astype(np.float64), given, detections))
    np.testing.assert_allclose(asked(net, some), wanted, atol=1e-5)
    later = some.copy()
    later[:, -1] = 400.0
    assert (np.abs(asked(net, later) - asked(net, some)).max(axis=1) > 1e-6).all()
