"""What no reader needs goes, and nothing that one may still be reading: whenever writers die."""

from __future__ import annotations

from pathlib import Path

import pytest

from gueststar.open_lake import OpenLake
from lake.disk import retired
from lake.freezing import freeze
from lake.layout import OBJECTS, alert_files, curves_file, objects_file, packets_file
from lake.reading import Lake
from lake.recovery import read_log
from lake.unread import unread_files
from tests.services.lake_writer.test_compaction import NIGHT, several
from tests.services.lake_writer.world import JUNK, World


def junk_alone(folder: Path, flushes: int = 4) -> World:
    """A lake of messages that are no alerts, a part each."""
    world = World(folder / "lake")
    for number in range(flushes):
        world.send(JUNK, partition=number % 2)
        while len(world.unread()) < len(world.sent) if world.lake.exists() else True:
            world.step()
    return world


def ids(lake: Lake) -> list[int]:
    """Of all rows, each read with its light curve and packet."""
    rows = list(lake.tables())
    assert all(len(table.light_curve) == len(table.packets) == len(table) for table in rows)
    return sorted(int(number) for table in rows for number in table.column("alert_id"))


def orphans(lake: Path) -> set[Path]:
    """Indices of parts that do not stand."""
    named = {objects_file(one.path, one.mark) for one in read_log(lake).parts}
    return {*lake.glob(f"{OBJECTS}/*/*")} - named


def test_what_was_left_unread_becomes_one_part(tmp_path: Path) -> None:
    world = junk_alone(tmp_path)
    assert len(unread_files(world.lake)) > 1
    world.clock.advance(world.section.quiet_s)
    world.step()
    (part,) = read_log(world.lake).unread
    assert unread_files(world.lake) == [part.path]
    assert part.alerts == 4
    world.check_law()
    world.kill()
    world.send(JUNK, partition=0)
    world.drain()
    world.check_law()


def test_many_parts_of_what_was_left_unread_are_joined_while_they_come(tmp_path: Path) -> None:
    world = junk_alone(tmp_path, flushes=12)
    assert len(unread_files(world.lake)) <= 13 // world.section.parts_max + 2
    world.check_law()


def test_a_writer_killed_as_it_joins_what_was_left_unread_keeps_each_message_once(
    tmp_path: Path,
) -> None:
    for step in range(200):
        world = junk_alone(tmp_path / str(step))
        world.clock.advance(world.section.quiet_s)
        died = world.step_until_killed(step)
        world.check_log()
        world.drain()
        world.check_law()
        if not died:
            assert step > 5
            return
    raise AssertionError("it never came to an end")


def test_a_restart_leaves_what_was_joined_to_who_opened_the_lake_before(tmp_path: Path) -> None:
    """At whatever change of the disk the writer died that joined it."""
    for step in range(200):
        world = several(tmp_path / str(step))
        before = Lake(world.lake)
        world.clock.advance(world.section.quiet_s)
        died = world.step_until_killed(step)
        world.kill()
        world.start()
        assert ids(before) == [*range(12)]
        world.clock.advance(world.section.retired_s)
        for _ in range(3):
            world.step()
            world.clock.advance(world.section.quiet_s)
        assert retired(world.lake) == []
        world.check_law()
        if not died:
            assert step > 10
            return
    raise AssertionError("it never came to an end")


def test_what_a_freeze_joined_is_removed_in_time_too(tmp_path: Path) -> None:
    world = several(tmp_path)
    freeze(world.lake, NIGHT)
    assert len(retired(world.lake)) == 9
    world.kill()
    for _ in range(2):
        world.step()
        assert len(retired(world.lake)) == 9
        world.clock.advance(world.section.retired_s / 2)
    world.step()
    assert retired(world.lake) == []


def test_no_index_outlives_its_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lake.objects.ALERTS_PER_GROUP", 1)
    world = several(tmp_path)
    before, other = OpenLake(world.lake), OpenLake(world.lake)
    before.object("object 3").arrow()
    assert len([*world.lake.glob(f"{OBJECTS}/*/*")]) == 3
    world.clock.advance(world.section.quiet_s)
    world.step()
    world.step()
    assert len(other.object("object 3").arrow()) == 1
    OpenLake(world.lake).object("object 3").arrow()
    world.clock.advance(world.section.retired_s)
    world.step()
    assert orphans(world.lake) == set()
    assert len([*world.lake.glob(f"{OBJECTS}/*/*")]) == 1


def test_indices_that_a_killed_writer_left_are_removed_at_the_next_start(tmp_path: Path) -> None:
    world = several(tmp_path)
    (folder,) = {file.parent for file in alert_files(world.lake)}
    left = world.lake / OBJECTS / folder.name
    left.mkdir(parents=True)
    (left / "live-of-nobody.arrow").write_bytes(b"")
    (left / ".live-of-nobody.arrow-1234abcd").write_bytes(b"")
    world.kill()
    world.start()
    assert orphans(world.lake) == set()


def test_what_no_part_ever_named_goes_at_once(tmp_path: Path) -> None:
    world = several(tmp_path)
    part = read_log(world.lake).parts[0]
    left = [curves_file(part.path, "live-torn"), packets_file(part.path, "live-torn")]
    for file in left:
        file.write_bytes(b"")
    world.kill()
    world.start()
    assert not any(file.exists() for file in left)
    assert retired(world.lake) == []
