"""Light curves that hypothesis draws: plain ones, crowded ones, and ones that nobody measured."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from classifiers.observations.layout import BANDS
from tests.classifiers.observations.curves import Point

NAN, INF = math.nan, math.inf
STEP_DAYS = 1 / 64
"""Times on this grid and their differences are exact, and many are alike."""
UNKNOWN = (NAN, NAN, NAN)
KNOWN = (0.3, 0.02, 40.9)
EXTREMES = (0.0, 1e-300, 1e-6, 1.0, 1e12, 1e13, 1e300, INF, NAN)


def times(most_days: int = 400) -> st.SearchStrategy[float]:
    return st.integers(0, most_days * 64).map(lambda place: 60000.0 + place * STEP_DAYS)


def bands() -> st.SearchStrategy[int]:
    return st.sampled_from(range(len(BANDS)))


def measured(days: int = 400) -> st.SearchStrategy[Point]:
    flux = st.integers(-40_000, 80_000).map(lambda quarters: quarters / 4)
    error = st.floats(0.01, 1e4)
    return st.builds(Point, times(days), bands(), flux, error, st.just(NAN), st.booleans())


def limits() -> st.SearchStrategy[Point]:
    limit = st.floats(15, 26)
    return st.builds(Point, times(), bands(), st.just(NAN), st.just(NAN), limit, st.just(False))


def hostile() -> st.SearchStrategy[Point]:
    value = st.sampled_from([*EXTREMES, *(-one for one in EXTREMES)]) | st.floats()
    return st.builds(Point, times(), st.integers(-2, 8), value, value, value, st.booleans())


def by_time(points: st.SearchStrategy[Point], most: int = 70) -> st.SearchStrategy[list[Point]]:
    return st.lists(points, max_size=most).map(lambda found: sorted(found, key=lambda p: p.mjd))


def redshifts() -> st.SearchStrategy[tuple[float, ...]]:
    one = st.floats(0.01, 3) | st.just(NAN)
    return st.tuples(one, one, one)


CURVES = by_time(measured() | limits())
CROWDED = by_time(measured(days=1) | measured(days=60), most=120)
HOSTILE = by_time(hostile())
