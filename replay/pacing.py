"""When each packet is due, and who waits until then."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle
from typing import Generic, NamedTuple, TypeVar

from broker.ports import Clock
from schemas.errors import ArchiveError

T = TypeVar("T")

RUBIN_VISIT_S = 39.0
"""From one of Rubin's visits to the next, each of which sends its alerts at once."""


class Due(NamedTuple, Generic[T]):
    """Something, and the seconds after the start at which it is to go."""

    due_s: float
    item: T


def steady(items: Iterable[T], *, rate_per_s: float) -> Iterator[Due[T]]:
    """So many a second, evenly. Raises ArchiveError where the rate is not above nought."""
    if not rate_per_s > 0:
        raise ArchiveError(f"a rate of {rate_per_s} a second sends nothing; give one above nought")
    for number, item in enumerate(items):
        yield Due(number / rate_per_s, item)


def at_once(items: Iterable[T]) -> Iterator[Due[T]]:
    """All are due from the beginning: as fast as they are taken."""
    for item in items:
        yield Due(0.0, item)


def bursts(items: Iterable[T], *, sizes: Sequence[int], every_s: float) -> Iterator[Due[T]]:
    """As visits send them: so many at once, the sizes in turn and again from the first.

    Raises ArchiveError where a size or the time between two is not above nought.
    """
    if not sizes or min(sizes) < 1 or not every_s > 0:
        raise ArchiveError(f"bursts of {list(sizes)} each {every_s} s are none; give some above 0")
    visits = (visit for visit, size in enumerate(cycle(sizes)) for _ in range(size))
    for item, visit in zip(items, visits, strict=False):
        yield Due(visit * every_s, item)


def cadence(items: Iterable[tuple[float, T]], *, factor: float) -> Iterator[Due[T]]:
    """As they came, so many times as fast; `items` are instants in seconds, not finite where
    unknown.

    What has no instant, or an earlier one than its predecessor, goes with that. Raises ArchiveError
    where the factor is not above nought.
    """
    if not factor > 0:
        raise ArchiveError(f"a pace of {factor} times the original sends nothing; give one above 0")
    first, due_s = math.nan, 0.0
    for instant, item in items:
        if not math.isfinite(first):
            first = instant
        if math.isfinite(first) and instant >= first:
            due_s = max(due_s, (instant - first) / factor)
        yield Due(due_s, item)


def in_time(
    items: Iterable[Due[T]], clock: Clock, *, together_max: int, window_s: float = 0.0
) -> Iterator[list[T]]:
    """Items when they are due, by the clock; those that are late go together, at once.

    Those due within `window_s` of each other go together at its end, none early. An item is asked
    for before it is due and held back until then, so that making it costs no time of its own. The
    dues do not fall.
    """
    start_s = clock.monotonic_s()
    waiting: list[T] = []
    release_s = start_s
    for due_s, item in items:
        at_s = start_s + due_s
        is_early = at_s > max(clock.monotonic_s(), release_s)
        if waiting and (is_early or len(waiting) == together_max):
            _wait(clock, release_s)
            yield waiting
            waiting = []
        if not waiting:
            release_s = at_s + window_s
        waiting.append(item)
    if waiting:
        _wait(clock, release_s)
        yield waiting


def _wait(clock: Clock, until_s: float) -> None:
    if (wait_s := until_s - clock.monotonic_s()) > 0:
        clock.sleep(wait_s)
