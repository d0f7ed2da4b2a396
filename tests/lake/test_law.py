"""The law of a lake: whatever is archived, in whatever order and pieces, each alert is one row.

A stranger's new case is one more archive in `ARCHIVES`, or one more step at which to break off.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.handmade import Epoch, handmade
from lake.layout import alert_files
from lake.merge import NightWritten
from lake.reading import Lake
from lake.writing import LakeWriter
from schemas.batch import AlertBatch
from schemas.errors import ArchiveError
from tests.killed import Doom, Killed


class Copy(NamedTuple):
    """An alert as it came once: its key, and what tells this copy from others."""

    survey: str
    alert_id: int
    copy: int

    @property
    def night(self) -> int:
        """Every alert has one, whatever copy."""
        return 20_260_301 + self.alert_id % 3

    @property
    def packet(self) -> bytes:
        """Bytes of its own, of a length of their own."""
        return f"{self.survey} {self.alert_id} ".encode() * (1 + self.copy)


class Archive(NamedTuple):
    """What one run archives."""

    copies: Sequence[Copy]
    with_packets: bool = True


Rows = dict[tuple[str, int], tuple[int, int, bytes | None]]
"""By key: the night, the copy, and the packet kept."""


def batch_of(copies: Sequence[Copy]) -> AlertBatch:
    """The copy is the magnitude and the number of points of the light curve."""
    batch = handmade(
        rows=len(copies),
        survey=[each.survey for each in copies],
        alert_id=[each.alert_id for each in copies],
        object_id=[f"object {each.alert_id}" for each in copies],
        night=[each.night for each in copies],
        magnitude=[float(each.copy) for each in copies],
        light_curve=[[Epoch(each.alert_id, "r", each.copy)] * each.copy for each in copies],
    )
    return replace(batch, packets=[each.packet for each in copies])


def archive(lake: Path, one: Archive, together: int = 5) -> tuple[NightWritten, ...]:
    with LakeWriter(lake, version="test", with_packets=one.with_packets) as writer:
        for begin in range(0, len(one.copies), together):
            writer.add(batch_of(one.copies[begin : begin + together]))
    return writer.written


def rows_of(lake: Path) -> Rows:
    """Every row, seen by all that a filter can read; a key that comes twice fails."""
    found: Rows = {}
    for table in Lake(lake).tables():
        curves = table.light_curve
        files = table.part.packet_files(table._group, np.arange(len(table)))
        for row in range(len(table)):
            key = str(table.column("survey")[row]), int(table.column("alert_id")[row])
            copy = int(table.column("magnitude")[row])
            assert key not in found
            assert curves.of(row).mjd.tolist() == [key[1]] * copy
            packet = table.part.packets(table._group, np.array([row]))[0] if files[row] else None
            found[key] = int(table.column("night")[row]), copy, packet
    return found


def foreign_rows(lake: Path) -> list[tuple[int, str, int, int, int]]:
    """What pyarrow's dataset reads of both tables, joined by their key."""
    import pyarrow.dataset as ds

    tables = [
        ds.dataset(lake / name, format="parquet", partitioning="hive").to_table()
        for name in ("alerts", "light_curves")
    ]
    curves = tables[1].to_pylist()
    points = {(one["survey"], one["alert_id"]): len(one["light_curve.mjd"]) for one in curves}
    assert len(points) == len(curves) == len(tables[0])
    return [
        (one["night"], one["survey"], one["alert_id"], int(one["magnitude"]), points[key])
        for one in tables[0].to_pylist()
        for key in [(one["survey"], one["alert_id"])]
    ]


def expected(archives: Sequence[Archive]) -> Rows:
    """The plain way: the newest copy stands, and a packet stays where the newest has none."""
    found: Rows = {}
    for one in archives:
        for each in one.copies:
            key = each.survey, each.alert_id
            older = found.get(key, (0, 0, None))[2]
            found[key] = each.night, each.copy, each.packet if one.with_packets else older
    return found


