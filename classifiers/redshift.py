"""How far away is it? Photometric redshifts with their posteriors, by a mixture density network.

`redshift.md` beside this file is the network's card: data, figures and limits.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classifiers.mixtures import quantiles
from classifiers.session import Session
from schemas.batch import AlertBatch
from schemas.distances import distance_modulus
from schemas.learned import Given, Learned
from schemas.stage import Identity

NAME = "redshift"
WEIGHTS = Path(__file__).with_suffix(".onnx")
BANDS = ("u", "g", "r", "i", "z", "y")
SDSS, LSST = 0, 1
"""Photometric systems of galaxies' magnitudes."""
PHOTOMETRY = 2 * len(BANDS) + 1
"""Magnitudes AB, their errors, and the system; NaN where there is none."""
COMPONENTS = 5

Floats = NDArray[np.float64]


def photometry_rows(
    magnitudes: ArrayLike, errors: ArrayLike, system: ArrayLike
) -> NDArray[np.float32]:
    """Rows float32 (n, PHOTOMETRY) of magnitudes and errors (n, bands), u first, and a system (n,).

    Bands that are not there, five for SDSS, are missing.
    """
    mags, errs = np.asarray(magnitudes, np.float32), np.asarray(errors, np.float32)
    rows = np.full((len(mags), PHOTOMETRY), np.nan, np.float32)
    rows[:, : mags.shape[1]] = mags
    rows[:, len(BANDS) : len(BANDS) + errs.shape[1]] = errs
    rows[:, -1] = system
    return rows


QUANTILES = np.array([0.15865525, 0.5, 0.84134475])
"""Of a normal distribution, minus one sigma, its middle, plus one."""
LABELS = tuple(
    f"{what}_{one}" for what in ("weight", "mean", "sigma") for one in range(1, COMPONENTS + 1)
)
"""What the network gives, each of a component."""
SYSTEM_NAMES = ("sdss", "lsst")
NOT_ASKED, SPECTROSCOPIC, PHOTOMETRIC, SURVEY = 0.0, 1.0, 2.0, 3.0
GIVES = (
    "source",
    "redshift",
    "redshift_err",
    "redshift_low",
    "redshift_high",
    "is_extrapolated",
    "distance_modulus",
)
"""source: 0 none, 1 looked up with the host, 2 photometric by this network, from magnitudes of the
host, 3 photometric, as the packet says it. low and high hold 68 %. is_extrapolated: 1 where the
magnitudes are unlike those that the network was taught. distance_modulus: mag, of `redshift`."""


class Photometry(NamedTuple):
    """Where a host's magnitudes stand among the columns that its catalogue carries."""

    magnitudes: tuple[str, ...]
    """From u on, one a band; an empty name is a band that the catalogue lacks."""
    errors: tuple[str, ...]
    """Alike; empty names, or none at all, where it says no error."""
    system: int


class Posterior(NamedTuple):
    """Of n galaxies."""

    mixture: NDArray[np.float32]
    """(n, 3 COMPONENTS): weights, means, sigmas."""
    quantiles: Floats
    """(n, 3), at QUANTILES."""
    is_extrapolated: NDArray[np.bool_]


