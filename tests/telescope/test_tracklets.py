"""What moves is linked within a night, and noise is not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import Generator, default_rng

from telescope.tracklets import Motion, Tracks

RADIUS_ARCSEC = 1.5
SIDE_DEG = 0.4
SCATTER_ARCSEC = 0.2
DEC_DEG = 62.0
Detection = dict[str, Any]


def detection(mjd: float, ra: float, dec: float, number: int, marks: str = "") -> Detection:
    return {"mjd": mjd, "ra": ra % 360, "dec": dec, "detectionId": number, "flux": 1.0,
            "marks": marks}  # fmt: skip


def at(mjd: float, place: tuple[float, float], number: int, draw: Generator) -> Detection:
    """A place in arcseconds east and north of a field's middle, as it is measured."""
    east, north = np.array(place) + draw.normal(0, SCATTER_ARCSEC, 2)
    dec = DEC_DEG + north / 3600
    return detection(mjd, east / 3600 / math.cos(math.radians(dec)), dec, number)


def noise(draw: Generator, mjd: float, count: int, first: int) -> list[Detection]:
    half = SIDE_DEG * 1800
    return [
        at(mjd, tuple(draw.uniform(-half, half, 2)), first + n, draw) for n in range(count)
    ]  # fmt: skip


def linked(frames: Sequence[Sequence[Detection]]) -> list[dict[int, Motion]]:
    """By frame: the motions of those that were linked, by their id."""
    tracks, found = Tracks(RADIUS_ARCSEC), []
    for frame in frames:
        motions = tracks.motions(frame)
        found.append({one["detectionId"]: m for one, m in zip(frame, motions, strict=True) if m})
        tracks.learn(frame)
    return found


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    rate=st.floats(30, 250),
    angle=st.floats(0, 2 * math.pi),
    gap_min=st.floats(5, 20),
)
def test_what_moves_evenly_is_linked_from_its_third_frame_on(
    seed: int, rate: float, angle: float, gap_min: float
) -> None:
    draw, frames = default_rng(seed), []
    for number in range(5):
        mjd = 61_000.3 + number * gap_min / 1440
        away = rate * number * gap_min / 60
        place = away * math.sin(angle), away * math.cos(angle)
        frames.append([at(mjd, place, number + 1, draw), *noise(draw, mjd, 5, 100 * number + 100)])
    found = linked(frames)
    assert [number + 1 in one for number, one in enumerate(found)] == [False, False, *[True] * 3]
    last = found[-1][5]
    assert last.trackletId == 1
    assert last.motionDetections == 5
    assert last.motionArcsecHour == pytest.approx(rate, abs=2 / (4 * gap_min / 60))
    turned = math.radians(last.motionAngleDeg) - angle
    assert abs(math.sin(turned)) * rate * 4 * gap_min / 60 < 2


@pytest.mark.parametrize("seed", range(5))
def test_of_uniform_noise_next_to_nothing_is_linked(seed: int) -> None:
    """20 frames of a night with 40 detections each: 720 that could end a line."""
    draw = default_rng(seed)
    frames = [noise(draw, 61_000.3 + n * 12 / 1440, 40, 1000 * n + 1) for n in range(20)]
    assert sum(map(len, linked(frames))) <= 2


def test_what_stands_still_is_linked_with_nothing() -> None:
    """Sources in a row, each in every frame: lines through them lead through other sources."""
    draw = default_rng(4)
    frames = [
        [at(61_000.3 + n / 144, (4.0 * k, 0.0), 100 * n + k, draw) for k in range(20)]
        for n in range(6)
    ]
    assert not any(linked(frames))


def test_residuals_of_stars_and_fadings_are_linked_with_nothing() -> None:
    mjds = [61_000.3 + n / 144 for n in range(4)]
    for marks, flux in (("dipole", 1.0), ("star_residual near_masked", 1.0), ("", -1.0)):
        frames = [
            [detection(mjd, 150.0, 20.0 + n / 360, n, marks) | {"flux": flux}]
            for n, mjd in enumerate(mjds)
        ]
        assert not any(linked(frames))


def test_a_line_goes_over_midnight_in_right_ascension_and_ends_with_its_night() -> None:
    mjds = [61_000.3, 61_000.31, 61_000.32, 61_001.3]
    frames = [[detection(mjd, 359.998 + n / 500, 10.0, n)] for n, mjd in enumerate(mjds)]
    assert [len(one) for one in linked(frames)] == [0, 0, 1, 0]
