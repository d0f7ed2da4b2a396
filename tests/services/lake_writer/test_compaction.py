"""Small parts are joined without a reader noticing, and frozen nights stay as they are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from broker.errors import OffsetGap
from broker.ports import Partition
from gueststar.command import app
from lake.disk import retired
from lake.freezing import freeze, verify
from lake.layout import alert_files
from lake.reading import Lake
from lake.recovery import read_log
from lake.writing import LakeWriter
from schemas.errors import ArchiveError
from tests.lake.held import nights
from tests.services.lake_writer.world import FIRST_NIGHT, JUNK, World, message

NIGHT = str(FIRST_NIGHT)


def several(folder: Path, flushes: int = 3) -> World:
    """A lake with a part of one night for each flush."""
    world = World(folder / "lake")
    for number in range(flushes):
        for _ in range(4):
            world.send(message(len(world.sent)), partition=number % 2)
        while len(world.rows()) < len(world.sent):
            world.step()
    return world


def test_a_night_of_which_nothing_comes_any_more_becomes_one_part(tmp_path: Path) -> None:
    world = several(tmp_path)
    assert len([*alert_files(world.lake)]) == 3
    world.clock.advance(world.section.quiet_s)
    world.step()
    assert len([*alert_files(world.lake)]) == 1
    (part,) = read_log(world.lake).parts
    assert (part.alerts, len(part.commits)) == (12, 3)
    world.check_law()


def test_who_opened_a_lake_before_its_parts_were_joined_reads_it_to_the_end(tmp_path: Path) -> None:
    world = several(tmp_path)
    before = Lake(world.lake)
    world.clock.advance(world.section.quiet_s)
    world.step()
    rows = list(before.tables())
    assert sorted(int(n) for table in rows for n in table.column("alert_id")) == [*range(12)]
    assert all(len(table.light_curve) == len(table.packets) == 4 for table in rows)
    assert len(retired(world.lake)) == 9


def test_parts_are_sorted_by_place_before_and_after_they_are_joined(tmp_path: Path) -> None:
    world = several(tmp_path)
    for _ in range(2):
        for part in Lake(world.lake).parts:
            assert part.is_sorted
            assert (np.diff(part.places) >= 0).all()
            assert len(np.unique(part.places)) > 1
        world.clock.advance(world.section.quiet_s)
        world.step()
    assert len([*alert_files(world.lake)]) == 1


def test_what_was_joined_is_removed_in_time(tmp_path: Path) -> None:
    world = several(tmp_path)
    for seconds in (world.section.quiet_s, 0, world.section.retired_s):
        world.clock.advance(seconds)
        world.step()
    assert retired(world.lake) == []
    world.check_law()


def test_parts_of_a_night_that_goes_on_are_joined_when_they_are_many(tmp_path: Path) -> None:
    world = several(tmp_path, flushes=7)
    world.step()
    assert sorted(len(part.holds) for part in read_log(world.lake).parts) == [1, 3, 3]
    world.check_law()


def test_a_frozen_night_is_verified_and_later_alerts_stand_beside_it(tmp_path: Path) -> None:
    world = several(tmp_path)
    frozen = freeze(world.lake, NIGHT)
    assert (frozen.rows, len(frozen.parts)) == (12, 1)
    for number in (12, 13, 14):
        world.send(message(number))
        world.drain()
    (found,) = verify(world.lake)
    assert (found.is_sound, found.rows, found.later) == (True, 12, 3)
    assert len(read_log(world.lake).parts) == 2
    world.check_law()
    told = CliRunner().invoke(app, ["lake", "verify", str(world.lake)])
    assert told.exit_code == 0
    assert "12 alerts as they were frozen, 3 came later" in told.output
    assert told.output.endswith("whole\n")


def test_the_checksum_is_of_the_rows_whatever_parts_they_are_in(tmp_path: Path) -> None:
    one, other = several(tmp_path / "one"), several(tmp_path / "other", flushes=3)
    other.clock.advance(other.section.quiet_s)
    other.step()
    assert freeze(one.lake, NIGHT).checksum == freeze(other.lake, NIGHT).checksum


def test_a_frozen_night_that_was_changed_is_named(tmp_path: Path) -> None:
    world = several(tmp_path)
    freeze(world.lake, NIGHT)
    (file,) = (world.lake / "_frozen").glob("*.json")
    told = json.loads(file.read_text())
    file.write_text(json.dumps({**told, "checksum": "0" * 64}))
    said = CliRunner().invoke(app, ["lake", "verify", str(world.lake)])
    assert said.exit_code == 1
    assert f"fault: {NIGHT} has 12 alerts" in said.output


def test_a_night_is_frozen_once_and_must_be_there(tmp_path: Path) -> None:
    world = several(tmp_path)
    freeze(world.lake, NIGHT)
    with pytest.raises(ArchiveError, match="is frozen; verify it"):
        freeze(world.lake, NIGHT)
    with pytest.raises(ArchiveError, match="has no night 20260401"):
        freeze(world.lake, "20260401")
    with pytest.raises(ArchiveError, match="is no lake that `gueststar lake write` wrote"):
        freeze(tmp_path, NIGHT)


def test_an_archived_lake_is_not_written_live_nor_a_live_one_archived_into(tmp_path: Path) -> None:
    world = several(tmp_path)
    with pytest.raises(ArchiveError, match="and nothing else may; archive into another folder"):
        LakeWriter(world.lake, version="test")
    with LakeWriter(tmp_path / "archived", version="test", with_packets=False) as writer:
        writer.add(nights(0))
    with pytest.raises(ArchiveError, match="name another folder to write live"):
        World(tmp_path / "archived").start()


def test_a_topic_made_anew_is_read_from_its_beginning_and_both_lives_stay(tmp_path: Path) -> None:
    world = several(tmp_path)
    world.kafka.remake_topic("enriched", partitions=2)
    first = dict(world.sent)
    world.sent.clear()
    for number in (100, 101):
        world.send(message(number), partition=0)
    world.send(JUNK, partition=1)
    for _ in range(30):
        world.clock.advance(1)
        world.step()
    ids = [int(n) for table in Lake(world.lake).tables() for n in table.column("alert_id")]
    assert sorted(ids) == [*range(len(first)), 100, 101]
    lives = {
        (one.source.partition, one.source.life): one.end for one in read_log(world.lake).stretches
    }
    assert sorted(lives.values()) == [1, 2, 4, 8]


def test_what_retention_forgot_is_passed_over_when_asked_and_named_from_then_on(
    tmp_path: Path,
) -> None:
    world = World(tmp_path / "lake", partitions=1)
    for number in range(3):
        world.send(message(number))
    world.drain()
    world.kill()
    for number in range(3, 8):
        world.send(message(number))
    world.kafka.forget(Partition("enriched", 0), before=5)
    worker = world.start()
    with pytest.raises(OffsetGap, match="to go on without what is lost, start it once with --over"):
        worker.run()
    world.kill()
    world.start(over_gaps=True)
    for _ in range(5):
        world.step()
        world.clock.advance(1)
    assert sorted(place.offset for place in world.rows()) == [0, 1, 2, 5, 6, 7]
    told = CliRunner().invoke(app, ["lake", "verify", str(world.lake)])
    assert told.exit_code == 1
    assert "fault: enriched[0] offsets 3 to 5 were not read" in told.output
