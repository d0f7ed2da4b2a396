"""The law of a lake written live: its rows are the topic's, wherever its writers die.

A stranger's new case is one more step of `Step`, or one more field of a message.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.recovery import read_log
from schemas.errors import ArchiveError
from schemas.nights import NONE
from tests.services.lake_writer.world import FIRST_NIGHT, JUNK, World, message


class Step(NamedTuple):
    """What is sent, then how long nothing happens, then after how many changes the writer dies."""

    nights: tuple[int, ...]
    """Of the alerts, from the first night on; -1 has none, -2 is junk."""
    pause_s: float
    dies_after: int | None


steps = st.lists(
    st.builds(
        Step,
        st.lists(st.integers(-2, 2), max_size=6).map(tuple),
        st.sampled_from([1.0, 60.0, 200.0]),
        st.none() | st.integers(0, 60),
    ),
    min_size=1,
    max_size=12,
)


def sent(world: World, nights: tuple[int, ...]) -> None:
    for night in nights:
        number = len(world.sent)
        named = NONE if night == -1 else FIRST_NIGHT + night
        world.send(JUNK if night == -2 else message(number, named), partition=number % 2)


@settings(max_examples=60)
@given(steps=steps)
def test_rows_are_the_topic_s_whatever_is_sent_and_wherever_writers_die(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step]
) -> None:
    world = World(tmp_path_factory.mktemp("law") / "lake")
    for step in steps:
        sent(world, step.nights)
        world.clock.advance(step.pause_s)
        if step.dies_after is None:
            world.step()
        else:
            world.step_until_killed(step.dies_after)
        if world.lake.exists():
            world.check_log()
    world.drain()
    world.check_law()


def begun(folder: Path) -> World:
    """A lake of two nights in many parts, a batch of all that there is on its way."""
    world = World(folder / "lake")
    for _ in range(2):
        sent(world, (0, 0, 1, -2))
        world.step()
    sent(world, (1, 0, -1, 0))
    return world


@pytest.mark.parametrize("pause_s", [1.0, 200.0])
def test_a_writer_killed_at_any_change_of_the_disk_leaves_whole_flushes(
    tmp_path: Path, pause_s: float
) -> None:
    """Once where it writes a flush of two nights, and once where it joins parts before that."""
    for step in range(1000):
        world = begun(tmp_path / str(step))
        world.clock.advance(pause_s)
        died = world.step_until_killed(step)
        world.check_log()
        world.drain()
        world.check_law()
        if not died:
            assert step > 20
            return
    raise AssertionError("it never came to an end")


def test_a_writer_that_dies_again_and_again_as_it_starts_comes_to_the_end(tmp_path: Path) -> None:
    world = begun(tmp_path)
    for step in range(60):
        world.kill()
        world.step_until_killed(step)
        world.check_log()
    world.drain()
    world.check_law()


def test_a_flush_that_the_disk_refuses_is_tried_again(tmp_path: Path) -> None:
    import os

    world = begun(tmp_path)
    plain, refusals = os.link, [OSError(28, "No space left on device")] * 3

    def link(*given: str) -> None:
        if refusals and "alerts" in str(given[1]):
            raise refusals.pop()
        plain(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "link", link)
        for _ in range(5):
            world.step()
    assert not refusals
    world.drain()
    world.check_law()


def test_a_second_writer_is_refused_with_one_line(tmp_path: Path) -> None:
    world, second = begun(tmp_path), World(tmp_path / "lake")
    with pytest.raises(ArchiveError, match=r"another process writes to the lake .*: stop it"):
        second.start()
    world.drain()
    world.check_law()


def test_two_writers_without_a_lock_do_not_double(tmp_path: Path) -> None:
    """As on a network's disk that has no locks: the second to link its part is refused."""
    world = begun(tmp_path)
    world.step()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lake.lock._taken", lambda _: True)
        other = World(tmp_path / "lake")
        other.kafka, other.clock = world.kafka, world.clock
        other.start()
        sent(world, (0, 0))
        for _ in range(3):
            other.step()
        with pytest.raises(ArchiveError, match="is there already: another process writes"):
            world.step()
    other.sent = world.sent
    other.drain()
    other.check_law()


def test_offsets_that_stand_in_two_parts_are_named(tmp_path: Path) -> None:
    import shutil

    world = begun(tmp_path)
    first = next(one for one in read_log(world.lake).parts if one.commits)
    shutil.copy(first.path, first.path.with_name("again.parquet"))
    world.kill()
    with pytest.raises(ArchiveError, match=r"offset \d of enriched\[\d\] stands in two parts"):
        world.start()


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    world = begun(tmp_path)
    world.kill()
    next(world.lake.glob("light_curves/*/*.parquet")).unlink()
    with pytest.raises(ArchiveError, match=r"is gone, which .* names; bring it back"):
        world.start()
