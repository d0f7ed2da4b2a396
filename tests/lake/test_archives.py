"""Archives: files, folders and tar archives as packets, and what is said of broken ones."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Thread
from zipfile import ZipFile

import fastavro
import numpy as np
import pytest

from lake.archives import Archive, ArchiveLimits, read
from replay.invention import invent
from replay.ztf_schema import ZTF_SCHEMA
from schemas.batch import AlertBatch
from schemas.errors import ArchiveError
from schemas.writing import container
from tests.lake.held import written
from tests.schemas.wrapping import WRAPPERS


@cache
def packets() -> tuple[bytes, ...]:
    """A few invented packets."""
    return tuple(one.packet for one in invent(7, seed=8))


def many_records() -> bytes:
    """All of them in one container."""
    records = [next(fastavro.reader(io.BytesIO(packet))) for packet in packets()]
    return container(ZTF_SCHEMA, *records)


def tar_of(members: Sequence[tuple[str, bytes]]) -> bytes:
    """A tar archive of such files."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, data in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return stream.getvalue()


def night() -> bytes:
    """The packets as a tar archive."""
    return tar_of([(f"night/{i}.avro", packet) for i, packet in enumerate(packets())])


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "night.tar": bytes,
    "night.tar.gz": gzip.compress,
    "night.tgz": gzip.compress,
    "night.tar.xz": lzma.compress,
    "night.tar.bz2": bz2.compress,
    "night.tar.zst": WRAPPERS["zstandard"],
    "night.tar.lz4": WRAPPERS["lz4"],
    "night_without_an_ending": gzip.compress,
    "night.tar.gz.gz": lambda data: gzip.compress(gzip.compress(data)),
}


