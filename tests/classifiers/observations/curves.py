"""Batches with chosen light curves, for what reads nothing else of an alert."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from filters.handmade import handmade
from schemas.batch import AlertBatch, LightCurves
from schemas.columns import SYSTEMS


class Point(NamedTuple):
    """One point of a light curve, as LightCurves has it."""

    mjd: float
    band: int = 1
    flux_njy: float = 1000.0
    flux_err_njy: float = 50.0
    limit_mag: float = np.nan
    detected: bool = True


def curves_of(points: Sequence[Sequence[Point]]) -> LightCurves:
    """One light curve a list of points, which stand as they are."""
    flat = [one for curve in points for one in curve]
    columns = list(zip(*flat, strict=True)) or [()] * len(Point._fields)
    mjd, band, flux, error, limit, detected = columns
    return LightCurves(
        np.concatenate(([0], np.cumsum([len(curve) for curve in points]))).astype(np.int64),
        np.array(mjd, np.float64),
        np.array(band, np.int8),
        np.array(flux, np.float64),
        np.array(error, np.float64),
        np.array(limit, np.float64),
        np.array(detected, np.bool_),
    )


def batch_of(
    system: str | Sequence[int],
    mjd: Sequence[float],
    light_curve: Sequence[Sequence[Point]] | LightCurves,
    forced: Sequence[Sequence[Point]] | LightCurves | None = None,
) -> AlertBatch:
    """A batch of alerts at these times; `system` is one for all by name, or a code a row."""
    codes = [SYSTEMS.index(system)] * len(mjd) if isinstance(system, str) else system
    forced = [[]] * len(mjd) if forced is None else forced
    batch = handmade(mjd=mjd, photometric_system=codes, rows=len(mjd), light_curve=[[]] * len(mjd))
    return replace(
        batch,
        light_curve=light_curve if isinstance(light_curve, LightCurves) else curves_of(light_curve),
        forced_photometry=forced if isinstance(forced, LightCurves) else curves_of(forced),
    )