def assert_is(lake: Path, archives: Sequence[Archive]) -> None:
    wanted = expected(archives)
    assert rows_of(lake) == wanted
    assert sorted(foreign_rows(lake)) == sorted(
        (night, survey, alert_id, copy, copy)
        for (survey, alert_id), (night, copy, _) in wanted.items()
    )


copies = st.builds(Copy, st.sampled_from(["ztf", "lsst"]), st.integers(0, 11), st.integers(0, 4))
archives = st.lists(
    st.builds(Archive, st.lists(copies, min_size=1, max_size=12), st.booleans()),
    min_size=1,
    max_size=4,
)


@settings(max_examples=25)
@given(archives=archives, small=st.sampled_from([1, 2, 5, 1000]))
def test_each_alert_is_one_row_the_newest_copy_with_its_own_curve_and_packet(
    tmp_path_factory: pytest.TempPathFactory, archives: list[Archive], small: int
) -> None:
    lake = tmp_path_factory.mktemp("law")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lake.merge.ROWS_PER_GROUP", small)
        patch.setattr("lake.night_buffer.ROWS_PER_GROUP", small)
        for name in ("merge.ALERTS_PER_GROUP", "merge.CURVES_PER_GROUP", "runs.TOGETHER"):
            patch.setattr(f"lake.{name}", small)
        patch.setattr("lake.part.ROWS_PER_GROUP", 2 * small)
        for count, one in enumerate(archives, start=1):
            before = {} if count == 1 else rows_of(lake)
            written = archive(lake, one)
            assert_is(lake, archives[:count])
            new = {(each.survey, each.alert_id) for each in one.copies} - before.keys()
            assert sum(night.new for night in written) == len(new)
            assert sum(night.again for night in written) == len(one.copies) - len(new)
            held = Lake(lake).nights
            assert all(held[night.night] == night.alerts for night in written)


