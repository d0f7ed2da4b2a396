"""The Gaussian process of the rivals: against scikit-learn's, and what it must not lose."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

from schemas.errors import ModelError
from training.arrays import Floats
from training.lightcurve.rivals import gaussian_process
from training.lightcurve.rivals.gaussian_process import WAVELENGTHS, GaussianProcess

Columns = tuple[Floats, Floats, Floats, Floats]
PLACES = (np.linspace(-30.0, 130.0, 150), np.tile(WAVELENGTHS, 25))


def a_bump(points: int = 60, seed: int = 0) -> Columns:
    """A transient of 300 nJy and 15 days at day 50, with noise of 10 nJy."""
    rng = np.random.default_rng(seed)
    mjd = np.sort(rng.uniform(0, 100, points))
    wavelength = rng.choice(WAVELENGTHS, points)
    flux = 300 * np.exp(-0.5 * ((mjd - 50) / 15) ** 2) * (wavelength / 6000) ** 0.5
    return mjd, wavelength, flux + rng.normal(0, 10, points), np.full(points, 10.0)


def by_the_library(process: GaussianProcess, columns: Columns) -> GaussianProcessRegressor:
    mjd, wavelength, flux, error = columns
    lengths = [process.length_days, process.length_angstrom]
    kernel = ConstantKernel(process.amplitude**2) * Matern(lengths, nu=1.5)
    regressor = GaussianProcessRegressor(kernel, alpha=error**2, optimizer=None)
    return regressor.fit(np.column_stack((mjd, wavelength)), flux)


def test_mean_and_deviation_are_those_of_scikit_learn() -> None:
    columns = a_bump()
    process = GaussianProcess.fitted(*columns)
    mean, deviation = process.at(*PLACES)
    library = by_the_library(process, columns)
    their_mean, their_deviation = library.predict(np.column_stack(PLACES), return_std=True)
    np.testing.assert_allclose(mean, their_mean, rtol=1e-8, atol=1e-6)
    np.testing.assert_allclose(deviation, their_deviation, rtol=1e-6, atol=1e-6)


def test_the_mean_on_a_grid_is_the_same_mean() -> None:
    process = GaussianProcess.fitted(*a_bump())
    grid = process.mean_on_grid(PLACES[0], WAVELENGTHS)
    for row, wavelength in zip(grid, WAVELENGTHS, strict=True):
        mean, _ = process.at(PLACES[0], np.full(len(PLACES[0]), wavelength))
        np.testing.assert_allclose(row, mean, rtol=1e-8, atol=1e-6)


def test_residuals_are_what_the_mean_leaves() -> None:
    _, _, flux, error = columns = a_bump()
    process = GaussianProcess.fitted(*columns)
    left = (flux - process.at(*columns[:2])[0]) / error
    np.testing.assert_allclose(np.sort(process.residuals), np.sort(left), rtol=1e-6, atol=1e-8)


def test_the_gradient_is_that_of_finite_differences() -> None:
    points = gaussian_process._Points.kept(*a_bump(30))
    problem = gaussian_process._Likelihood(points, 6000.0)
    for place in (np.log([0.5, 20.0]), np.log([2.0, 4.0]), np.log([0.1, 150.0])):
        numeric = approx_fprime(place, lambda at: problem.negative(at)[0], 1e-6)
        np.testing.assert_allclose(problem.negative(place)[1], numeric, rtol=1e-3, atol=1e-3)


def test_the_likelihood_is_that_of_scikit_learn() -> None:
    mjd, wavelength, flux, error = a_bump(30)
    points = gaussian_process._Points.kept(mjd, wavelength, flux, error)
    ours, _ = gaussian_process._Likelihood(points, 6000.0).negative(np.log([0.5, 20.0]))
    process = GaussianProcess.fitted(mjd, wavelength, flux / points.scale, error / points.scale)
    theirs = by_the_library(process, (mjd, wavelength, flux / points.scale, error / points.scale))
    assert ours == pytest.approx(-theirs.log_marginal_likelihood_value_, rel=1e-8)


def test_a_fitted_length_is_more_likely_and_follows_the_width_of_the_transient() -> None:
    mjd, wavelength, flux, error = a_bump()
    wide = GaussianProcess.with_fitted_length(mjd, wavelength, flux, error)
    narrow = GaussianProcess.with_fitted_length(mjd / 10, wavelength, flux, error)
    assert narrow.length_days == pytest.approx(wide.length_days / 10, rel=0.05)
    points = gaussian_process._Points.kept(mjd, wavelength, flux, error)
    problem = gaussian_process._Likelihood(points, 6000.0)
    found = np.log([wide.amplitude / points.scale, wide.length_days])
    assert problem.negative(found)[0] < problem.negative(np.log([0.5, 20.0]))[0]


def test_the_order_of_points_does_not_matter() -> None:
    columns = a_bump()
    order = np.random.default_rng(1).permutation(len(columns[0]))
    shuffled = GaussianProcess.fitted(*(one[order] for one in columns))
    expected, _ = GaussianProcess.fitted(*columns).at(*PLACES)
    np.testing.assert_allclose(shuffled.at(*PLACES)[0], expected, rtol=1e-8, atol=1e-6)


def test_the_unit_of_the_flux_does_not_matter() -> None:
    mjd, wavelength, flux, error = a_bump()
    mean, deviation = GaussianProcess.fitted(mjd, wavelength, flux, error).at(*PLACES)
    scaled = GaussianProcess.fitted(mjd, wavelength, 1e6 * flux, 1e6 * error).at(*PLACES)
    np.testing.assert_allclose(scaled[0], 1e6 * mean, rtol=1e-8, atol=1.0)
    np.testing.assert_allclose(scaled[1], 1e6 * deviation, rtol=1e-6)


def test_beyond_the_bound_the_most_significant_points_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gaussian_process, "POINTS_MAX", 5)
    mjd, wavelength, flux, error = a_bump()
    kept = GaussianProcess.fitted(mjd, wavelength, flux, error).mjd
    assert set(kept) == set(mjd[np.argsort(-np.abs(flux))[:5]])


def test_points_without_a_flux_are_left_out() -> None:
    mjd, wavelength, flux, error = a_bump()
    flux[::2] = np.nan
    assert len(GaussianProcess.fitted(mjd, wavelength, flux, error).mjd) == len(mjd) // 2


def test_an_object_without_any_flux_is_refused() -> None:
    mjd, wavelength, flux, error = a_bump()
    with pytest.raises(ModelError, match="no measured flux"):
        GaussianProcess.fitted(mjd, wavelength, np.full_like(flux, np.nan), error)


def test_nearly_noiseless_points_at_one_instant_stay_solvable() -> None:
    mjd, wavelength = np.full(40, 5.0), np.full(40, 6223.0)
    process = GaussianProcess.fitted(mjd, wavelength, np.full(40, 1e6), np.full(40, 1e-3))
    assert process.at(mjd[:1], wavelength[:1])[0] == pytest.approx(1e6, rel=1e-3)
