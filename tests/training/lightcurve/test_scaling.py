"""Rows become bounded numbers that say nothing of an object's own unit of flux but once."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.observations import layout
from classifiers.observations.rows import rows
from tests.classifiers.observations.curves import Point, curves_of
from tests.classifiers.observations.drawn_curves import CURVES, HOSTILE, redshifts
from tests.training.lightcurve.invented import objects, rows_of
from training.lightcurve.scaling import (
    FLUX_MIN_NJY,
    FLUXES_MAX,
    SPREADS_MAX,
    Scaling,
)

LAW = settings(max_examples=25)
LABEL = np.arange(60) % 6


@pytest.fixture(scope="module")
def settled() -> Scaling:
    scaling = Scaling()
    scaling.settle(torch.from_numpy(rows_of(objects(LABEL))))
    return scaling


def test_features_are_held_to_the_mean_and_spread_of_what_was_learnt_from(
    settled: Scaling,
) -> None:
    features = settled(torch.from_numpy(rows_of(objects(LABEL)))).features
    assert features.shape == (len(LABEL), settled.features)
    tame = (features.abs() < SPREADS_MAX).all(dim=0)
    assert tame.float().mean() > 0.8
    torch.testing.assert_close(
        features[:, tame].mean(dim=0), torch.zeros(int(tame.sum())), atol=1e-3, rtol=0
    )
    moving = tame & (features.std(dim=0) > 1e-3)
    torch.testing.assert_close(
        features[:, moving].std(dim=0), torch.ones(int(moving.sum())), atol=1e-3, rtol=0
    )


@LAW
@given(st.lists(st.tuples(CURVES | HOSTILE, redshifts()), min_size=1, max_size=5))
def test_whatever_was_measured_is_scaled_to_bounded_numbers(
    settled: Scaling, drawn: list[tuple[list[Point], tuple[float, ...]]]
) -> None:
    told = rows(curves_of([points for points, _ in drawn]), np.array([one for _, one in drawn]))
    found = settled(torch.from_numpy(told))
    for part in found:
        assert torch.isfinite(part).all()
    assert found.features.abs().max() <= SPREADS_MAX
    assert found.observations[..., 0].abs().max() <= FLUXES_MAX
    kept = (told[:, layout.TOKENS_BEGIN :].reshape(len(drawn), layout.TOKENS, -1)[..., 2] > 0).sum()
    assert int(found.there.sum()) == kept


def test_an_unknown_redshift_is_zeros_and_a_known_one_is_not(settled: Scaling) -> None:
    some = objects(LABEL)
    redshift = settled(torch.from_numpy(rows_of(some))).redshift
    known = torch.from_numpy(np.isfinite(some.redshift[:, 0]))
    assert (redshift[~known] == 0).all() and (redshift[known] != 0).any(dim=1).all()


def test_units_of_flux_are_an_objects_own() -> None:
    points = [Point(60000.0 + day, day % 6, 1000.0 + 10 * day) for day in range(20)]
    bright = [
        one._replace(flux_njy=1024 * one.flux_njy, flux_err_njy=1024 * one.flux_err_njy)
        for one in points
    ]
    found = Scaling()(torch.from_numpy(rows(curves_of([points, bright]), np.full((2, 3), np.nan))))
    torch.testing.assert_close(found.observations[0], found.observations[1], rtol=1e-5, atol=1e-6)
    differing = (found.features[0] - found.features[1]).abs() > 1e-4
    # The unit itself, by which nothing else is divided.
    assert differing.nonzero().flatten().tolist() == [found.features.shape[1] - 2]


def test_what_is_fainter_than_any_survey_sees_has_the_smallest_unit() -> None:
    faint = Point(60000.0, flux_njy=1e-3 * FLUX_MIN_NJY, flux_err_njy=1e-4)
    found = Scaling()(torch.from_numpy(rows(curves_of([[faint], []]), np.full((2, 3), np.nan))))
    assert found.features[:, -2].tolist() == [0.0, 0.0]
    assert found.observations[0, 0, 0] == pytest.approx(1e-3)
