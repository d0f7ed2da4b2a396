"""The rise over a ragged light curve, against one computed row by row."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.curves import SPAN_DAYS_MAX, SPAN_DAYS_MIN, rise_mag_per_day
from filters.handmade import Epoch, handmade
from schemas.batch import AlertBatch
from schemas.columns import BANDS

NOW = 60000.0


def plain_rise(batch: AlertBatch, row: int) -> float:
    """One row's rise, as a sentence would put it."""
    curve, flux = batch.light_curve.of(row), batch.flux_njy[row]
    for point in reversed(range(len(curve.mjd))):
        span = batch.mjd[row] - curve.mjd[point]
        if curve.band[point] != batch.band[row] or not SPAN_DAYS_MIN <= span <= SPAN_DAYS_MAX:
            continue
        before = curve.limit_mag[point]
        if curve.detected[point] and curve.flux_njy[point] > 0:
            before = 31.4 - 2.5 * math.log10(curve.flux_njy[point])
        if math.isfinite(before):
            now = 31.4 - 2.5 * math.log10(flux) if flux > 0 else math.nan
            return float((before - now) / span)
    return math.nan


FLUXES = st.sampled_from([1e3, 5e3, 2e4, -3e3, math.nan])
EPOCHS = st.builds(
    Epoch,
    mjd=st.sampled_from([NOW - days for days in (0, 0.1, 0.5, 1, 2.5, 5, 5.1, 30)]),
    band=st.sampled_from(["g", "r"]),
    flux_njy=FLUXES,
    limit_mag=st.sampled_from([math.nan, 20.5]),
)
HISTORIES = st.lists(EPOCHS, max_size=6).map(sorted)


@settings(max_examples=50)
@given(histories=st.lists(HISTORIES, min_size=1, max_size=5), flux=FLUXES)
def test_the_rise_of_a_batch_is_that_of_each_row(histories: list[list[Epoch]], flux: float) -> None:
    rows = len(histories)
    batch = handmade(
        mjd=[NOW] * rows, band=["r"] * rows, flux_njy=[flux] * rows, light_curve=histories
    )
    expected = [plain_rise(batch, row) for row in range(rows)]
    assert rise_mag_per_day(batch) == pytest.approx(np.array(expected), nan_ok=True)


def test_a_magnitude_in_two_days_is_half_a_magnitude_a_day() -> None:
    curve = [Epoch(NOW - 2, "g", 1e4), Epoch(NOW, "g", 1e4 * 10**0.4)]
    batch = handmade(mjd=[NOW], band=["g"], flux_njy=[1e4 * 10**0.4], light_curve=[curve])
    assert rise_mag_per_day(batch) == pytest.approx([0.5])
    assert batch.band[0] == BANDS.index("g")
