"""`gueststar archive` writes what packets say, with our scores, and names what it left out."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from gueststar.batches import decode, score
from gueststar.command import app
from lake.reading import Lake
from schemas.errors import ArchiveError
from tests.lake.held import as_kept
from tests.schemas.golden import container, rubin_record, rubin_schema


@pytest.fixture
def folder(tmp_path: Path, packets: list[bytes]) -> Path:
    place = tmp_path / "packets"
    place.mkdir()
    for number, packet in enumerate(packets):
        (place / f"{number}.avro").write_bytes(packet)
    (place / "broken.avro").write_bytes(packets[0][:2000])
    (place / "notes.txt").write_text("a clear night")
    return place


def archived(folder: Path, lake: Path, *more: str) -> str:
    result = CliRunner().invoke(app, ["archive", str(folder), "--to", str(lake), *more])
    if result.exception is not None:
        raise result.exception
    return result.output


def test_packets_become_a_lake_with_our_scores(
    folder: Path, packets: list[bytes], tmp_path: Path
) -> None:
    said = archived(folder, tmp_path / "lake")
    assert "notes.txt: neither" in said
    assert "1 packets are no alerts" in said
    assert f"{len(packets)} alerts of 1 nights: {len(packets)} new in" in said
    batch = as_kept(decode(packets))
    score(batch, prior="even")
    (rows,) = Lake(tmp_path / "lake").tables()
    np.testing.assert_array_equal(rows.column("alert_id"), batch.alert_id)
    assert dict(rows.given) == batch.given
    for classifier, labels in batch.score_labels.items():
        for label in labels:
            ours = rows.learned_column(classifier, label)
            expected = batch.score(classifier, label)
            np.testing.assert_allclose(ours, expected, atol=1e-5)
    assert list(rows.batch().packets) == list(batch.packets)


def test_nights_archived_one_after_another_keep_what_they_share(tmp_path: Path) -> None:
    """A night in Chile has two dates: the end of the first and the beginning of the second."""
    times = {"n1": (61100.98, 61101.05, 61101.20), "n2": (61101.98, 61102.05, 61102.20)}
    for night, mjds in times.items():
        (tmp_path / night).mkdir()
        for number, mjd in enumerate(mjds):
            source = {"midpointMjdTai": mjd, "diaSourceId": round(mjd * 100)}
            packet = container([rubin_record(number, diaSource=source)], rubin_schema())
            (tmp_path / night / f"{number}.avro").write_bytes(packet)
        said = archived(tmp_path / night, tmp_path / "lake")
        assert "3 alerts of 1 nights: 3 new" in said
    assert Lake(tmp_path / "lake").nights == {"20260301": 3, "20260302": 3}
    again = archived(tmp_path / "n1", tmp_path / "lake")
    assert "3 alerts of 1 nights: 0 new" in again
    assert "20260301          0 new          3 again          3 now" in again
    assert len(Lake(tmp_path / "lake")) == 6


def test_packets_are_left_out_when_asked(folder: Path, tmp_path: Path) -> None:
    archived(folder, tmp_path / "lake", "--without-packets")
    assert not Lake(tmp_path / "lake").has_packets


def test_nothing_to_archive_leaves_no_lake(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ArchiveError, match="holds no alert packet"):
        archived(tmp_path / "empty", tmp_path / "lake")
    assert [*(tmp_path / "lake").iterdir()] == []


def test_of_a_tar_that_was_cut_what_can_be_read_is_kept_and_the_end_is_told(
    packets: list[bytes], tmp_path: Path
) -> None:
    whole, cut = tmp_path / "whole.tar", tmp_path / "cut.tar"
    with tarfile.open(whole, "w") as tar:
        for number, packet in enumerate(packets):
            member = tarfile.TarInfo(f"{number}.avro")
            member.size = len(packet)
            tar.addfile(member, io.BytesIO(packet))
    with tarfile.open(whole) as tar:
        last = tar.getmembers()[-1]
    cut.write_bytes(whole.read_bytes()[: last.offset_data + last.size // 2])
    left = len(packets) - 1
    with pytest.raises(ArchiveError, match=rf"cut.tar is broken after .*; the {left} alerts"):
        archived(cut, tmp_path / "lake")
    assert sum(Lake(tmp_path / "lake").nights.values()) == left

    cut.write_bytes(whole.read_bytes()[:1000])
    with pytest.raises(ArchiveError) as raised:
        archived(cut, tmp_path / "other")
    assert "are kept" not in str(raised.value)
    assert not (tmp_path / "other" / "alerts").exists()
