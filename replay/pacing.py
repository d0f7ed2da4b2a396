"""When each packet is due, at a steady rate, and who waits until then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

from broker.ports import Clock
from schemas.errors import ArchiveError

T = TypeVar("T")


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


def in_time(items: Iterable[Due[T]], clock: Clock, *, together_max: int) -> Iterator[list[T]]:
    """Items when they are due, by the clock; those that are late go together, at once.

    An item is asked for before it is due and held back until then, so that making it costs no
    time of its own. The dues do not fall.
    """
    start_s = clock.monotonic_s()
    late: list[T] = []
    for due_s, item in items:
        is_early = start_s + due_s > clock.monotonic_s()
        if late and (is_early or len(late) == together_max):
            yield late
            late = []
        wait_s = start_s + due_s - clock.monotonic_s()
        if wait_s > 0:
            clock.sleep(wait_s)
        late.append(item)
    if late:
        yield late
