"""Where a subscriber wants to begin: in words, at a time, so long ago, or at offsets."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from broker.errors import SettingsError
from broker.kafka.connection import Start as Named
from broker.rewind import Rewind, ToOffsets, ToTime

Start = str | datetime | timedelta | Mapping[int, int]
"""One of

- "latest", "earliest": for what the group has never read; where it has, it resumes;
- a time, `datetime` or ISO 8601 ("2026-11-21T03:00"), UTC where it names no zone;
- so long ago, `timedelta(hours=6)` or "6h" (s, m, h, d);
- offsets by partition, {0: 1500, 1: 1700} or "0=1500,1=1700"; other partitions are not moved.

The last three move the group there, whatever it has read.
"""

AGO = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
OFFSETS = re.compile(r"\d+=\d+(,\d+=\d+)*")


NEVER_MS = 253_402_300_799_000
"""The end of the year 9999, later than any message: a topic's end."""


class Beginning(NamedTuple):
    """What a source is told: where a new group starts, and where any group is moved."""

    start: Named
    rewind: Rewind | None


def beginning(start: Start, *, now_unix_s: float | None = None) -> Beginning:
    """A start as a source wants it. Raises SettingsError for what is none."""
    if start in ("earliest", "latest"):
        return Beginning("earliest" if start == "earliest" else "latest", None)
    read = _read(start) if isinstance(start, str) else start
    if isinstance(read, Mapping):
        return Beginning("latest", _offsets(read))
    if isinstance(read, timedelta):
        if read < timedelta(0):
            raise SettingsError(f"start {start!r} lies in the future; say timedelta(hours=6)")
        now_unix_s = time.time() if now_unix_s is None else now_unix_s
        return Beginning("latest", _at(now_unix_s - read.total_seconds()))
    if isinstance(read, datetime):
        aware = read if read.tzinfo else read.replace(tzinfo=UTC)
        return Beginning("latest", _at(aware.timestamp()))
    raise _refusal(start)


def moving(start: str) -> Rewind:
    """A start as a move of any group: "earliest" and "latest" too. Raises SettingsError."""
    if start == "earliest":
        return ToTime(0)
    return beginning(start).rewind or ToTime(NEVER_MS)


def _read(text: str) -> datetime | timedelta | dict[int, int]:
    if found := AGO.fullmatch(text):
        return timedelta(seconds=float(found[1]) * UNIT_S[found[2]])
    if OFFSETS.fullmatch(text):
        pairs = (one.split("=") for one in text.split(","))
        return {int(partition): int(offset) for partition, offset in pairs}
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise _refusal(text) from None


def _offsets(by_partition: Mapping[int, int]) -> ToOffsets:
    for partition, offset in by_partition.items():
        if not (
            isinstance(partition, int) and isinstance(offset, int) and min(partition, offset) >= 0
        ):
            raise SettingsError(
                f"start: partition {partition!r} at offset {offset!r}: give two whole numbers from"
                " 0 on, as {0: 1500}"
            )
    return ToOffsets(dict(by_partition))


def _at(unix_s: float) -> ToTime:
    return ToTime(max(0, round(unix_s * 1e3)))


def _refusal(start: object) -> SettingsError:
    return SettingsError(
        f"start {start!r} is none of: earliest, latest, a time such as 2026-11-21T03:00 (UTC), so"
        " long ago such as 6h, offsets such as 0=1500,1=1700"
    )
