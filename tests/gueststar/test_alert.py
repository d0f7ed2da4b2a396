"""One alert out of a batch: every column, in the batch's names, and its own history."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from filters.handmade import Epoch, handmade
from gueststar.alert import Alert, rows
from schemas.batch import AlertBatch
from schemas.columns import CODES, COLUMNS


def two() -> AlertBatch:
    """Two alerts, one with a history and one of an unknown band."""
    curves = [[Epoch(59998.0, "g", 10.0, 1.0), Epoch(60000.0, "r", 20.0, 2.0)], []]
    return handmade(
        object_id=["first", "second"],
        magnitude=[18.5, math.nan],
        band=[1, -1],
        photometric_system=[0, -1],
        light_curve=curves,
    )


def alerts_of(batch: AlertBatch) -> list[Alert]:
    """A batch's alerts, the first of them scored and selected."""
    scores = [{"realbogus": {"bogus": 0.25, "real": 0.75}}, {}]
    return list(rows(batch, scores, [("young",), ()]))


def test_an_alert_has_the_values_of_its_row() -> None:
    first, second = alerts_of(two())
    assert (first.object_id, first.magnitude, first.band) == ("first", 18.5, "g")
    assert first.photometric_system == "ztf"
    assert (second.object_id, second.band, second.photometric_system) == ("second", "", "")
    assert math.isnan(second.magnitude)


@pytest.mark.parametrize("name", sorted(COLUMNS.keys() - CODES.keys()))
def test_a_value_is_a_plain_one_and_equals_the_columns(name: str) -> None:
    batch = two()
    for row, alert in enumerate(alerts_of(batch)):
        value = getattr(alert, name)
        assert not isinstance(value, np.generic)
        np.testing.assert_equal(value, getattr(batch, name)[row])


def test_an_alert_has_its_scores_and_the_filters_that_selected_it() -> None:
    first, second = alerts_of(two())
    assert first.scores["realbogus"]["real"] == 0.75
    assert first.filters == ("young",)
    assert (dict(second.scores), second.filters) == ({}, ())


def test_an_alerts_light_curve_is_its_own() -> None:
    first, second = alerts_of(two())
    assert first.light_curve.mjd.tolist() == [59998.0, 60000.0]
    assert len(second.light_curve.mjd) == len(second.forced_photometry.mjd) == 0


def test_an_alert_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        alerts_of(two())[0].magnitude = 1.0  # type: ignore[misc]
