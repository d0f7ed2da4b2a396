"""A HATS catalogue holds each alert of the lake once, in the cell where it is in the sky.

LSDB 0.11.1 and hats 0.11.1 opened such catalogues when this was written, and `is_valid_catalog`
found them strictly valid; what they look at is looked at here, so that they need not be installed.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from filters.handmade import handmade
from gueststar.command import app
from lake.hats import ORDER_MAX, Cell, cells, write_hats
from lake.reading import Lake
from lake.writing import LakeWriter
from schemas.errors import ArchiveError
from sky.cells import cells_of

ROWS = 400


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """Two nights; half of the alerts in one small field, and one alert nowhere."""
    random = np.random.default_rng(1)
    field = np.arange(ROWS) % 2 == 0
    ra = np.where(field, random.uniform(150, 151, ROWS), random.uniform(0, 360, ROWS))
    dec = np.where(field, random.uniform(20, 21, ROWS), random.uniform(-90, 90, ROWS))
    for night in (20260301, 20260302):
        batch = handmade(
            alert_id=[*range(ROWS + 1)],
            night=[night] * (ROWS + 1),
            ra_deg=[*ra, np.nan],
            dec_deg=[*dec, np.nan],
            magnitude=[float(night)] * (ROWS + 1),
        )
        with LakeWriter(tmp_path / "lake", version="test", with_packets=False) as writer:
            writer.add(batch)
    return tmp_path / "lake"


def test_every_alert_is_in_its_cell_once_sorted_by_its_index(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lake.hats.ROWS_A_CELL_MAX", 50)
    written = write_hats(Lake(lake), tmp_path / "sky", version="test")
    assert (written.alerts, written.placeless) == (2 * ROWS, 2)
    dataset, rows, orders = tmp_path / "sky" / "dataset", set(), set()
    with (tmp_path / "sky" / "partition_info.csv").open() as file:
        listed = [Cell(int(one["Norder"]), int(one["Npix"])) for one in csv.DictReader(file)]
    assert len(listed) == written.cells == len([*dataset.rglob("*.parquet")])
    for cell in listed:
        table = pq.read_table(dataset / cell.name, partitioning=None).to_pandas()
        index = table["_healpix_29"].to_numpy()
        assert (np.diff(index) >= 0).all()
        assert (index >> (2 * (29 - cell.order)) == cell.number).all()
        assert (cells_of(table.ra_deg.to_numpy(), table.dec_deg.to_numpy()) == index).all()
        assert len(table) <= 50
        assert (table.night == table.magnitude).all()
        rows |= {*zip(table.night, table.alert_id, strict=True)}
        orders.add(cell.order)
    assert len(rows) == written.alerts
    assert len(orders) > 2


def test_what_readers_go_by_agrees_with_the_files(lake: Path, tmp_path: Path) -> None:
    written = write_hats(Lake(lake), tmp_path / "sky", version="test")
    dataset = tmp_path / "sky" / "dataset"
    facts = dict(
        line.split("=")
        for line in (tmp_path / "sky" / "hats.properties").read_text().splitlines()[1:]
    )
    assert facts["obs_collection"] == "sky"
    assert facts["dataproduct_type"] == "source"
    assert (facts["hats_col_ra"], facts["hats_col_dec"]) == ("ra_deg", "dec_deg")
    assert int(facts["hats_nrows"]) == written.alerts
    by_metadata = ds.parquet_dataset(dataset / "_metadata")
    assert by_metadata.count_rows() == written.alerts
    assert pq.read_schema(dataset / "_common_metadata").names == by_metadata.schema.names
    assert not {"packet_at", "packet_file"} & {*by_metadata.schema.names}


def test_a_cell_that_is_too_full_is_four_down_to_the_smallest() -> None:
    counts = np.zeros(12 * 4**ORDER_MAX, dtype=np.int64)
    counts[0] = 600_000  # of one smallest cell
    counts[4 ** (ORDER_MAX - 1)] = 300_000
    counts[2 * 4 ** (ORDER_MAX - 1)] = 1
    assert cells(counts) == [Cell(ORDER_MAX, 0), Cell(1, 1), Cell(1, 2)]
    assert cells(np.roll(counts, 4**ORDER_MAX * 5))[1:] == [Cell(1, 21), Cell(1, 22)]


def test_the_command_makes_a_catalogue_and_leaves_one_that_is_there(
    lake: Path, tmp_path: Path
) -> None:
    typed = ["lake", "hats", str(lake), "--to", str(tmp_path / "sky"), "--nights", "20260302"]
    result = CliRunner().invoke(app, typed)
    assert f"{ROWS} alerts in" in result.output
    assert "1 alerts without a position" in result.output
    assert isinstance(CliRunner().invoke(app, typed).exception, ArchiveError)


def test_a_catalogue_of_nothing_is_not_made(tmp_path: Path) -> None:
    with LakeWriter(tmp_path / "lake", version="test", with_packets=False) as writer:
        writer.add(handmade(rows=3))
    with pytest.raises(ArchiveError, match="has a position"):
        write_hats(Lake(tmp_path / "lake"), tmp_path / "sky", version="test")
    assert [one.name for one in tmp_path.iterdir()] == ["lake"]