@settings(max_examples=8)
@given(
    keys=st.sets(st.tuples(st.sampled_from(["ztf", "lsst"]), st.integers(0, 30)), min_size=1),
    random=st.randoms(use_true_random=False),
)
def test_any_order_and_pieces_make_the_same_lake(
    tmp_path_factory: pytest.TempPathFactory,
    keys: set[tuple[str, int]],
    random: Random,
) -> None:
    digests = set()
    for _ in range(2):
        lake = tmp_path_factory.mktemp("order")
        drawn = [Copy(survey, alert_id, 1) for survey, alert_id in sorted(keys)]
        random.shuffle(drawn)
        cut = len(drawn) // 2
        for some in (drawn[:cut], drawn[cut:], drawn[: cut // 2]):
            if some:
                archive(lake, Archive(some))
        assert rows_of(lake) == expected([Archive(drawn)])
        digests.add(Lake(lake).sha256)
    assert len(digests) == 1


NIGHTS = [0, 3, 6, 9, 12, 1]
"""Ids of alerts: five of a night, and one of the next."""
FIRST = Archive([Copy("ztf", n, 1) for n in NIGHTS])
SECOND = Archive([Copy("ztf", n + 3, 2) for n in NIGHTS])
ARCHIVES = {
    "more of the same nights": SECOND,
    "all of it again": Archive([Copy("ztf", n, 2) for n in NIGHTS]),
    "what is there, without packets": FIRST._replace(with_packets=False),
}
STEPS = ("replace", "unlink")
"""Of `Path`: at any of these a process may end."""


@pytest.mark.parametrize("parts", [1, 1000], ids=["large parts", "small parts"])
@pytest.mark.parametrize("name", ARCHIVES)
def test_a_process_killed_at_any_step_leaves_each_night_old_or_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, parts: int
) -> None:
    monkeypatch.setattr("lake.merge.ROWS_PER_GROUP", parts)
    second, old, new = ARCHIVES[name], expected([FIRST]), expected([FIRST, ARCHIVES[name]])
    for some in (FIRST.copies[:3], FIRST.copies[3:]):
        archive(tmp_path / "first", Archive(some))
    for step in range(1000):
        lake = shutil.copytree(tmp_path / "first", tmp_path / str(step))
        with monkeypatch.context() as patch:
            done = killed_after(step, patch, lake, second)
        found = rows_of(lake)
        for night in {night for night, _, _ in new.values()}:
            own, before, after = (of_night(rows, night) for rows in (found, old, new))
            assert own in (before, after)
        archive(lake, second)
        assert_is(lake, [FIRST, second])
        if done:
            return
    raise AssertionError("it never came to an end")


def of_night(rows: Rows, night: int) -> Rows:
    return {key: row for key, row in rows.items() if row[0] == night}


def killed_after(step: int, patch: pytest.MonkeyPatch, lake: Path, one: Archive) -> bool:
    """Archive until that many steps were done; whether that was all."""
    doom = Doom(step)
    for name in STEPS:
        patch.setattr(Path, name, doom.before(getattr(Path, name)))
    patch.setattr("shutil.rmtree", lambda *_, **__: None)
    try:
        archive(lake, one)
    except Killed:
        return False
    return True


def pieces(count: int) -> list[Archive]:
    """Archives that share alerts with each other."""
    return [
        Archive([Copy("ztf", n, 1) for n in range(4 * k, 4 * k + 9)], with_packets=bool(k % 2))
        for k in range(count)
    ]


def test_processes_that_archive_at_once_lose_nothing(tmp_path: Path) -> None:
    archive(tmp_path, FIRST)
    context = get_context("fork")
    running = [context.Process(target=archive, args=(tmp_path, one)) for one in pieces(4)]
    for one in running:
        one.start()
    for one in running:
        one.join()
    assert [one.exitcode for one in running] == [0] * 4
    assert {*rows_of(tmp_path)} == {*expected([FIRST, *pieces(4)])}


def test_who_reads_while_it_is_archived_sees_each_alert_once_and_never_fewer(
    tmp_path: Path,
) -> None:
    archive(tmp_path, FIRST)
    over, sizes = threading.Event(), list[int]()

    def read() -> None:
        while not over.is_set():
            sizes.append(len(Lake(tmp_path)))

    with ThreadPoolExecutor(3) as threads:
        reading = threads.submit(read)
        writing = [threads.submit(archive, tmp_path, one) for one in pieces(6)]
        wait(writing)
        over.set()
        reading.result()
        for each in writing:
            each.result()
    assert sizes == sorted(sizes)
    assert {*rows_of(tmp_path)} == {*expected([FIRST, *pieces(6)])}


def test_a_lake_that_another_archives_into_for_too_long_is_left_with_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lake.lock import locked

    monkeypatch.setattr("lake.writing.WAIT_S_MAX", 0.1)
    archive(tmp_path, FIRST)
    with (
        locked(tmp_path, wait_s=0),
        pytest.raises(ArchiveError, match="begin again when it has ended"),
    ):
        archive(tmp_path, SECOND)
    assert_is(tmp_path, [FIRST])


def test_a_part_of_an_ended_process_is_swept_up(tmp_path: Path) -> None:
    left = tmp_path / ".writing-dead"
    left.mkdir()
    (left / ".lock").touch()
    archive(tmp_path, FIRST)
    assert not left.exists()


def test_small_parts_of_a_night_become_one_file(tmp_path: Path) -> None:
    for number in range(4):
        archive(tmp_path, Archive([Copy("ztf", 3 * number, 1)]))
    assert len([*alert_files(tmp_path)]) == 1


def test_packets_that_no_row_names_any_more_are_removed(tmp_path: Path) -> None:
    for _ in range(3):
        archive(tmp_path, FIRST)
    assert sum(one.stat().st_size for one in packets_of(tmp_path)) == sum(
        len(each.packet) for each in FIRST.copies
    )


def packets_of(lake: Path) -> Iterator[Path]:
    return lake.glob("_packets/*/*")
