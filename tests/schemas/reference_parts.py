"""What the plain adapters of `reference` share: values, nights, and each exposure once."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date
from typing import Any

Record = dict[str, Any]
Point = tuple[float, int, float, float, float, bool]
"""mjd, band, flux_njy, flux_err_njy, limit_mag, detected."""
NAN, INF = math.nan, math.inf


def night(jd: float) -> int:
    """The date on which a Julian date lies, by the calendar of the standard library."""
    return int(date.fromordinal(math.floor(jd - 1721424.5)).strftime("%Y%m%d"))


def exposures(alert: float, points: Iterable[Point], own: Point | None = None) -> list[Point]:
    """By time, each exposure once."""
    sound = [one for one in points if 47892 <= one[0] <= alert + 3]
    found = sorted([*sound, *([own] if own else [])], key=lambda one: one[0])
    return [one for place, one in enumerate(found) if not _stands_twice(found, place, own)]


def _stands_twice(found: list[Point], place: int, own: Point | None) -> bool:
    """Whether another point of the same exposure, at most eight places away, is kept instead."""
    one = found[place]
    for there in range(max(0, place - 8), min(len(found), place + 9)):
        other = found[there]
        is_twin = abs(other[0] - one[0]) <= 1e-4 and other[1] == one[1]
        if is_twin and (*_worth(other, own), -there) > (*_worth(one, own), -place):
            return True
    return False


def _worth(point: Point, own: Point | None) -> tuple[bool, bool, bool]:
    return math.isfinite(point[2]), point is own, math.isfinite(point[4])


def value_of(record: Record, name: str, none_found: float = NAN) -> float:
    value = record.get(name)
    if value is None or value == -99999.0 or ("dist" in name and value < 0 and value != -999.0):
        return NAN
    return none_found if value == -999.0 else float(value)


def text_of(record: Record, name: str) -> str:
    text = record.get(name) or ""
    return text if len(text) <= 32 and text.isascii() and text.isprintable() else ""


def items_of(record: Record, name: str) -> list[Record]:
    return [item for item in record.get(name) or [] if item is not None]


def sound(mjd: float, latest: float) -> float:
    return mjd if 47892 <= mjd <= latest else NAN
