"""Cones by hand, held to astropy's separations."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.alerts import Alerts
from filters.selection import Clauses, selection
from gueststar.testing import alerts, judge, sky
from gueststar.testing.skies import Cones
from schemas.errors import FilterError

POSITION = st.tuples(st.floats(0, 360), st.floats(-90, 90))


@selection(topic="mine")
def mine(alerts: Alerts) -> Clauses:
    """In the region, not on the list."""
    yield "in virgo", alerts.in_region("virgo")
    yield "not known", ~alerts.watchlist("known")


def test_a_filter_asks_regions_in_degrees_and_watchlists_in_arcseconds() -> None:
    made = sky(regions={"virgo": [(187.7, 12.4, 6.0)]}, watchlists={"known": [(187.7, 12.4, 2.0)]})
    batch = alerts(ra_deg=[187.7, 187.7, 187.7], dec_deg=[12.4, 12.5, 30.0])
    assert judge(mine, batch, sky=made) == ["not known", "selected", "in virgo"]


def test_a_region_that_is_not_given_is_named() -> None:
    with pytest.raises(FilterError, match="no region 'virgo'; did you mean 'virgi'"):
        judge(mine, alerts(ra_deg=1.0, dec_deg=1.0), sky=sky(regions={"virgi": [(0.0, 0.0, 1.0)]}))


def test_an_empty_list_holds_nothing() -> None:
    cones = Cones.of("none", [], 1.0)
    assert not cones.contains(np.array([1.0, np.nan]), np.array([2.0, 0.0])).any()


@settings(max_examples=80)
@given(st.lists(POSITION, min_size=1, max_size=5), st.lists(POSITION, min_size=1, max_size=5))
def test_distances_are_those_of_astropy(
    centres: list[tuple[float, float]], positions: list[tuple[float, float]]
) -> None:
    cones = Cones.of("all", [(*each, 180.0) for each in centres], 3600.0)
    ra_deg, dec_deg = np.array(positions).T
    here = SkyCoord(ra_deg, dec_deg, unit="deg")
    there = SkyCoord(*np.array(centres).T, unit="deg")
    apart = here[:, None].separation(there[None, :]).arcsec.min(axis=1)
    np.testing.assert_allclose(cones.distance_arcsec(ra_deg, dec_deg), apart, atol=2e-2)
