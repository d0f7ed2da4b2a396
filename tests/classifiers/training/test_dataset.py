"""Alerts read from Avro files, archives and Parquet tables are the same alerts."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from classifiers.training.dataset import read_examples
from classifiers.training.examples import Examples, joined
from schemas.enriched_reading import read_enriched
from schemas.errors import ArchiveError
from tests.classifiers.stamped import invented_stamps, packet

COUNT = 4


def packets() -> list[bytes]:
    """Four alerts, the last without a template."""
    rows = [list(planes) for planes in invented_stamps(COUNT, seed=1)]
    whole = [packet(n, rows[n], field=400 + n, drb=n / 4, isdiffpos="f") for n in range(3)]
    return [*whole, packet(3, [rows[3][0], None, rows[3][2]])]


def write_files(folder: Path) -> None:
    for number, one in enumerate(packets()):
        (folder / f"{number}.avro").write_bytes(one)


def write_archive(folder: Path) -> None:
    with tarfile.open(folder / "alerts.tar.xz", "w:xz") as archive:
        for number, one in enumerate(packets()):
            member = tarfile.TarInfo(f"night/{number}.avro")
            member.size = len(one)
            archive.addfile(member, io.BytesIO(one))


def write_table(folder: Path) -> None:
    rows = [read_enriched(one) for one in packets()]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), folder / "alerts.parquet")


@pytest.mark.parametrize("write", [write_files, write_archive, write_table])
def test_every_kind_of_file_gives_the_same_examples(tmp_path: Path, write: object) -> None:
    assert callable(write)
    write(tmp_path)
    found = read_examples(tmp_path)
    np.testing.assert_array_equal(found.stamps, invented_stamps(COUNT, seed=1)[:3])
    assert found.teacher.tolist() == [0, 0.25, 0.5]
    assert found.field.tolist() == [400, 401, 402]
    assert found.night.tolist() == [60000] * 3
    assert found.low.tolist() == [True, True, False]
    assert found.negative.all()


def test_an_alert_found_twice_is_learnt_once(tmp_path: Path) -> None:
    write_files(tmp_path)
    once = read_examples(tmp_path)
    write_table(tmp_path)
    assert read_examples(tmp_path).sha256() == once.sha256()


def test_the_hash_tells_other_pixels_apart(tmp_path: Path) -> None:
    write_files(tmp_path)
    some = read_examples(tmp_path)
    other: Examples = joined([some])
    assert other.sha256() == some.sha256()
    other.stamps[0, 0, 0, 0] += 1
    assert other.sha256() != some.sha256()


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="name another folder"):
        read_examples(tmp_path)


def test_a_folder_without_whole_alerts_is_named(tmp_path: Path) -> None:
    (tmp_path / "bare.avro").write_bytes(packets()[3])
    with pytest.raises(ArchiveError, match="no ZTF alert with three stamps"):
        read_examples(tmp_path)