@pytest.mark.parametrize("name", PACKERS)
def test_a_tar_archive_gives_its_packets_in_its_order(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(PACKERS[name](night()))
    archive = Archive(path)
    found = list(archive)
    assert [packet.data for packet in found] == list(packets())
    assert found[3].name == f"{path}!night/3.avro"
    assert archive.unreadable == []
    assert archive.bytes_read == archive.bytes_total == path.stat().st_size


@contextmanager
def piped(path: Path, content: bytes) -> Iterator[None]:
    """Somebody writes this to a pipe at that path."""
    os.mkfifo(path)

    def write() -> None:
        with suppress(BrokenPipeError):
            path.write_bytes(content)

    writer = Thread(target=write)
    writer.start()
    yield
    writer.join()


@pytest.mark.parametrize("name", [*PACKERS, "one.avro", "one.avro.gz", "night.zip"])
def test_a_pipe_gives_the_packets_of_the_file_that_is_written_to_it(
    tmp_path: Path, name: str
) -> None:
    zipped = io.BytesIO()
    with ZipFile(zipped, "w") as archive:
        for number, packet in enumerate(packets()):
            archive.writestr(f"{number}.avro", packet)
    content = {
        "one.avro": packets()[0],
        "one.avro.gz": gzip.compress(packets()[0]),
        "night.zip": zipped.getvalue(),
    }
    with piped(tmp_path / name, content.get(name) or PACKERS[name](night())):
        found = [packet.data for packet in Archive(tmp_path / name)]
    assert found == list(packets()[:1] if name.startswith("one") else packets())


@pytest.mark.parametrize("name", PACKERS)
def test_a_pipe_that_breaks_off_is_named_after_its_good_prefix(tmp_path: Path, name: str) -> None:
    found: list[bytes] = []
    cut = PACKERS[name](night().rstrip(b"\0"))[:-700]
    with piped(tmp_path / name, cut), pytest.raises(ArchiveError, match=name):
        found.extend(packet.data for packet in Archive(tmp_path / name))
    assert found == list(packets()[: len(found)])


def test_how_far_we_are_is_known_in_bytes_on_the_way(tmp_path: Path) -> None:
    path = tmp_path / "night.tar"
    path.write_bytes(night())
    archive = Archive(path)
    seen = [archive.bytes_read for _ in archive]
    assert seen == sorted(seen)
    assert 0 < seen[0] < seen[-1] <= archive.bytes_total


def test_a_folder_is_read_with_all_below_it_sorted_by_name(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a.avro").write_bytes(packets()[0])
    (tmp_path / "b" / "1.avro").write_bytes(packets()[1])
    (tmp_path / "c.tar.gz").write_bytes(gzip.compress(night()))
    (tmp_path / ".hidden").write_bytes(b"not ours")
    archive = Archive(tmp_path)
    assert [p.data for p in archive] == [packets()[0], packets()[1], *packets()]
    assert archive.bytes_read == archive.bytes_total
    assert archive.unreadable == []


@pytest.mark.parametrize("outer", WRAPPERS)
def test_compressed_packets_are_read_alone_in_folders_and_in_tar_archives(
    tmp_path: Path, outer: str
) -> None:
    pack = WRAPPERS[outer]
    alone = tmp_path / "a.avro.gz"
    alone.write_bytes(pack(packets()[0]))
    assert [packet.data for packet in Archive(alone)] == [packets()[0]]
    (tmp_path / "b").write_bytes(pack(many_records()))
    packed = [(f"{i}.avro.gz", pack(packet)) for i, packet in enumerate(packets())]
    (tmp_path / "c.tar").write_bytes(tar_of(packed))
    archive = Archive(tmp_path)
    assert [packet.data for packet in archive] == [packets()[0], *packets(), *packets()]
    assert archive.unreadable == []


def test_a_compressed_member_that_is_broken_is_noted_and_the_others_go_on(tmp_path: Path) -> None:
    path = tmp_path / "night.tar"
    members = [
        ("cut.avro.gz", gzip.compress(packets()[0])[:-4000]),
        ("README.gz", gzip.compress(b"hello")),
        ("1.avro", packets()[1]),
    ]
    path.write_bytes(tar_of(members))
    archive = Archive(path)
    assert [packet.data for packet in archive] == [packets()[1]]
    assert [note.name for note in archive.unreadable] == [
        f"{path}!cut.avro.gz",
        f"{path}!README.gz",
    ]


def test_a_compressed_file_over_the_bound_is_refused_by_name(tmp_path: Path) -> None:
    for outer, pack in WRAPPERS.items():
        path = tmp_path / f"bomb.{outer}"
        path.write_bytes(pack(bytes(10_000_000)))
        with pytest.raises(ArchiveError, match="bomb"):
            list(Archive(path, limits=ArchiveLimits(member_bytes_max=1_000_000)))


def test_a_file_of_many_records_is_split_into_messages_of_one(tmp_path: Path) -> None:
    path = tmp_path / "many.avro"
    path.write_bytes(many_records())
    found = list(Archive(path))
    assert [packet.name for packet in found] == [f"{path}#{i}" for i in range(len(packets()))]
    assert [packet.data for packet in found] == list(packets())


def test_a_confluent_payload_goes_through_as_it_is(tmp_path: Path) -> None:
    payload = b"\0" + (902).to_bytes(4, "big") + b"a datum"
    path = tmp_path / "payload"
    path.write_bytes(payload)
    assert [packet.data for packet in Archive(path)] == [payload]


def test_a_member_that_is_no_packet_is_noted_and_the_others_go_on(tmp_path: Path) -> None:
    path = tmp_path / "night.tar"
    path.write_bytes(tar_of([("README", b"hello"), ("1.avro", packets()[1])]))
    archive = Archive(path)
    assert [packet.data for packet in archive] == [packets()[1]]
    (note,) = archive.unreadable
    assert note.name == f"{path}!README"


def test_a_member_over_the_bound_is_noted_and_the_others_go_on(tmp_path: Path) -> None:
    path = tmp_path / "night.tar"
    path.write_bytes(tar_of([("big.avro", packets()[0] * 3), ("1.avro", packets()[1])]))
    archive = Archive(path, limits=ArchiveLimits(member_bytes_max=2 * len(packets()[0])))
    assert [packet.data for packet in archive] == [packets()[1]]
    assert "over" in archive.unreadable[0].reason


def test_a_broken_packet_comes_as_it_is_for_decoding_to_refuse(tmp_path: Path) -> None:
    path = tmp_path / "night.tar"
    path.write_bytes(tar_of([("0.avro", packets()[0][:-100]), ("1.avro", packets()[1])]))
    (batch,) = read(path)
    assert len(batch) == 1
    assert [rejected.index for rejected in batch.rejected] == [0]


@pytest.mark.parametrize("cut", [300, 512 + 40_000, -700])
@pytest.mark.parametrize("name", PACKERS)
def test_an_archive_that_is_cut_off_is_named_with_the_last_whole_member(
    tmp_path: Path, name: str, cut: int
) -> None:
    path = tmp_path / name
    whole = PACKERS[name](night().rstrip(b"\0"))
    path.write_bytes(whole[:cut])
    with pytest.raises(ArchiveError, match=name):
        list(Archive(path))


def test_an_archive_cut_within_a_members_header_is_not_taken_for_whole(tmp_path: Path) -> None:
    path = tmp_path / "night.tar"
    second = night().index(b"night/1.avro")
    path.write_bytes(night()[: second + 100])
    with pytest.raises(ArchiveError, match=r"after night/0\.avro"):
        list(Archive(path))


def test_a_broken_archive_in_a_folder_is_noted_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(night())[:-4000])
    (tmp_path / "b.avro").write_bytes(packets()[0])
    archive = Archive(tmp_path)
    found = [packet.data for packet in archive]
    assert found[-1] == packets()[0]
    (note,) = archive.unreadable
    assert note.name.endswith("a.tar.gz")


@pytest.mark.parametrize("content", [b"", b"hello", json.dumps({}).encode()])
def test_a_file_that_is_no_packet_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "alert.json"
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"alert\.json"):
        list(Archive(path))


