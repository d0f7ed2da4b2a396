"""A disk that refuses from some step on, for a while: all is there once, and it says so."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from broker.errors import TooManyAborts
from lake.disk import retired
from lake.live import LiveLake
from schemas.errors import ArchiveError
from services.lake_writer.compaction import PAUSE_S
from tests.services.lake_writer.world import FIRST_NIGHT, JUNK, STEPS, World, message

FLUSHES = 3
ERRORS = (errno.ENOSPC, errno.EROFS, errno.EMFILE, errno.EIO)


@contextmanager
def refusing_after(steps: int, times: int, error: int) -> Iterator[None]:
    """After so many changes of the disk the next ones are refused, so many of them."""
    made = 0

    def counted(plain: Callable[..., object]) -> Callable[..., object]:
        def then(*given: object, **named: object) -> object:
            nonlocal made
            made += 1
            if steps < made <= steps + times:
                raise OSError(error, os.strerror(error))
            return plain(*given, **named)

        return then

    with pytest.MonkeyPatch.context() as patch:
        for name in (*STEPS, "mkdir"):
            patch.setattr(os, name, counted(getattr(os, name)))
        yield


def busy(folder: Path) -> World:
    """Alerts of two nights and what is none, and parts that are to be joined."""
    world = World(folder / "lake")
    for number in range(4 * FLUSHES):
        value = JUNK if number % 5 == 4 else message(number, FIRST_NIGHT + number % 2)
        world.send(value, partition=number % 2)
    return world


@pytest.mark.parametrize("times", [1, 2, 40])
def test_whatever_a_disk_refuses_the_lake_is_whole_when_it_takes_again(
    tmp_path: Path, times: int
) -> None:
    for steps in range(0, 60, 3):
        world = busy(tmp_path / str(steps))
        with refusing_after(steps, times, ERRORS[steps // 3 % len(ERRORS)]):
            for _ in range(2 * FLUSHES):
                with suppress(TooManyAborts):
                    try:
                        world.step()
                    except ArchiveError as told:
                        assert "another process" not in str(told), "nobody else was there"
                        world.kill()
        world.drain()
        world.check_law()
        world.kill()


def test_a_lake_whose_disk_refuses_is_named_where_its_writer_starts(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with (
        refusing_after(0, 1_000, errno.ENOSPC),
        pytest.raises(ArchiveError, match=r"cannot be written: .*No space left.*start again"),
    ):
        LiveLake(lake, version="test")
    LiveLake(lake, version="test").close()


def test_a_disk_that_refuses_to_remove_what_was_joined_ends_no_writer(tmp_path: Path) -> None:
    world = busy(tmp_path)
    world.drain()
    assert retired(world.lake), "parts were joined, and hidden"
    world.clock.advance(world.section.retired_s)
    with refusing_after(0, 1_000, errno.EROFS):
        world.step()
    left = retired(world.lake)
    assert left
    world.clock.advance(PAUSE_S)
    world.step()
    assert not {*left} & {*retired(world.lake)}
    world.check_law()
