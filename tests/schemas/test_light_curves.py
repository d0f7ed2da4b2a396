"""Each exposure once, as a plain loop over the points finds it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.decode import Decoder
from schemas.light_curves import TWIN_DAYS, TWINS_AWAY_MAX, Points, packet_curves, repeated
from schemas.survey import Ints
from tests.schemas.real_packets import night_files

TIMES = st.sampled_from([0.0, TWIN_DAYS / 2, 1.0, 1 + TWIN_DAYS / 4, 2.0])
POINTS = st.lists(st.tuples(st.integers(0, 2), TIMES, st.integers(-1, 1), st.integers(0, 3)))


@settings(max_examples=100)
@given(POINTS.map(sorted))
def test_repeated_points_are_those_that_a_plain_loop_finds(
    points: list[tuple[int, float, int, int]],
) -> None:
    def is_beaten(place: int) -> bool:
        row, time, band, worth = points[place]
        near = range(max(0, place - TWINS_AWAY_MAX), place + TWINS_AWAY_MAX + 1)
        return any(
            there != place
            and (points[there][0], points[there][2]) == (row, band)
            and abs(points[there][1] - time) <= TWIN_DAYS
            and (points[there][3], -there) > (worth, -place)
            for there in near
            if there < len(points)
        )

    rows, mjd, band, worth = (
        (np.array(column) for column in zip(*points, strict=True)) if points else [np.empty(0)] * 4
    )
    found = repeated(rows.astype(np.int64), mjd, band.astype(np.int8), worth.astype(np.int8))
    assert found.tolist() == [is_beaten(place) for place in range(len(points))]


def test_however_often_an_exposure_is_named_it_is_one_point() -> None:
    count = 1000
    rows: Ints = np.zeros(count, np.int64)
    flux = np.arange(1.0, count + 1)
    none = np.full(count, np.nan)
    band, mjd = np.zeros(count, np.int8), np.full(count, 60_000.0)
    points = Points(rows, mjd, band, flux, flux, none, np.ones(count, np.bool_))
    assert packet_curves(np.array([60_001.0]), points).flux_njy.tolist() == [1.0]


@pytest.mark.data
def test_no_alert_of_a_real_night_counts_an_exposure_twice(data_folder: Path) -> None:
    decoder, alerts = Decoder(), 0
    for file in night_files(data_folder):
        curves = decoder.decode(list(decoder.split(file))).light_curve
        for row in range(len(curves)):
            curve = curves.of(row)
            exposures = set(zip(curve.mjd.tolist(), curve.band.tolist(), strict=True))
            assert len(exposures) == len(curve.mjd)
            alerts += 1
    assert alerts == 835
