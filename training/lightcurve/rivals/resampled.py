"""Light curves on an even grid, as t2 sees them: by a Gaussian process fitted to each object."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from classifiers.observations.layout import BANDS
from schemas.batch import LightCurves
from schemas.errors import ModelError
from training.arrays import Mask
from training.lightcurve.objects.objects import Objects
from training.lightcurve.rivals.gaussian_process import GaussianProcess
from training.workers import each

Grid = NDArray[np.float32]
STEPS = 100
MARGIN_DAYS = 50.0
"""Kept before the first and after the last detection, by t2's published code
(github.com/tallamjr/astronet, `preprocess.py`)."""
WAVELENGTHS = np.array([3685.0, 4802.0, 6231.0, 7542.0, 8690.0, 9736.0])
"""Of LSST's bands in the order of BANDS, angstrom, as t2's code has them (`constants.py`)."""
OBJECTS_AT_ONCE = 16


def resampled(objects: Objects, workers: int) -> Grid:
    """Expected fluxes in nJy, float32 (n, STEPS, bands): time rises, bands are in BANDS' order.

    Every object has its own STEPS even times, from its first to its last measurement within
    MARGIN_DAYS of its detections. Raises ModelError naming an object without measured flux.
    """
    parts = -(-len(objects) // OBJECTS_AT_ONCE)
    found = [np.empty((0, STEPS, len(BANDS)), np.float32)]
    found += each(_grids, _pieces(objects), workers, "resampling light curves", parts)
    return np.concatenate(found)


def grid(curve: LightCurves) -> Grid:
    """One object's expected fluxes in nJy, float32 (STEPS, bands)."""
    used = _transient(curve)
    mjd, band = curve.mjd[used], curve.band[used]
    process = GaussianProcess.with_fitted_length(
        mjd, WAVELENGTHS[band], curve.flux_njy[used], curve.flux_err_njy[used]
    )
    times = np.linspace(mjd.min(), mjd.max(), STEPS)
    return process.mean_on_grid(times, WAVELENGTHS).T.astype(np.float32)


def _transient(curve: LightCurves) -> Mask:
    """Which points are measured and near a detection; all measured ones if there is none.

    Raises ModelError where none is measured.
    """
    measured: Mask = np.isfinite(curve.flux_njy) & (curve.band >= 0)
    if not measured.any():
        raise ModelError("no measured flux to resample: leave the object out")
    seen = curve.mjd[measured & curve.detected]
    if not len(seen):
        return measured
    near = (curve.mjd > seen[0] - MARGIN_DAYS) & (curve.mjd < seen[-1] + MARGIN_DAYS)
    measured &= near
    return measured


def _pieces(objects: Objects) -> Iterator[Objects]:
    for begin in range(0, len(objects), OBJECTS_AT_ONCE):
        yield objects.take(np.arange(begin, min(begin + OBJECTS_AT_ONCE, len(objects))))


def _grids(objects: Objects) -> Grid:
    return np.stack([_named(objects, row) for row in range(len(objects))])


def _named(objects: Objects, row: int) -> Grid:
    try:
        return grid(objects.curves.of(row))
    except ModelError as error:
        raise ModelError(f"object {objects.name[row]}: {error}") from error
