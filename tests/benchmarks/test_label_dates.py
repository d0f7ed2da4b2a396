"""Labels of supernovae hold near the event that they name, and for no other outburst there."""

from __future__ import annotations

from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from benchmarks.label_dates import (
    AFTER_DAYS_MAX,
    BEFORE_DAYS_MAX,
    BRIGHT,
    TNS_DATE,
    event_dates,
    of_its_event,
)
from filters.handmade import handmade
from training.realbogus.alerts.classes import TNS_OBJECT, TNS_TABLES

DATE = 59000.0


def test_an_alert_near_its_events_date_is_of_it_and_one_years_away_is_not() -> None:
    days = [-BEFORE_DAYS_MAX - 1, -BEFORE_DAYS_MAX, AFTER_DAYS_MAX, AFTER_DAYS_MAX + 1]
    batch = handmade(object_id=["a"] * 4, mjd=[DATE + day for day in days], age_days=[1.0] * 4)
    assert of_its_event(batch, {"a": [DATE]}).tolist() == [False, True, True, False]


def test_a_date_counts_more_than_how_long_the_place_has_been_detected() -> None:
    batch = handmade(object_id=["a"], mjd=[DATE + 33], age_days=[1798.0])
    assert of_its_event(batch, {"a": [DATE - 3000, DATE]}).all()
    assert not of_its_event(batch, {}).any()


def test_an_age_that_nobody_measured_is_not_held_against_a_label() -> None:
    ages = [AFTER_DAYS_MAX, AFTER_DAYS_MAX + 1, float("nan")]
    batch = handmade(object_id=["a", "b", "c"], age_days=ages)
    assert of_its_event(batch, {}).tolist() == [True, False, True]


def test_discoveries_and_peaks_are_read_as_days(tmp_path: Path) -> None:
    for name in (TNS_TABLES[0], BRIGHT):
        (tmp_path / name).parent.mkdir(exist_ok=True)
    discoveries = {TNS_OBJECT: ["a", "b", None], TNS_DATE: ["2020-05-31 12:00:00.5", None, None]}
    pyarrow.parquet.write_table(pyarrow.table(discoveries), tmp_path / TNS_TABLES[0])
    lines = ["ZTFID,IAUID,peakt", "a,SN2020abc,1000.5", "c,SN2017baq,1518.95", "d,TDE2025bri,"]
    (tmp_path / BRIGHT).write_text("\n".join(lines), encoding="utf-8")
    dates = event_dates(tmp_path)
    assert dates["a"] == pytest.approx([59000.5, 59000.0], abs=1e-4)
    assert dates["c"] == pytest.approx([57936], abs=2)  # July 2017, as ZTF saw another in 2021
    assert dates["d"] == pytest.approx([60858], abs=2)
    assert "b" not in dates


def test_lists_that_are_not_there_take_no_part(tmp_path: Path) -> None:
    assert event_dates(tmp_path) == {}
