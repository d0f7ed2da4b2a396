"""Nights of a lake that is written live come to others' readers closed, each alert once."""

from __future__ import annotations

from pathlib import Path

from lake.delta import write_logs
from lake.freezing import freeze
from lake.hats.collection import add_nights
from tests.lake.hats_skies import ids, seen
from tests.services.lake_writer.test_compaction import NIGHT, several
from tests.services.lake_writer.world import message

PLACED = [number for number in range(15) if number % 7 != 6]
"""The alerts of `message` that have a position."""


def test_joining_the_parts_of_a_night_makes_it_no_other_night(tmp_path: Path) -> None:
    world = several(tmp_path)
    assert add_nights(world.lake, tmp_path / "sky", [NIGHT], version="test") is not None
    world.clock.advance(world.section.quiet_s)
    world.step()
    assert add_nights(world.lake, tmp_path / "sky", [NIGHT], version="test") is None
    assert ids(seen(tmp_path / "sky").alerts) == PLACED[:11]


def test_alerts_that_come_after_a_night_was_frozen_come_to_what_others_read(
    tmp_path: Path,
) -> None:
    world = several(tmp_path)
    freeze(world.lake, NIGHT)
    for expected in (12, 15):
        assert add_nights(world.lake, tmp_path / "sky", version="test") is not None
        assert ids(seen(tmp_path / "sky").alerts) == [one for one in PLACED if one < expected]
        assert [log.rows for log in write_logs(world.lake)] == [expected, expected]
        for number in (12, 13, 14):
            world.send(message(number))
            world.drain()
