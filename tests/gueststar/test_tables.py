"""Tables of alerts: every column, its unit where it has one, and every score."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from astropy import units
from astropy.table import Table

import gueststar
from filters.handmade import Epoch, handmade
from gueststar.alert import rows
from gueststar.tables import astropy_table, pandas_frame
from gueststar.testing import variable_star
from schemas.batch import AlertBatch
from schemas.columns import COLUMNS, unit_of
from schemas.decode import Decoder
from schemas.errors import GueststarError

UNITLESS = {
    "survey",
    "alert_id",
    "object_id",
    "band",
    "photometric_system",
    "night",
    "programid",
    "programid_max",
    "detections",
    "star_galaxy_score",
    "survey_real_score",
    "survey_real_version",
    "signal_to_noise",
    "elongation",
    "host_photoz",
    "host_photoz_err",
    "seen_before",
    "visit",
}


@pytest.fixture
def batch() -> AlertBatch:
    """Two scored alerts, one of an unknown band."""
    return handmade(
        object_id=["first", "second"],
        band=["g", -1],
        magnitude=[18.5, math.nan],
        star_distance_arcsec=[math.inf, 1.0],
        scores={"realbogus": {"real": [0.75, math.nan], "bogus": [0.25, math.nan]}},
    )


def test_a_table_has_every_column_and_every_score(batch: AlertBatch) -> None:
    table = astropy_table(batch)
    assert table.colnames == [*COLUMNS, "realbogus_real", "realbogus_bogus"]
    assert table["band"].tolist() == ["g", ""]
    np.testing.assert_array_equal(table["magnitude"], batch.magnitude)
    np.testing.assert_array_equal(table["realbogus_real"], batch.score("realbogus", "real"))


def test_values_come_with_units_that_astropy_converts(batch: AlertBatch) -> None:
    table = astropy_table(batch)
    assert table["star_distance_arcsec"].quantity[1].to(units.deg).value == pytest.approx(1 / 3600)
    assert str(table["flux_njy"].unit) == "nJy"


def test_only_columns_without_a_dimension_have_no_unit() -> None:
    assert {name for name in COLUMNS if unit_of(name) is None} == UNITLESS


def test_what_a_variable_star_is_stands_beside_what_changed_of_it() -> None:
    table = astropy_table(variable_star())
    assert table["magnitude"].tolist() == pytest.approx([17.3])
    assert table["apparent_magnitude"].tolist() == pytest.approx([16.361], abs=0.001)
    assert str(table["apparent_magnitude"].unit) == "mag"


def test_a_frame_has_the_same_columns(batch: AlertBatch) -> None:
    frame, table = pandas_frame(batch), astropy_table(batch)
    assert list(frame.columns) == table.colnames
    for name in table.colnames:
        np.testing.assert_array_equal(frame[name].to_numpy(), np.asarray(table[name]))


def test_without_pandas_one_line_says_so(
    batch: AlertBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(GueststarError, match="pip install pandas"):
        gueststar.pandas_frame(batch)


def test_a_light_curve_is_a_table_of_history_and_forced_photometry() -> None:
    curve = [Epoch(59990.0, "g", limit_mag=20.5), Epoch(60000.0, "r", -3631.0, 36.31)]
    batch = handmade(rows=1, light_curve=[curve])
    forced = handmade(rows=1, light_curve=[[Epoch(59995.0, "r", 100.0, 10.0)]]).light_curve
    object.__setattr__(batch, "forced_photometry", forced)
    table = next(rows(batch, [{}], [()])).light_curve_table()
    assert isinstance(table, Table)
    assert table["mjd"].tolist() == [59990.0, 59995.0, 60000.0]
    assert table["forced"].tolist() == [False, True, False]
    assert table["band"].tolist() == ["g", "r", "r"]
    assert math.isnan(table["magnitude"][0])
    assert table["magnitude"][2] == pytest.approx(31.4 - 2.5 * math.log10(3631.0))
    assert (str(table["mjd"].unit), str(table["flux_njy"].unit)) == ("d", "nJy")


def test_a_batch_without_alerts_is_a_table_without_rows(packets: list[bytes]) -> None:
    nothing = Decoder().decode(packets).take(np.arange(0))
    assert (len(astropy_table(nothing)), len(pandas_frame(nothing))) == (0, 0)