class PhotometricRedshift:
    """A mixture density network over magnitudes with errors. All scaling is inside the file."""

    def __init__(self, path: Path = WEIGHTS) -> None:
        """Open the weights. Raises ModelError where they cannot be served."""
        self._session = Session(path, (PHOTOMETRY,), {"labels": json.dumps(LABELS)})
        self.identity = self._session.identity
        self._bounds = np.array(json.loads(self._session.said["bounds"]), np.float32)

    def posterior(self, rows: NDArray[np.float32]) -> Posterior:
        """Of rows (n, PHOTOMETRY), each with a magnitude at least."""
        mixture = self._session.run(rows)
        return Posterior(mixture, quantiles(mixture, QUANTILES), self._is_outside(rows))

    def _is_outside(self, rows: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which have a magnitude or a colour that 998 of 1,000 taught galaxies did not pass."""
        low, high = self._bounds[rows[:, -1].astype(int)].transpose(1, 0, 2)
        told = described(rows)
        return np.asarray(((told < low) | (told > high)).any(axis=1))

    def warm_up(self) -> None:
        """Do once what the first call would pay for."""
        self._session.warm_up()
        self.posterior(photometry_rows(np.full((1, 5), 20.0), np.full((1, 5), 0.1), SDSS))


def described(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Magnitudes and colours (n, 2 bands - 1), by which a galaxy is like those taught or not."""
    mags = rows[:, : len(BANDS)]
    return np.concatenate((mags, mags[:, :-1] - mags[:, 1:]), axis=1)


def shifted(mixture: NDArray[np.floating], grid: Floats, ratio: Floats) -> Floats:
    """Quantiles (n, 3) of mixtures under another prior.

    ratio (g,): what galaxies at each redshift of a rising grid (g,) have in your sample over what
    they have in the one that was taught, as the card says it.
    """
    weight, mean, sigma = (one[:, None] for one in np.split(mixture.astype(np.float64), 3, axis=1))
    off = (grid[None, :, None] - mean) / sigma
    density = (weight / sigma * np.exp(-0.5 * off**2)).sum(axis=2) * ratio * np.gradient(grid)
    below = np.cumsum(density, axis=1) - density / 2
    below /= density.sum(axis=1, keepdims=True)
    return np.array([np.interp(QUANTILES, row, grid) for row in below])


class RedshiftStage:
    """The redshift of each alert and where it is from, as a `schemas.stage.Stage`."""

    def __init__(
        self,
        hosts: str = "",
        photometry: Photometry | None = None,
        network: PhotometricRedshift | None = None,
    ) -> None:
        """hosts: the stage of hosts to ask; photometry: which of their columns are magnitudes."""
        self._hosts, self._photometry = hosts, photometry
        self._network = network or PhotometricRedshift()
        one = self._network.identity
        self.identity = Identity(NAME, one.version, one.sha256)
        self.reads: tuple[str, ...] = ("host_photoz", "host_photoz_err")
        if hosts:
            self.reads = (*self.reads, f"learned.{hosts}")
        self.gives = (Given(NAME, "values", GIVES),)

    def run(self, batch: AlertBatch) -> tuple[Floats]:
        """(n, GIVES)."""
        found = np.full((len(batch), len(GIVES)), np.nan)
        found[:, 0] = NOT_ASKED
        self._of_survey(batch, found)
        if self._hosts:
            host = batch.learned[self._hosts]
            sure = (host.column("found") == 1) & (host.column("ambiguous") == 0)
            self._of_magnitudes(host, sure, found)
            _looked_up(host, sure, found)
        known = found[:, 1] > 0
        found[known, 6] = distance_modulus(found[known, 1])
        return (found,)

    def _of_survey(self, batch: AlertBatch, found: Floats) -> None:
        rows = np.flatnonzero((batch.host_photoz > 0) & (batch.host_photoz_err > 0))
        z, error = batch.host_photoz[rows], batch.host_photoz_err[rows]
        found[rows, :5] = _of_errors(SURVEY, z, error)

    def _of_magnitudes(self, host: Learned, sure: NDArray[np.bool_], found: Floats) -> None:
        if self._photometry is None:
            return
        rows = self._photometry_of(host, self._photometry)
        there = np.flatnonzero(sure & np.isfinite(rows[:, : len(BANDS)]).any(axis=1))
        if not len(there):
            return
        given = self._network.posterior(rows[there])
        low, middle, high = given.quantiles.T
        source = np.full(len(there), PHOTOMETRIC)
        half = (high - low) / 2
        found[there, :6] = np.column_stack((source, middle, half, low, high, given.is_extrapolated))

    def _photometry_of(self, host: Learned, named: Photometry) -> NDArray[np.float32]:
        def table(names: tuple[str, ...]) -> Floats:
            nothing = np.full(len(host.values), np.nan)
            columns = [host.column(one) if one else nothing for one in names]
            return np.column_stack([*columns, *[nothing] * (len(BANDS) - len(names))])

        system = np.full(len(host.values), named.system)
        return photometry_rows(table(named.magnitudes), table(named.errors), system)

    def warm_up(self) -> None:
        """Do once what the first call would pay for."""
        self._network.warm_up()


def _looked_up(host: Learned, sure: NDArray[np.bool_], found: Floats) -> None:
    z, error = (host.column(one).astype(np.float64) for one in ("redshift", "redshift_err"))
    rows = np.flatnonzero(sure & (z > 0) & (error > 0))
    found[rows, :5] = _of_errors(SPECTROSCOPIC, z[rows], error[rows])
    found[rows, 5] = np.nan


def _of_errors(source: float, z: Floats, error: Floats) -> Floats:
    """(n, 5): source, redshift, error and the interval."""
    return np.column_stack(
        (np.full(len(z), source), z, error, np.maximum(z - error, 0.0), z + error)
    )
