"""Replay, demo, notebooks and dry runs can be pointed at the same things and read the same."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pyarrow as pa
import pytest
from pyarrow import parquet

import gueststar
from gueststar.demo.night import ArchivedNight
from gueststar.filtering.sources import opened
from lake.archives import Archive
from lake.writing import LakeWriter
from schemas.decode import Decoder
from schemas.enriched_reading import read_enriched
from schemas.errors import ArchiveError


def folder(path: Path, packets: list[bytes]) -> Path:
    path.mkdir()
    for number, packet in enumerate(packets):
        (path / f"{number}.avro").write_bytes(packet)
    return path


def tar(path: Path, packets: list[bytes]) -> Path:
    with tarfile.open(path := path.with_suffix(".tar.gz"), "w:gz") as archive:
        for number, packet in enumerate(packets):
            member = tarfile.TarInfo(f"{number}.avro")
            member.size = len(packet)
            archive.addfile(member, io.BytesIO(packet))
    return path


def zipped(path: Path, packets: list[bytes]) -> Path:
    with ZipFile(path := path.with_suffix(".zip"), "w") as archive:
        archive.mkdir("night")
        for number, packet in enumerate(packets):
            archive.writestr(f"night/{number}.avro", packet)
    return path


def table(path: Path, packets: list[bytes]) -> Path:
    rows = [read_enriched(packet) for packet in packets]
    parquet.write_table(pa.Table.from_pylist(rows), path := path.with_suffix(".parquet"))
    return path


def lake(path: Path, packets: list[bytes], *, with_packets: bool = True) -> Path:
    with LakeWriter(path, version="test", with_packets=with_packets) as writer:
        writer.add(Decoder().decode(packets))
    return path


KINDS: tuple[Callable[[Path, list[bytes]], Path], ...] = (folder, tar, zipped, table, lake)


@pytest.mark.parametrize("kind", KINDS)
def test_each_reads_the_same_alerts(
    kind: Callable[[Path, list[bytes]], Path], packets: list[bytes], tmp_path: Path
) -> None:
    path = kind(tmp_path / "night", packets)
    expected = sorted(Decoder().decode(packets).alert_id.tolist())
    archive = Archive(path)
    replayed = Decoder().decode([one.data for one in archive])
    assert archive.bytes_read == archive.bytes_total
    played = Decoder().decode(list(ArchivedNight(path, 100)))
    (read,) = gueststar.read(path)
    for batch in (replayed, played, read):
        assert sorted(batch.alert_id.tolist()) == expected
        assert batch.rejected == ()
    tried = [one for rows in opened(path).tables() for one in rows.column("alert_id").tolist()]
    assert sorted(tried) == expected


def test_a_lakes_packets_come_as_they_were_sent(packets: list[bytes], tmp_path: Path) -> None:
    assert sorted(one.data for one in Archive(lake(tmp_path / "lake", packets))) == sorted(packets)


def test_a_lake_within_a_folder_is_read_as_one(packets: list[bytes], tmp_path: Path) -> None:
    lake(tmp_path / "lake", packets)
    (tmp_path / "more.avro").write_bytes(packets[0])
    archive = Archive(tmp_path)
    assert sorted(one.data for one in archive) == sorted([packets[0], *packets])
    assert archive.unreadable == []
    assert archive.bytes_read == archive.bytes_total


def test_a_lake_without_packets_says_how_to_keep_them(packets: list[bytes], tmp_path: Path) -> None:
    path = lake(tmp_path / "lake", packets, with_packets=False)
    with pytest.raises(ArchiveError, match="archive them again with --with-packets"):
        list(Archive(path))
    (tmp_path / "more.avro").write_bytes(packets[0])
    archive = Archive(tmp_path)
    assert [one.data for one in archive] == [packets[0]]
    assert "did not keep all packets" in archive.unreadable[0].reason


def test_a_file_of_a_lake_says_to_name_the_lake(packets: list[bytes], tmp_path: Path) -> None:
    for file in lake(tmp_path / "lake", packets).glob("alerts/*/*"):
        with pytest.raises(ArchiveError, match="name the lake's own folder"):
            list(Archive(file))


def test_a_zip_archive_that_is_cut_is_refused_by_name(packets: list[bytes], tmp_path: Path) -> None:
    path = zipped(tmp_path / "night", packets)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ArchiveError, match=r"night\.zip is broken"):
        list(Archive(path))


def test_a_zip_archives_member_that_is_broken_is_noted(
    packets: list[bytes], tmp_path: Path
) -> None:
    path = zipped(tmp_path / "night", packets)
    path.write_bytes(path.read_bytes().replace(packets[0][-1000:-900], bytes(100)))
    archive = Archive(path)
    assert [one.data for one in archive] == packets[1:]
    (note,) = archive.unreadable
    assert note.name == f"{path}!night/0.avro" and "taken out" in note.reason
