"""When each packet is due: at a steady rate, or at the night's own pace times a factor."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

from broker.ports import Clock
from schemas.decode import Decoder
from schemas.errors import ArchiveError

T = TypeVar("T")

DECODED_TOGETHER = 64
"""Packets decoded at a time to learn when they were exposed."""


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


def at_own_pace(
    packets: Iterable[bytes], *, factor: float, decoder: Decoder
) -> Iterator[Due[bytes]]:
    """As far apart as their exposures, divided by `factor`: 60 plays an hour in a minute.

    A packet that was exposed before one already sent, or that cannot be decoded, goes with the
    one before it. Raises ArchiveError where the factor is not above nought.
    """
    if not factor > 0:
        raise ArchiveError(f"a pace times {factor} never ends; give a factor above nought")
    first_s = latest_s = math.nan
    for exposed_s, packet in _exposures(packets, decoder):
        if not latest_s >= exposed_s and not math.isnan(exposed_s):
            latest_s = exposed_s
            first_s = exposed_s if math.isnan(first_s) else first_s
        yield Due(0.0 if math.isnan(latest_s) else (latest_s - first_s) / factor, packet)


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


def _exposures(packets: Iterable[bytes], decoder: Decoder) -> Iterator[tuple[float, bytes]]:
    waiting = iter(packets)
    while group := list(islice(waiting, DECODED_TOGETHER)):
        batch = decoder.decode(group)
        known = dict(zip(batch.source_index.tolist(), batch.exposed_unix_s.tolist(), strict=True))
        for index, packet in enumerate(group):
            yield known.get(index, math.nan), packet
