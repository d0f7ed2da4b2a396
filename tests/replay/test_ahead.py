"""Packets read ahead: all of them, in order, and no more than may wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from replay.ahead import ahead
from replay.pacing import Due


def test_everything_comes_in_order() -> None:
    items = [Due(float(n), bytes(n % 7)) for n in range(500)]
    assert list(ahead(items, bytes_max=20)) == items


def test_no_more_waits_than_may() -> None:
    made = threading.Semaphore(0)
    count = 0

    def source() -> Iterator[Due[bytes]]:
        nonlocal count
        while True:
            count += 1
            made.release()
            yield Due(0.0, bytes(10))

    line = ahead(source(), bytes_max=35)
    next(line)
    for _ in range(5):
        assert made.acquire(timeout=10)
    assert not made.acquire(timeout=0.2)
    assert count == 5  # four that fill it, of which one was taken, and one that has no room
    line.close()  # type: ignore[attr-defined]


def test_what_the_source_raises_comes_behind_what_it_gave() -> None:
    def source() -> Iterator[Due[bytes]]:
        yield Due(0.0, b"one")
        raise ValueError("the disk is gone")

    line = ahead(source())
    assert next(line).item == b"one"
    with pytest.raises(ValueError, match="the disk is gone"):
        next(line)
