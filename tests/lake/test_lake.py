"""What was written to a lake comes back as it was, and a broken lake says so in a line."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from filters.handmade import Epoch, handmade
from filters.sources import builtin_names, load_builtin
from lake.layout import alert_files
from lake.lock import WRITING
from lake.part import Part
from lake.reading import Lake, is_lake
from lake.writing import LakeWriter
from schemas.batch import AlertBatch
from schemas.columns import COLUMNS
from schemas.errors import ArchiveError
from tests.lake.held import as_kept, assert_same, nights, only, with_scores, written


def test_an_invented_night_comes_back_as_it_was(lake: Path, batch: AlertBatch) -> None:
    assert_same(only(lake), batch)


def test_rows_taken_are_the_batch_s_rows_taken(lake: Path, batch: AlertBatch) -> None:
    rows = np.array([7, 3, 3, 39, 0])
    assert_same(only(lake).take(rows), batch.take(rows))
    again = np.array([4, 1])
    assert_same(only(lake).take(rows).take(again), batch.take(rows[again]))
    assert_same(only(lake).take(rows[:0]), batch.take(rows[:0]))


def test_stamps_and_packets_come_back(lake: Path, batch: AlertBatch) -> None:
    rows = np.array([5, 2])
    found = only(lake).take(rows)
    for ours, theirs in zip(found.stamps, batch.take(rows).stamps, strict=True):
        for plane, sent in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(plane, sent)
    back = found.batch()
    assert list(back.packets) == [batch.packets[5], batch.packets[2]]
    assert_same(back, batch.take(rows))


def test_sizes_are_the_packets_and_those_without_cutouts(lake: Path, batch: AlertBatch) -> None:
    rows = only(lake)
    assert rows.packet_bytes.tolist() == [len(packet) for packet in batch.packets]
    assert (rows.lite_bytes < rows.packet_bytes / 2).all()


epochs = st.builds(
    Epoch,
    st.floats(59_990, 60_010),
    st.sampled_from("ugrizy"),
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(allow_nan=True),
    st.floats(allow_nan=True),
)
curves = st.lists(st.lists(epochs, max_size=5), min_size=1, max_size=5)


@settings(max_examples=25)
@given(curves=curves, value=st.floats(), objects=st.text(max_size=5))
def test_hand_made_alerts_come_back_whatever_they_hold(
    tmp_path_factory: pytest.TempPathFactory,
    curves: list[list[Epoch]],
    value: float,
    objects: str,
) -> None:
    folder = tmp_path_factory.mktemp("hand")
    n = len(curves)
    batch = handmade(
        light_curve=curves,
        star_distance_arcsec=[value] * n,
        asteroid_distance_arcsec=[np.inf] * n,
        object_id=[objects.replace("\0", "")] * n,
        rows=n,
    )
    written(folder, batch, with_packets=False)
    assert_same(only(folder), batch)
    assert_same(only(folder).batch(), batch)


@pytest.mark.parametrize("name", builtin_names())
def test_a_filter_answers_the_same_over_the_lake_and_the_packets(
    lake: Path, batch: AlertBatch, name: str
) -> None:
    over_lake, over_packets = (load_builtin(name).evaluate(each) for each in (only(lake), batch))
    assert over_lake.clauses == over_packets.clauses
    np.testing.assert_array_equal(over_lake.trace, over_packets.trace)
    np.testing.assert_array_equal(over_lake.unknown, over_packets.unknown)


def test_alerts_of_mixed_nights_are_put_in_theirs(tmp_path: Path) -> None:
    writer = written(tmp_path, nights(1, 0, 1), nights(0, 2, first=3), with_packets=False)
    assert [(one.night, one.alerts) for one in writer.written] == [
        ("19700101", 2),
        ("19700102", 2),
        ("19700103", 1),
    ]
    assert [len(rows) for rows in Lake(tmp_path).tables()] == [2, 2, 1]


def test_a_night_that_is_not_finished_leaves_the_lake_as_it_was(tmp_path: Path) -> None:
    written(tmp_path, nights(0), with_packets=False)
    before = Lake(tmp_path).sha256
    with pytest.raises(KeyboardInterrupt), LakeWriter(tmp_path, version="test") as writer:
        writer.add(nights(0, 0))
        raise KeyboardInterrupt
    assert Lake(tmp_path).sha256 == before
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(WRITING)]


def test_parts_on_disk_make_the_same_lake(
    tmp_path: Path, batch: AlertBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lake.writing.WAITING_BYTES_MAX", 1)
    halves = [batch.take(np.arange(25)), batch.take(np.arange(25, 40))]
    written(tmp_path, *halves)
    assert_same(only(tmp_path), batch)
    assert_same(only(tmp_path).take(np.array([28])).batch(), batch.take(np.array([28])))


def test_light_curves_in_many_groups_are_found(
    tmp_path: Path, batch: AlertBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lake.merge.CURVES_PER_GROUP", 7)
    written(tmp_path, batch)
    assert_same(only(tmp_path), batch)
    rows = np.array([39, 6, 7, 8, 7])
    assert_same(only(tmp_path).take(rows), batch.take(rows))


def test_only_the_columns_asked_for_are_read(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    plain = Part.column

    def noted(self: Part, group: int, name: str) -> NDArray[Any]:
        read.append(name)
        return plain(self, group, name)

    monkeypatch.setattr(Part, "column", noted)
    load_builtin("solar_system").judge(only(lake))
    assert sorted(read) == sorted({*read})
    assert "asteroid_distance_arcsec" in read
    assert "magnitude" not in read


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ((), 3),
        (("19700102",), 1),
        (("19700102:19700103",), 2),
        (("19700101", "19700103:19991231"), 2),
    ],
)
def test_some_nights_are_read_alone(tmp_path: Path, asked: tuple[str, ...], found: int) -> None:
    written(tmp_path, nights(0, 1, 2), with_packets=False)
    assert len(Lake(tmp_path, asked)) == found


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("yesterday", "write 20231018"),
        ("20231340", "write 20231018"),
        ("19700103:19700101", "ends before it begins"),
        ("20231018", "it has 19700101 to 19700101"),
    ],
)
def test_nights_that_are_none_are_named(tmp_path: Path, asked: str, said: str) -> None:
    written(tmp_path, nights(0), with_packets=False)
    with pytest.raises(ArchiveError, match=said):
        Lake(tmp_path, [asked])


def test_a_folder_that_is_no_lake_is_named(tmp_path: Path) -> None:
    assert not is_lake(tmp_path)
    with pytest.raises(ArchiveError, match="is no lake"):
        Lake(tmp_path)


def broken(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    for how in ("cut", "foreign", "curves"):
        folder = tmp_path / how
        written(folder, nights(0), with_packets=False)
        yield how, folder


def test_a_broken_lake_says_so_in_a_line(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for how, lake in broken(tmp_path):
        (alerts,) = alert_files(lake)
        if how == "cut":
            alerts.write_bytes(b"PAR1")
        elif how == "foreign":
            pq.write_table(pa.table({"a": [1]}), alerts)
        else:
            next(lake.glob("light_curves/*/*")).unlink()
        with pytest.raises(ArchiveError, match="archive") as said:
            _ = only(lake).light_curve
        assert "\n" not in str(said.value)


def test_a_column_that_an_old_lake_lacks_is_named(lake: Path) -> None:
    with pytest.raises(ArchiveError, match="before there was a column 'colour'"):
        only(lake).column("colour")


@pytest.mark.parametrize(
    ("like", "none"), [("magnitude", math.nan), ("object_id", ""), ("band", -1)]
)
def test_a_column_of_the_table_that_an_old_lake_lacks_says_nothing(
    like: str, none: object, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = only(lake)
    monkeypatch.setattr("lake.part.COLUMNS", {"colour": COLUMNS[like]})
    np.testing.assert_array_equal(rows.column("colour"), [none] * len(rows))


def test_the_dust_before_an_alert_of_an_old_lake_is_worked_out(
    lake: Path, batch: AlertBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = only(lake)
    monkeypatch.setattr(Part, "_names", frozenset({"ra_deg", "dec_deg"}))
    np.testing.assert_array_equal(rows.column("extinction_ebv"), batch.extinction_ebv)


def test_stamps_without_packets_are_refused_with_the_remedy(tmp_path: Path) -> None:
    written(tmp_path, nights(0), with_packets=False)
    with pytest.raises(ArchiveError, match="--with-packets"):
        _ = only(tmp_path).stamps


def test_stamps_of_too_many_alerts_are_refused(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lake.reading.STAMPS_MAX", 10)
    with pytest.raises(ArchiveError, match="take fewer rows"):
        _ = only(lake).stamps
    assert [len(rows.stamps) for rows in Lake(lake).tables(10)] == [10] * 4


@pytest.mark.data
def test_real_alerts_come_back_as_they_were(data_folder: Path, tmp_path: Path) -> None:
    from lake.archives import read

    found = next(read(data_folder / "ztf" / "ZwickyTransientFacility+ztfss18"))
    batch = with_scores(as_kept(found.take(np.arange(200))))
    written(tmp_path, batch.take(np.arange(200)[::-1]))
    assert_same(only(tmp_path), batch)
    for name in builtin_names():
        decision = load_builtin(name).evaluate(only(tmp_path))
        np.testing.assert_array_equal(decision.trace, load_builtin(name).evaluate(batch).trace)
