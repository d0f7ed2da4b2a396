"""A Gaussian process over time and wavelength, since the published rivals are built on one."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi

import numpy as np
from scipy.linalg import LinAlgError, cho_solve, cholesky, solve_triangular
from scipy.linalg.lapack import dpotri
from scipy.optimize import minimize

from schemas.errors import ModelError
from training.arrays import Floats

WAVELENGTHS = np.array([3671.0, 4827.0, 6223.0, 7546.0, 8691.0, 9710.0])
"""Of LSST's u, g, r, i, z, y, angstrom: the mean over each total transmission.

Computed from github.com/lsst/throughputs, tag DC2production, `baseline/total_*.dat`; the curves
of version 1.9 move them by at most 60.
"""
LENGTH_DAYS = 20.0
LENGTH_ANGSTROM = 6000.0
"""Fixed by Boone 2019 (arXiv:1907.04690, section 3.2), who starts the time length at 20 days."""
AMPLITUDE = 0.5
"""Standard deviation of the process, in units of the scale of the fluxes (Boone's code)."""
FLOOR = 1e-3
"""Least error, in units of the scale: a nearly noiseless bright star would make K singular."""
POINTS_MAX = 400
"""PLAsTiCC's deep fields give up to 352 points; time grows with the cube of this number."""
SIGNIFICANT = 5.0
"""Flux over error of the points that may set the scale: a noisy point must not."""
PIECE = 64
"""Times asked for at once: their kernel then stays in the processor's cache, 8 times faster."""
LENGTH_BOUNDS_DAYS = (0.1, 1000.0)
AMPLITUDE_BOUNDS = (0.01, 100.0)
"""Where the likelihood is searched; the amplitude in units of the scale."""


@dataclass(frozen=True)
class GaussianProcess:
    """Zero-mean process with a Matern-3/2 kernel, given one object's measurements.

    The kernel is A^2 (1 + sqrt(3) r) exp(-sqrt(3) r) with r^2 = (dt / days)^2 +
    (dw / angstrom)^2, as in Boone 2019 (arXiv:1907.04690) and in t2 (arXiv:2105.06178).
    scikit-learn's regressor gives the same numbers but takes 3 to 5 times as long to condition
    (it builds and factorises the kernel a second time), so it serves the tests only.
    """

    mjd: Floats
    wavelength: Floats
    amplitude: float
    """Standard deviation of the process, in the unit of the fluxes."""
    length_days: float
    length_angstrom: float
    lower: Floats
    """(n, n): the Cholesky factor of kernel and noise."""
    weights: Floats
    """(n,): what the kernel to a new place is multiplied with to give the mean there."""
    noise: Floats
    """(n,): the error of each measurement, in the unit of the fluxes."""

    @classmethod
    def fitted(
        cls,
        mjd: Floats,
        wavelength: Floats,
        flux: Floats,
        flux_err: Floats,
        *,
        length_days: float = LENGTH_DAYS,
        length_angstrom: float = LENGTH_ANGSTROM,
    ) -> GaussianProcess:
        """With fixed lengths (days, angstrom); columns (n,), the unit of the flux is free.

        Raises ModelError where no point has a finite flux and a positive error.
        """
        points = _Points.kept(mjd, wavelength, flux, flux_err)
        return _conditioned(points, AMPLITUDE * points.scale, length_days, length_angstrom)

    @classmethod
    def with_fitted_length(
        cls,
        mjd: Floats,
        wavelength: Floats,
        flux: Floats,
        flux_err: Floats,
        *,
        length_angstrom: float = LENGTH_ANGSTROM,
    ) -> GaussianProcess:
        """With the time length and amplitude of greatest marginal likelihood, as t2 does it."""
        points = _Points.kept(mjd, wavelength, flux, flux_err)
        problem = _Likelihood(points, length_angstrom)
        found = minimize(
            problem.negative,
            np.log([AMPLITUDE, LENGTH_DAYS]),
            jac=True,
            method="L-BFGS-B",
            bounds=np.log([AMPLITUDE_BOUNDS, LENGTH_BOUNDS_DAYS]),
            options={"maxiter": 30, "ftol": 1e-6},
        )
        amplitude, days = np.exp(found.x)
        return _conditioned(points, float(amplitude) * points.scale, float(days), length_angstrom)

    @property
    def residuals(self) -> Floats:
        """(n,): measured less expected flux of each measurement, in units of its error."""
        return self.noise * self.weights

    def mean_on_grid(self, mjd: Floats, wavelength: Floats) -> Floats:
        """(m, k): the expected flux at m wavelengths and each of k times."""
        bluer = 3.0 * (np.subtract.outer(wavelength, self.wavelength) / self.length_angstrom) ** 2
        weights = self.amplitude**2 * self.weights
        expected = np.empty((len(wavelength), len(mjd)))
        for start in range(0, len(mjd), PIECE):
            piece = slice(start, start + PIECE)
            later = np.subtract.outer(mjd[piece] / self.length_days, self.mjd / self.length_days)
            later *= later
            later *= 3.0
            for row, squared in zip(expected, bluer, strict=True):
                row[piece] = _correlation(later + squared) @ weights
        return expected

    def at(self, mjd: Floats, wavelength: Floats) -> tuple[Floats, Floats]:
        """The expected flux at m places and its standard deviation, (m,) each."""
        between = self._between(mjd, wavelength)
        half = solve_triangular(self.lower, between.T, lower=True, check_finite=False)
        left = self.amplitude**2 - (half**2).sum(axis=0)
        return between @ self.weights, np.sqrt(np.maximum(left, 0.0))

    def _between(self, mjd: Floats, wavelength: Floats) -> Floats:
        """(m, n): the kernel from new places to the measurements."""
        days = np.subtract.outer(mjd / self.length_days, self.mjd / self.length_days)
        angstrom = np.subtract.outer(
            wavelength / self.length_angstrom, self.wavelength / self.length_angstrom
        )
        return _matern(days, angstrom, self.amplitude**2)


def _matern(days: Floats, angstrom: Floats, power: float) -> Floats:
    """Matern-3/2 covariance for differences in units of the lengths, which are overwritten."""
    days *= days
    angstrom *= angstrom
    days += angstrom
    days *= 3.0
    covariance = _correlation(days)
    covariance *= power
    return covariance


def _correlation(squared: Floats) -> Floats:
    """(1 + s) exp(-s), of s squared, which is overwritten."""
    distance = np.sqrt(squared, out=squared)
    decay = np.negative(distance)
    np.exp(decay, out=decay)
    distance += 1.0
    distance *= decay
    return distance


@dataclass(frozen=True)
class _Points:
    """The measurements of one object that are used, and the scale of their fluxes."""

    mjd: Floats
    wavelength: Floats
    flux: Floats
    variance: Floats
    scale: float

    @classmethod
    def kept(cls, mjd: Floats, wavelength: Floats, flux: Floats, flux_err: Floats) -> _Points:
        """Finite points; of more than POINTS_MAX, the most significant ones."""
        rows = np.flatnonzero(np.isfinite(flux) & (flux_err > 0))
        if not len(rows):
            raise ModelError("no measured flux to condition a Gaussian process on: leave it out")
        ratio = np.abs(flux[rows] / flux_err[rows])
        order = np.argsort(-ratio, kind="stable")[:POINTS_MAX]
        rows, ratio = rows[order], ratio[order]
        scale = _scale(flux[rows], ratio)
        variance = np.maximum(flux_err[rows], FLOOR * scale) ** 2
        return cls(mjd[rows], wavelength[rows], flux[rows], variance, scale)


def _scale(flux: Floats, ratio: Floats) -> float:
    """Greatest absolute flux of the significant points, else of the most significant one."""
    significant = ratio >= min(SIGNIFICANT, float(ratio.max()))
    return float(np.abs(flux[significant]).max()) or 1.0


def _conditioned(
    points: _Points, amplitude: float, length_days: float, length_angstrom: float
) -> GaussianProcess:
    days = _differences(points.mjd / length_days)
    angstrom = _differences(points.wavelength / length_angstrom)
    covariance = _matern(days, angstrom, amplitude**2)
    covariance.flat[:: len(covariance) + 1] += points.variance
    lower = cholesky(covariance, lower=True, overwrite_a=True, check_finite=False)
    weights = cho_solve((lower, True), points.flux, check_finite=False)
    return GaussianProcess(
        points.mjd,
        points.wavelength,
        amplitude,
        length_days,
        length_angstrom,
        lower,
        weights,
        np.sqrt(points.variance),
    )


def _differences(values: Floats) -> Floats:
    return np.subtract.outer(values, values)


class _Likelihood:
    """Minus the log marginal likelihood over log amplitude (in scales) and log time length."""

    def __init__(self, points: _Points, length_angstrom: float) -> None:
        self.flux = points.flux / points.scale
        self.variance = points.variance / points.scale**2
        self.days = _differences(points.mjd) ** 2
        self.angstrom = (_differences(points.wavelength) / length_angstrom) ** 2

    def negative(self, at: Floats) -> tuple[float, Floats]:
        """The value and its two derivatives (Rasmussen and Williams 2006, equation 5.9)."""
        power = float(np.exp(2.0 * at[0]))
        days = self.days * float(np.exp(-2.0 * at[1]))
        distance = np.sqrt(3.0 * (days + self.angstrom))
        decay = power * np.exp(-distance)
        kernel = (1.0 + distance) * decay
        covariance = kernel + np.diag(self.variance)
        try:
            lower = cholesky(covariance, lower=True, overwrite_a=True, check_finite=False)
        except LinAlgError:
            return 1e12, np.zeros(2)
        weights = cho_solve((lower, True), self.flux, check_finite=False)
        value = 0.5 * self.flux @ weights + np.log(np.diag(lower)).sum()
        value += 0.5 * len(weights) * log(2.0 * pi)
        outer = _inverse(lower) - np.outer(weights, weights)
        slopes = np.array([2.0 * np.vdot(outer, kernel), 3.0 * np.vdot(outer, days * decay)])
        return float(value), 0.5 * slopes


def _inverse(lower: Floats) -> Floats:
    """Of the matrix whose lower Cholesky factor is given, in full."""
    half, _ = dpotri(lower, lower=1)
    whole: Floats = np.tril(half)
    whole += np.tril(half, -1).T
    return whole
