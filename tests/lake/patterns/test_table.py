"""The table of patterns grows by night to what one look at the whole lake gives."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import gueststar
from benchmarks.swings import seen, walked
from filters.handmade import Epoch, handmade
from gueststar.command import app
from lake.patterns.gathering import Object
from lake.patterns.periods import PeriodLimits, period_of
from lake.patterns.table import FACTS, read_variability, row_of, update
from lake.patterns.wandering import Swing
from lake.reading import Lake
from lake.sql import ask
from schemas.batch import AlertBatch
from schemas.errors import ArchiveError
from sky.crossmatch import open_crossmatch
from tests.lake.held import written
from tests.lake.patterns.test_wandering import times

PERIOD_DAYS = 0.57
FIRST = 60_000

pytest.importorskip("nifty_ls")


def night(number: int, objects: int = 4) -> AlertBatch:
    """Alerts of a night with the points of 30 days: of one star that pulsates, and of noise."""
    curves = [_history(one, number) for one in range(objects)]
    return handmade(
        alert_id=[1_000 * number + one for one in range(objects)],
        object_id=[f"object{one}" for one in range(objects)],
        mjd=[curve[-1].mjd for curve in curves],
        ra_deg=[10.0 * one for one in range(objects)],
        dec_deg=[-5.0] * objects,
        light_curve=curves,
    )


def _history(one: int, night: int) -> list[Epoch]:
    found = []
    for day in range(max(0, night - 29), night + 1):
        random = np.random.default_rng(1_000 * one + day)
        mjd = FIRST + day + random.uniform(0.1, 0.4)
        shape = 500 * np.sin(2 * np.pi * mjd / PERIOD_DAYS) if one == 0 else 0.0
        found.append(Epoch(mjd, "gr"[day % 2], shape + random.normal(0, 50), 50.0))
    return found


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    written(tmp_path / "lake", night(29), with_packets=False)
    return tmp_path / "lake"


def test_a_table_made_by_night_is_that_of_the_whole_lake(lake: Path, tmp_path: Path) -> None:
    assert update(lake) == (1, 4, 4)
    for number in (59, 89):
        written(lake, night(number), with_packets=False)
        assert update(lake) == (1, 4, 4)
    whole = written(tmp_path / "whole", *map(night, (29, 59, 89)), with_packets=False)
    update(tmp_path / "whole")
    assert len(whole.written) == 3
    both = [read_variability(each).to_pylist() for each in (lake, tmp_path / "whole")]
    assert str(both[0]) == str(both[1])  # by their text, as NaN is no NaN's equal
    (star,) = read_variability(lake, "object0").to_pylist()
    assert star["points"] == 90
    assert star["period_days"] == pytest.approx(PERIOD_DAYS, rel=0.01)


def test_only_objects_that_came_again_are_looked_at(lake: Path) -> None:
    update(lake)
    before = read_variability(lake).to_pylist()
    written(lake, night(40, objects=1), with_packets=False)
    assert update(lake) == (1, 1, 4)
    assert update(lake) == (0, 0, 4)
    after = read_variability(lake).to_pylist()
    assert str(after[1:]) == str(before[1:])
    assert after[0]["points"] > before[0]["points"]


def test_other_limits_have_all_objects_looked_at_again(lake: Path) -> None:
    update(lake)
    assert update(lake, PeriodLimits(period_min_days=1.0)) == (1, 4, 4)


def test_a_table_of_before_swings_were_sought_is_read_and_made_anew(lake: Path) -> None:
    update(lake)
    whole = str(read_variability(lake).to_pylist())
    file = lake / "variability/objects.parquet"
    table = pq.read_table(file)
    facts = json.loads(table.schema.metadata[FACTS])
    del facts["limits"]["swings"]
    old = table.drop_columns([*Swing._fields]).replace_schema_metadata({FACTS: json.dumps(facts)})
    pq.write_table(old, file)
    assert read_variability(lake).column("quasi_score").null_count == 4
    assert ask(Lake(lake), "SELECT quasi_score FROM variability").table.num_rows == 4
    assert update(lake) == (1, 4, 4)
    assert str(read_variability(lake).to_pylist()) == whole


def test_what_wanders_has_no_period(lake: Path) -> None:
    random = np.random.default_rng(3)
    at = times(random, 400)
    points = seen(at, walked(at.mjd, 10.0, 0, random), 4.0, random)
    assert not np.isnan(period_of(points).period_days)
    row = row_of(Object("ztf", "one", 10.0, 0.0, points))
    assert row and np.isnan(row["period_days"]) and row["wander_score"] > 0


def test_it_is_a_view_of_sql_with_what_its_columns_mean(lake: Path) -> None:
    assert ask(Lake(lake), "SELECT * FROM variability").table.num_rows == 0
    update(lake)
    found = ask(Lake(lake), "SELECT object_id, period_days FROM variability ORDER BY 1").table
    assert found.column("object_id").to_pylist() == [f"object{one}" for one in range(4)]
    assert found.column("period_days").null_count == 3
    about = "SELECT comment FROM duckdb_columns() WHERE column_name = 'period_days'"
    assert "NULL" in ask(Lake(lake), about).table.column(0).to_pylist()[0]


def test_a_worker_matches_it_by_place_and_filters_ask_it_by_name(lake: Path) -> None:
    update(lake)
    asked = ["period_days", "quasi_period_days"]
    stage = open_crossmatch("variability", lake / "variability", 1.5, asked)
    assert {*asked} <= {*stage.gives[0].columns}
    (values,) = stage.run(night(30))
    period = values[:, stage.gives[0].columns.index("period_days")]
    assert period[0] == pytest.approx(PERIOD_DAYS, rel=0.02)
    assert np.isnan(period[1:]).all()


def test_the_command_says_what_it_did_and_python_reads_it(lake: Path) -> None:
    said = CliRunner().invoke(app, ["lake", "patterns", str(lake)])
    assert said.output == "1 new parts, 4 objects looked at; 4 have a row\n"
    assert len(gueststar.lake(lake).variability("object0")) == 1


def test_a_file_that_is_no_table_of_patterns_is_named(lake: Path) -> None:
    update(lake)
    file = lake / "variability/objects.parquet"
    gueststar.lake(lake).nights().save(file)
    with pytest.raises(ArchiveError, match="no table of patterns"):
        update(lake)
