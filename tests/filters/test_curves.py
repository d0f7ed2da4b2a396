"""Light-curve numbers over ragged columns, each against one computed row by row."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from filters import curves
from filters.handmade import Epoch, handmade
from schemas.batch import AlertBatch
from schemas.columns import BANDS
from schemas.errors import FilterError

NOW = 60000.0
NAN = math.nan


class Point(NamedTuple):
    """One epoch as the plain versions see it."""

    days: float
    band: str
    magnitude: float
    """NaN unless it is a detection that brightened."""
    limit_mag: float
    detected: bool


def points(batch: AlertBatch, row: int) -> list[Point]:
    """A row's points that are not later than the alert, the oldest first."""
    curve = batch.light_curve.of(row)
    return [
        Point(NOW - mjd, BANDS[band], magnitude(flux) if detected else NAN, limit, bool(detected))
        for mjd, band, flux, limit, detected in zip(
            curve.mjd, curve.band, curve.flux_njy, curve.limit_mag, curve.detected, strict=True
        )
        if mjd <= NOW
    ]


def magnitude(flux_njy: float) -> float:
    return 31.4 - 2.5 * math.log10(flux_njy) if flux_njy > 0 else NAN


def bright(history: list[Point], *bands: str) -> list[Point]:
    return [p for p in history if not math.isnan(p.magnitude) and p.band in (bands or BANDS)]


def plain_fade(history: list[Point], flux_njy: float) -> float:
    peak = min(bright(history, "r"), key=lambda p: p.magnitude, default=None)
    if peak is None:
        return NAN
    if peak.days == 0:
        return 0.0
    faded = magnitude(flux_njy) - peak.magnitude
    return faded / peak.days if peak.days >= curves.SPAN_DAYS_MIN else NAN


def plain_peak(history: list[Point], _: float) -> float:
    return min((p.magnitude for p in bright(history)), default=NAN)


def plain_days_since_peak(history: list[Point], _: float) -> float:
    peak = min(bright(history), key=lambda p: p.magnitude, default=None)
    return NAN if peak is None else peak.days


def plain_detections(history: list[Point], _: float) -> float:
    return sum(p.detected and p.days <= 3 for p in history)


def plain_positive(history: list[Point], _: float) -> float:
    detections = sum(p.detected for p in history)
    return len(bright(history)) / detections if detections else NAN


def plain_amplitude(history: list[Point], _: float) -> float:
    seen = [p.magnitude for p in bright(history, "r")]
    return max(seen) - min(seen) if seen else NAN


def plain_colour(history: list[Point], _: float) -> float:
    green, red = bright(history, "g"), bright(history, "r")
    if not green or not red or abs(green[-1].days - red[-1].days) > curves.COLOUR_DAYS_MAX:
        return NAN
    return green[-1].magnitude - red[-1].magnitude


def plain_dark(history: list[Point], _: float) -> float:
    seen = bright(history)
    if not seen:
        return NAN
    dark = [
        p.days
        for p in history
        if not p.detected and p.days > seen[0].days and p.limit_mag >= seen[0].magnitude + 0.5
    ]
    return min(dark, default=NAN)


EPOCHS = st.builds(
    Epoch,
    mjd=st.sampled_from([NOW - days for days in (-0.2, 0, 0.1, 0.5, 1, 2.5, 5, 30)]),
    band=st.sampled_from(["g", "r"]),
    flux_njy=st.sampled_from([1e3, 5e3, 2e4, 2e4, -3e3, NAN, NAN]),
    limit_mag=st.sampled_from([NAN, 20.5, 21.7]),
)
HISTORIES = st.lists(EPOCHS, max_size=7).map(sorted)
PAIRS: list[tuple[Callable[[AlertBatch], NDArray[np.generic]], Callable[..., float]]] = [
    (curves.fade_mag_per_day, plain_fade),
    (curves.peak_magnitude, plain_peak),
    (curves.days_since_peak, plain_days_since_peak),
    (lambda alerts: curves.detections_within(alerts, 3), plain_detections),
    (curves.positive_fraction, plain_positive),
    (curves.amplitude_mag, plain_amplitude),
    (lambda alerts: curves.colour(alerts, "g", "r"), plain_colour),
    (lambda alerts: curves.days_since_dark(alerts, 0.5), plain_dark),
]


def batch_of(histories: list[list[Epoch]], flux_njy: float = 7e3) -> AlertBatch:
    """Alerts at NOW in r, of that flux, with these light curves."""
    rows = len(histories)
    return handmade(
        mjd=[NOW] * rows, band=["r"] * rows, flux_njy=[flux_njy] * rows, light_curve=histories
    )


@settings(max_examples=50)
@given(histories=st.lists(HISTORIES, min_size=1, max_size=5), flux=st.sampled_from([7e3, -1e3]))
def test_what_a_batch_says_is_what_each_row_says(histories: list[list[Epoch]], flux: float) -> None:
    batch = batch_of(histories, flux)
    for vectorised, plain in PAIRS:
        expected = [plain(points(batch, row), flux) for row in range(len(batch))]
        assert vectorised(batch) == pytest.approx(np.array(expected), nan_ok=True), plain.__name__


@pytest.mark.parametrize("function", [curves.rise_mag_per_day, *(ours for ours, _ in PAIRS)])
def test_points_later_than_the_alert_change_nothing(
    function: Callable[[AlertBatch], NDArray[np.generic]],
) -> None:
    known = [Epoch(NOW - 2, "g", limit_mag=21.0), Epoch(NOW - 1, "g", 5e3), Epoch(NOW, "r", 7e3)]
    later = [Epoch(NOW + 0.1, "r", 9e5), Epoch(NOW + 0.6, "g", -9e5), Epoch(NOW + 1, "g", 1e6)]
    assert function(batch_of([[*known, *later]])) == pytest.approx(
        function(batch_of([known])), nan_ok=True
    )


@pytest.mark.parametrize("function", [curves.rise_mag_per_day, *(ours for ours, _ in PAIRS)])
def test_no_alerts_and_empty_light_curves_have_an_answer_of_their_length(
    function: Callable[[AlertBatch], NDArray[np.generic]],
) -> None:
    assert function(handmade(rows=0, light_curve=[])).shape == (0,)
    assert function(batch_of([[], [Epoch(NOW, "r", 7e3)], []])).shape == (3,)


def test_a_kilonova_that_halves_in_a_day_fades_by_three_quarters_of_a_magnitude() -> None:
    curve = [Epoch(NOW - 1, "r", 14e3), Epoch(NOW, "r", 7e3)]
    assert curves.fade_mag_per_day(batch_of([curve])) == pytest.approx([0.7526], abs=1e-4)


def test_forced_photometry_says_when_a_source_was_not_there_yet() -> None:
    batch = batch_of([[Epoch(NOW - 1, "r", 7e3), Epoch(NOW, "r", 7e3)]])
    forced = batch_of([[Epoch(NOW - 3, "r", 50.0, 200.0), Epoch(NOW - 2, "g", 90.0, 4e3)]])
    quiet = forced.light_curve
    quiet.detected[:] = False
    vars(batch)["forced_photometry"] = quiet
    assert curves.days_since_dark(batch) == pytest.approx([3.0])


def test_a_band_that_does_not_exist_is_named() -> None:
    with pytest.raises(FilterError, match="there is no band 'G'"):
        curves.colour(batch_of([[]]), "G", "r")
