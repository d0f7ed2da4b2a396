"""A Delta log says the closed nights' files, whatever happens to the lake, and keeps them safe.

What `deltalake` reads of it is asked in test_foreign_readers.py, where that is there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from gueststar.command import app
from lake.delta import LOG, write_logs
from lake.layout import LIVE
from lake.reading import Lake
from schemas.errors import ArchiveError
from tests.lake.hats_skies import NIGHTS, write_night


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    for night in NIGHTS:
        write_night(tmp_path / "lake", night, rows=40)
    return tmp_path / "lake"


def actions(table: Path) -> list[Any]:
    found = sorted((table / LOG).glob("*.json"))
    assert [int(path.stem) for path in found] == [*range(len(found))]
    return [json.loads(line) for path in found for line in path.read_text().splitlines()]


def logged(table: Path) -> dict[str, Any]:
    """The files that the log says."""
    files = {}
    for action in actions(table):
        if "add" in action:
            files[action["add"]["path"]] = action["add"]
        if "remove" in action:
            del files[action["remove"]["path"]]
    return files


def test_the_log_says_every_file_of_the_lake_its_rows_and_its_night(lake: Path) -> None:
    write_logs(lake)
    for table in ("alerts", "light_curves"):
        files = logged(lake / table)
        assert {*files} == {
            str(one.relative_to(lake / table)) for one in (lake / table).rglob("*.parquet")
        }
        for name, added in files.items():
            rows = pq.read_metadata(lake / table / name).num_rows
            assert json.loads(added["stats"])["numRecords"] == rows
            assert name.startswith(f"night={added['partitionValues']['night']}/")
    ranges = json.loads(next(iter(logged(lake / "alerts").values()))["stats"])
    ids = pq.read_table(next((lake / "alerts").rglob("*.parquet")), columns=["alert_id"])
    assert ranges["minValues"]["alert_id"] <= ids.column(0)[0].as_py()
    assert "magnitude" not in ranges["minValues"]  # NaN is in no range


def test_readers_of_parquet_pass_over_the_log(lake: Path) -> None:
    write_logs(lake)
    assert len(pd.read_parquet(lake / "alerts")) == len(Lake(lake)) == 123


def test_a_night_that_is_archived_again_has_its_new_file_in_the_log(lake: Path) -> None:
    write_logs(lake)
    write_night(lake, NIGHTS[0], rows=50)
    assert [one.version for one in write_logs(lake)] == [1, 1]
    assert [one.changed for one in write_logs(lake)] == [False, False]
    standing = {str(part.path.relative_to(lake / "alerts")) for part in Lake(lake).parts}
    assert {*logged(lake / "alerts")} == standing


def test_nights_that_are_named_come_to_those_that_the_log_has(lake: Path) -> None:
    for night in NIGHTS[:2]:
        write_logs(lake, [str(night)])
    nights = {one["partitionValues"]["night"] for one in logged(lake / "alerts").values()}
    assert nights == {str(night) for night in NIGHTS[:2]}


def test_of_a_lake_that_is_written_live_no_night_is_logged_that_may_still_change(
    lake: Path,
) -> None:
    (lake / LIVE).touch()
    with pytest.raises(ArchiveError, match="lake freeze"):
        write_logs(lake)


def test_the_command_says_what_it_wrote(lake: Path) -> None:
    said = [CliRunner().invoke(app, ["lake", "delta", str(lake)]).output for _ in range(2)]
    assert "version 0, 123 rows in 3 files" in said[0]
    assert "still version 0" in said[1]
