"""A redshift is looked up, else photometric, else the packet's, else none; and says which."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from classifiers.mixtures import quantiles
from classifiers.redshift import (
    COMPONENTS,
    GIVES,
    LSST,
    QUANTILES,
    SDSS,
    PhotometricRedshift,
    Photometry,
    RedshiftStage,
    photometry_rows,
    shifted,
)
from filters.handmade import handmade
from gueststar.testing import check_stage
from schemas.batch import AlertBatch
from schemas.distances import distance_modulus
from schemas.learned import Learned

HOST = ("found", "ambiguous", "redshift", "redshift_err", "u", "g", "r", "i", "z_mag")
GALAXY = (19.1, 17.9, 17.3, 16.9, 16.7)
"""An ordinary one of SDSS."""


def mixtures(rows: int, seed: int) -> NDArray[np.float64]:
    draw = np.random.default_rng(seed)
    weight = draw.dirichlet(np.ones(COMPONENTS), rows)
    mean, sigma = (
        draw.uniform(0, 2, (rows, COMPONENTS)),
        draw.uniform(0.005, 0.5, (rows, COMPONENTS)),
    )
    return np.concatenate([weight, mean, sigma], axis=1)


@settings(max_examples=50)
@given(st.integers(0, 10_000))
def test_below_a_quantile_lies_its_share(seed: int) -> None:
    some = mixtures(20, seed)
    found = quantiles(some, QUANTILES)
    weight, mean, sigma = np.split(some, 3, axis=1)
    erf = np.vectorize(math.erf)
    for place, share in enumerate(QUANTILES):
        off = (found[:, place, None] - mean) / sigma / math.sqrt(2)
        below = (weight * 0.5 * (1 + erf(off))).sum(axis=1)
        np.testing.assert_allclose(below, share, atol=2e-3)


def test_under_its_own_prior_a_posterior_stays_and_under_another_it_moves() -> None:
    some = mixtures(30, seed=1)
    grid = np.linspace(-3, 5, 4000)
    same = shifted(some, grid, np.ones_like(grid))
    np.testing.assert_allclose(same, quantiles(some, QUANTILES), atol=0.01)
    nearer = shifted(some, grid, np.exp(-3 * grid))
    assert (nearer <= same + 1e-9).all()


def batch_of(
    rows: list[tuple[float, ...]], host_photoz: list[float], host_photoz_err: list[float]
) -> AlertBatch:
    batch = handmade(rows=len(rows), host_photoz=host_photoz, host_photoz_err=host_photoz_err)
    batch.learned["host"] = Learned("values", HOST, np.array(rows, np.float64))
    return batch


def stage() -> RedshiftStage:
    return RedshiftStage("host", Photometry(HOST[4:], (), SDSS))


NAN = math.nan


def test_it_says_where_it_is_from() -> None:
    nothing = (NAN,) * 5
    batch = batch_of(
        [
            (1, 0, 0.05, 0.001, *GALAXY),
            (1, 0, NAN, NAN, *GALAXY),
            (1, 1, 0.05, 0.001, *GALAXY),
            (0, NAN, NAN, NAN, *nothing),
            (0, NAN, NAN, NAN, *nothing),
        ],
        host_photoz=[NAN, NAN, NAN, 0.3, NAN],
        host_photoz_err=[NAN, NAN, NAN, 0.05, NAN],
    )
    (values,) = stage().run(batch)
    said = dict(zip(GIVES, values.T, strict=True))
    np.testing.assert_array_equal(said["source"], [1, 2, 0, 3, 0])
    np.testing.assert_array_equal(said["redshift"][[0, 3]], [0.05, 0.3])
    assert 0.0 < said["redshift_low"][1] < said["redshift"][1] < said["redshift_high"][1] < 0.3
    assert np.isnan(values[[2, 4], 1:]).all()
    np.testing.assert_allclose(said["distance_modulus"][0], distance_modulus(np.array([0.05])))


def test_it_is_a_stage_that_keeps_the_rules() -> None:
    draw = np.random.default_rng(2)
    rows = [(1, 0, NAN, NAN, *(np.array(GALAXY) + draw.normal(0, 0.3, 5))) for _ in range(60)]
    check_stage(stage(), alerts=batch_of(rows, host_photoz=[NAN] * 60, host_photoz_err=[NAN] * 60))


def test_a_band_that_is_missing_widens_and_what_is_unlike_is_flagged() -> None:
    network = PhotometricRedshift()
    whole = photometry_rows([GALAXY], [[0.05] * 5], [SDSS])
    holed = whole.copy()
    holed[:, [0, 1, 6, 7]] = np.nan
    first, second = network.posterior(whole), network.posterior(holed)
    widths = [one.quantiles[0, 2] - one.quantiles[0, 0] for one in (first, second)]
    assert widths[1] > widths[0]
    blue = photometry_rows([[15.0, 18.0, 20.0, 21.0, 22.0]], [[0.05] * 5], [SDSS])
    assert network.posterior(np.concatenate([whole, blue])).is_extrapolated.tolist() == [
        False,
        True,
    ]


def test_rubins_bands_are_read_in_rubins_system() -> None:
    mags = [[25.8, 25.2, 24.6, 24.2, 24.0, 23.9]]
    network = PhotometricRedshift()
    found = network.posterior(photometry_rows(mags, [[0.1] * 6], [LSST])).quantiles
    assert 0 < found[0, 0] < found[0, 1] < found[0, 2] < 4
