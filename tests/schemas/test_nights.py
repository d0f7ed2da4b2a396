"""A night is the one that its survey names, and what is no time is no night."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.decode import Decoder
from schemas.nights import NONE, dates
from tests.schemas.golden import GoldenSchemas, rubin_packet, ztf_packet
from tests.schemas.real_packets import records
from tests.schemas.reference import columns


@given(st.floats() | st.floats(-400_000, 3_000_000))
def test_a_date_is_that_of_the_calendar_and_no_time_raises(mjd: float) -> None:
    (found,) = dates(np.array([mjd])).tolist()
    if not math.isfinite(mjd) or not -313_698 <= math.floor(mjd) <= 2_973_483:
        assert found == NONE
    else:
        # 678,576 is the day of MJD 0 in the count of the standard library's calendar.
        day = date.fromordinal(math.floor(mjd) + 678_576)
        assert found == day.year * 10_000 + day.month * 100 + day.day


@pytest.mark.parametrize(
    ("midpoint_mjd_tai", "night"),
    [
        (61_100.4999, 20260228),
        (61_100.5, 20260301),  # noon, TAI
        (61_100.98, 20260301),
        (61_101.05, 20260301),  # past midnight the night goes on
        (61_101.4999, 20260301),
    ],
)
def test_rubins_night_is_its_day_of_observation(midpoint_mjd_tai: float, night: int) -> None:
    packet = rubin_packet(1, diaSource={"midpointMjdTai": midpoint_mjd_tai})
    batch = Decoder(schemas=GoldenSchemas()).decode([packet])
    assert batch.night.tolist() == [night]


@pytest.mark.parametrize(("jd", "night"), [(2_460_235.4999, 20231017), (2_460_235.5, 20231018)])
def test_ztfs_night_is_the_utc_date(jd: float, night: int) -> None:
    batch = Decoder().decode([ztf_packet(1, candidate={"jd": jd})])
    assert batch.night.tolist() == [night]


@pytest.mark.data
def test_ztfs_own_count_of_nights_agrees(data_folder: Path) -> None:
    """`nid` counts UTC dates from 2017-01-01, which is 0."""
    nights, counted = [], []
    for record in records(data_folder):
        if "nid" in record.get("candidate", {}):
            nights.append(columns(record)["night"])
            counted.append(record["candidate"]["nid"])
    days = [date(night // 10_000, night // 100 % 100, night % 100) for night in nights]
    assert counted
    assert [(day - date(2017, 1, 1)).days for day in days] == counted
