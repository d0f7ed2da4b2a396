"""Parquet tables of alerts give the alerts that the packets gave which they were made of."""

from __future__ import annotations

import gzip
import tarfile
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from lake.archives import Archive, read
from replay.invention import invent
from schemas.batch import AlertBatch, LightCurves
from schemas.columns import COLUMNS
from schemas.decode import Decoder
from schemas.enriched_reading import read_enriched
from schemas.errors import ArchiveError
from tests.schemas import golden, golden_winter

SURVEYS = {
    "ztf, invented": [one.packet for one in invent(70, seed=9)],
    "ztf": [golden.ztf_packet(seed) for seed in range(5)],
    "lsst": [golden.container([golden.rubin_record(1)], golden.rubin_schema())],
    "winter": [golden_winter.packet(seed) for seed in range(5)],
}
PACKETS = SURVEYS["winter"]


def rows(packets: list[bytes]) -> list[dict[str, Any]]:
    """As the Fink broker keeps them."""
    return [read_enriched(packet) for packet in packets]


def assert_same(found: AlertBatch, sent: AlertBatch) -> None:
    """In every column, light curve and stamp, to the last bit."""
    assert (found.rejected, found.unread) == (sent.rejected, sent.unread)
    for name in sorted(COLUMNS):
        np.testing.assert_array_equal(getattr(found, name), getattr(sent, name), err_msg=name)
    for curve in ("light_curve", "forced_photometry"):
        for column in fields(LightCurves):
            pair = [getattr(getattr(batch, curve), column.name) for batch in (found, sent)]
            np.testing.assert_array_equal(pair[0], pair[1], err_msg=f"{curve}.{column.name}")
    for one, other in zip(found.stamps, sent.stamps, strict=True):
        for plane, expected in zip(one, other, strict=True):
            np.testing.assert_array_equal(plane, expected)


def write(path: Path, columns: list[dict[str, Any]], **options: Any) -> Path:  # noqa: ANN401
    """A table of these rows."""
    parquet.write_table(pa.Table.from_pylist(columns), path, **options)
    return path


def ids(path: Path) -> list[int]:
    """Of all alerts at a path."""
    return [one for batch in read(path) for one in batch.alert_id.tolist()]


@pytest.mark.parametrize("survey", SURVEYS)
def test_rows_that_are_records_give_what_the_packets_give(tmp_path: Path, survey: str) -> None:
    sent = SURVEYS[survey]
    path = write(tmp_path / "night.parquet", rows(sent), row_group_size=3)
    found = list(Archive(path))
    assert [one.name for one in found] == [f"{path}#{row}" for row in range(len(sent))]
    assert_same(Decoder().decode([one.data for one in found]), Decoder().decode(sent))


def test_columns_of_no_type_of_avro_are_left_out_and_those_without_a_value_stay(
    tmp_path: Path,
) -> None:
    more = {"Obj. Type": "SN", "when": datetime(2024, 1, 1, tzinfo=UTC), "tns": None}
    path = write(tmp_path / "night.parquet", [one | more for one in rows(PACKETS)])
    (packet, *_) = Archive(path)
    assert {*more} & {*read_enriched(packet.data)} == {"tns"}
    assert ids(path) == Decoder().decode(PACKETS).alert_id.tolist()


def test_packets_kept_in_a_column_come_as_they_are(tmp_path: Path) -> None:
    columns = [{"id": number, "alert": one} for number, one in enumerate(PACKETS)]
    path = write(tmp_path / "kept.parquet", [{"id": -1, "alert": None}, *columns])
    assert [one.data for one in Archive(path)] == PACKETS


@pytest.mark.parametrize("way", ["table.parquet.gz", "tables.tar", "tables.zip", "folder"])
def test_tables_are_read_wherever_they_stand(tmp_path: Path, way: str) -> None:
    table = write(tmp_path / "a.parquet", rows(PACKETS))
    path = tmp_path / way
    if way == "table.parquet.gz":
        path.write_bytes(gzip.compress(table.read_bytes()))
    elif way == "tables.tar":
        with tarfile.open(path, "w") as tar:
            tar.add(table)
    elif way == "tables.zip":
        with ZipFile(path, "w") as archive:
            archive.write(table)
    else:
        path.mkdir()
        table.rename(path / table.name)
    assert ids(path) == Decoder().decode(PACKETS).alert_id.tolist()


def test_a_table_of_no_alerts_is_refused_by_name_and_says_why(tmp_path: Path) -> None:
    path = write(tmp_path / "galaxies.parquet", [{"ra": 1.0, "dec": 2.0}])
    refused = r"galaxies\.parquet is a table of no alerts: .* no candidate or diaSource"
    with pytest.raises(ArchiveError, match=refused):
        list(Archive(path))
    with pytest.raises(ArchiveError, match=rf"holds no alert packet: .*{refused}"):
        list(Archive(tmp_path))
    write(tmp_path / "night.parquet", rows(PACKETS))
    archive = Archive(tmp_path)
    assert len(list(archive)) == len(PACKETS)
    assert archive.bytes_read == archive.bytes_total
    (note,) = archive.unreadable
    assert note.name == str(path)


def test_a_table_that_looks_like_a_survey_says_what_it_lacks(tmp_path: Path) -> None:
    path = write(tmp_path / "part.parquet", [{"candidate": {"jd": 2.0, "fid": 1}}])
    with pytest.raises(
        ArchiveError, match=r"of ztf's fields it has candidate.fid.* but no candidate.pid"
    ):
        list(Archive(path))


@pytest.mark.parametrize("cut", [4, 300, -3])
def test_a_table_that_is_cut_is_refused_by_name(tmp_path: Path, cut: int) -> None:
    path = write(tmp_path / "night.parquet", rows(PACKETS))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ArchiveError, match=r"night\.parquet cannot be read as Parquet"):
        list(Archive(path))


@pytest.mark.data
def test_the_fink_brokers_tables_are_read_whole(data_folder: Path) -> None:
    tables = sorted((data_folder / "ztf").glob("*/parquet/*.parquet"))
    for path in tables:
        (batch,) = read(path)
        assert (len(batch), len(batch.rejected)) == (parquet.read_metadata(path).num_rows, 0)
        assert (batch.stamps.shapes > 0).all()
        assert len(batch.light_curve.mjd) > len(batch)
    assert len(tables) > 10