def test_a_path_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="nowhere"):
        Archive(tmp_path / "nowhere")


def test_a_folder_without_packets_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="holds no alert packet"):
        list(Archive(tmp_path))


def test_alerts_are_read_in_batches_within_both_bounds(tmp_path: Path) -> None:
    path = tmp_path / "many.avro"
    path.write_bytes(many_records())
    by_number = list(read(path, limits=ArchiveLimits(batch_alerts_max=3)))
    assert [len(batch) for batch in by_number] == [3, 3, 1]
    by_bytes = list(read(path, limits=ArchiveLimits(batch_bytes_max=1)))
    assert [len(batch) for batch in by_bytes] == [1] * len(packets())
    ids = np.concatenate([batch.alert_id for batch in by_number])
    assert ids.tolist() == [one.truth.alert_id for one in invent(7, seed=8)]


@pytest.mark.data
def test_the_real_files_of_many_records_are_read_whole(data_folder: Path) -> None:
    folder = data_folder / "ztf" / "astrolabsoftware+fink-client" / "avro"
    alerts = sum(len(batch) for batch in read(folder))
    expected = sum(
        sum(1 for _ in fastavro.reader(io.BytesIO(path.read_bytes()))) for path in folder.iterdir()
    )
    assert alerts == expected > len(list(folder.iterdir()))


def test_a_file_that_may_not_be_read_is_noted_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "a.avro").symlink_to(tmp_path / "gone.avro")
    (tmp_path / "b.avro").write_bytes(packets()[0])
    archive = Archive(tmp_path)
    assert [packet.data for packet in archive] == [packets()[0]]
    assert archive.bytes_read == archive.bytes_total
    assert "a.avro cannot be read" in archive.unreadable[0].reason


def test_a_lake_gives_its_packets_in_the_order_in_which_they_were_exposed(
    tmp_path: Path, batch: AlertBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lake.merge.ALERTS_PER_GROUP", 9)
    written(tmp_path, batch)
    monkeypatch.setattr("lake.archives.TOGETHER", 7)
    monkeypatch.setattr("lake.part.ROWS_PER_GROUP", 1)  # as many groups as the file has
    order = np.argsort(batch.exposed_unix_s, kind="stable")
    assert [each.data for each in Archive(tmp_path)] == [batch.packets[row] for row in order]
