"""An object's alerts by time, and what classifiers said of it meanwhile."""

from __future__ import annotations

from typing import Any, NamedTuple

from gueststar.portal.answers import records
from gueststar.portal.backend import Backend
from gueststar.portal.night import rows_of

SPARK = 120, 28
"""Of a score over time, in its picture's units."""


def of_object(backend: Backend, object_id: str) -> tuple[list[dict[str, Any]], list[OverTime]]:
    """Its alerts by time, and each score over time."""
    if backend.door.is_there:
        with backend.door.asked() as lake:
            found = lake.object(object_id)
            rows = records(found)
        if rows:
            names = [name for name in found.columns if name.startswith("score.")]
            return rows, [*filter(None, (_over_time(rows, name) for name in names))]
    return rows_of(backend.night.of_object(object_id)), []


class OverTime(NamedTuple):
    """A score over an object's alerts, drawn."""

    name: str
    newest: float
    points: list[tuple[float, float]]
    path: str


def _over_time(rows: list[dict[str, Any]], name: str) -> OverTime | None:
    """None of a score that no alert has."""
    found = [(row["mjd"], row[name]) for row in rows if None not in (row["mjd"], row[name])]
    if not found:
        return None
    first, last = found[0][0], found[-1][0]
    width, height = SPARK
    points = [
        (round(width * (mjd - first) / ((last - first) or 1), 1), round(height * (1 - value), 1))
        for mjd, value in found
    ]
    path = "M" + "L".join(f"{x},{y}" for x, y in points)
    return OverTime(name.removeprefix("score."), found[-1][1], points, path)
