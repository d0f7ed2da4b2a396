"""What a lake looks like to those who did not write it: other tools, and lakes of other times."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from filters.handmade import handmade
from lake.layout import alert_files
from lake.reading import Lake
from lake.writing import LakeWriter
from schemas.batch import AlertBatch
from schemas.errors import ArchiveError
from tests.lake.held import assert_same, nights, only, with_scores, written


def first_layout(lake: Path, batch: AlertBatch) -> None:
    """A lake as version 1 had it: no table's folder, and nothing said of a packet's file."""
    import pyarrow.parquet as pq

    written(lake, batch)
    (alerts,) = alert_files(lake)
    (part,) = Lake(lake).parts
    night = lake / f"night={part.night}"
    night.mkdir()
    for table, ending in (("light_curves", "parquet"), ("_packets", "bin")):
        (file,) = lake.glob(f"{table}/*/*.{ending}")
        file.rename(night / f"{table.strip('_')}-{part.standing.mark}.{ending}")
    facts = {"lake": "1", "mark": part.standing.mark, "sha256": 64 * "a"}
    table = pq.read_table(alerts).drop_columns(["packet_file"])
    named = {f"gueststar.{name}": value for name, value in facts.items()}
    pq.write_table(table.replace_schema_metadata(named), night / "alerts.parquet")
    for name in ("alerts", "light_curves", "_packets"):
        shutil.rmtree(lake / name)


def test_a_lake_of_the_first_layout_is_read_and_no_longer_written(
    tmp_path: Path, batch: AlertBatch
) -> None:
    first_layout(tmp_path, batch)
    assert Lake(tmp_path).has_packets
    assert_same(only(tmp_path), batch)
    rows = np.array([3, 30])
    assert_same(only(tmp_path).take(rows).batch(), batch.take(rows))
    with pytest.raises(ArchiveError, match="archive into another folder"):
        LakeWriter(tmp_path, version="test")


def test_pandas_opens_each_table_and_joins_them_by_key(lake: Path, batch: AlertBatch) -> None:
    import pandas as pd

    alerts, curves = (pd.read_parquet(lake / name) for name in ("alerts", "light_curves"))
    assert len(alerts) == len(curves) == len(batch)
    joined = alerts.merge(curves, on=["survey", "alert_id"], validate="one_to_one")
    points = joined.set_index("alert_id")["light_curve.mjd"].map(len)
    assert points.loc[batch.alert_id].tolist() == np.diff(batch.light_curve.offsets).tolist()
    assert {int(each) for each in alerts["night"]} == {*batch.night.tolist()}


def test_columns_that_an_older_part_lacks_are_not_measured_there(tmp_path: Path) -> None:
    written(tmp_path, nights(0, 0), with_packets=False)
    written(tmp_path, with_scores(nights(0, 0, first=1)), with_packets=False)
    rows = only(tmp_path)
    assert rows.column("alert_id").tolist() == [0, 1, 2]
    assert np.isnan(rows.learned_column("realbogus", "bad.pixel")).tolist() == [True, True, False]


def test_alerts_whose_time_is_none_are_left_out_and_counted(tmp_path: Path) -> None:
    batch = handmade(mjd=[60_000.0, 1e20, np.nan, -np.inf], alert_id=[1, 2, 3, 4])
    writer = written(tmp_path, batch, with_packets=False)
    assert (writer.nightless, writer.nightless_ids) == (3, [2, 3, 4])
    assert only(tmp_path).column("alert_id").tolist() == [1]
