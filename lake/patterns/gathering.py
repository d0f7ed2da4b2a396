"""Light curves of a lake's objects, each of all its alerts; those near together at once."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lake.arrays import values_of
from lake.finding import Found, Hit
from lake.layout import CURVES, POINTS
from lake.patterns.points import Points, points_of
from lake.reading import Lake
from schemas.batch import Floats, LightCurves
from schemas.light_curves import united
from sky.cells import cells_of
from sky.positions import on_sky

TOGETHER: Final = 2_000
"""Objects whose light curves are in memory at once."""
ROW_POINTS_MAX: Final = 400
"""Alerts of an object whose light curves are read, the newest: a light curve holds those before."""

Ints = NDArray[np.int64]


class Alerts(NamedTuple):
    """Every alert with a place, (n,) each; 40 bytes an alert."""

    name: Ints
    """Place in the list of objects."""
    part: Ints
    row: Ints
    mjd: Floats
    ra_deg: Floats
    dec_deg: Floats

    def take(self, which: NDArray[np.bool_] | Ints) -> Alerts:
        """Some of them."""
        return Alerts._make(each[which] for each in self)


class Object(NamedTuple):
    """An object, where its newest alert was, and what was measured of it."""

    survey: str
    object_id: str
    ra_deg: float
    dec_deg: float
    points: Points


def changed_objects(lake: Lake, known: Set[str]) -> Iterator[Object]:
    """Objects with an alert in a part whose mark is not known, with all that the lake has of them.

    Raises ArchiveError where the lake cannot be read.
    """
    names, every = _alerts(lake)
    new = [at for at, part in enumerate(lake.parts) if part.standing.mark not in known]
    wanted = np.zeros(len(names), np.bool_)
    wanted[every.name[np.isin(every.part, new)]] = True
    some = every.take(wanted[every.name])
    newest_first = some.take(np.lexsort((-some.mjd, some.name)))
    _, first = np.unique(newest_first.name, return_index=True)
    head = newest_first.take(first)
    # By place, as parts are: objects that are read together lie in few of their groups.
    order = np.argsort(cells_of(head.ra_deg, head.dec_deg), kind="stable")
    ends = np.append(first[1:], len(newest_first.name))
    for begin in range(0, len(order), TOGETHER):
        piece = order[begin : begin + TOGETHER]
        rows = [np.arange(first[at], min(ends[at], first[at] + ROW_POINTS_MAX)) for at in piece]
        curves = _curves(lake, newest_first.take(np.concatenate(rows)))
        for at, points in zip(piece, _by_object(curves, [*map(len, rows)]), strict=True):
            survey, object_id = names[int(head.name[at])]
            place = float(head.ra_deg[at]), float(head.dec_deg[at])
            yield Object(survey, object_id, *place, points)


def _alerts(lake: Lake) -> tuple[list[tuple[str, str]], Alerts]:
    """The names of all objects, survey and id, and the alerts."""
    codes = dict[tuple[str, str], int]()
    found: list[Alerts] = []
    for at, part in enumerate(lake.parts):
        groups = [*range(len(part.begins) - 1)]
        columns = ["survey", "object_id", "mjd", "ra_deg", "dec_deg"]
        table = part.read_groups(groups, columns)
        survey, object_id = (table.column(name).to_pylist() for name in columns[:2])
        pairs = zip(survey, object_id, strict=True)
        name = np.array([codes.setdefault(one, len(codes)) for one in pairs], np.int64)
        numbers = [values_of(table.column(one)) for one in columns[2:]]
        rows = np.arange(len(name), dtype=np.int64)
        whole = Alerts(name, np.full(len(name), at), rows, *numbers)
        found.append(whole.take(on_sky(whole.ra_deg, whole.dec_deg) & np.isfinite(whole.mjd)))
    return [*codes], Alerts(*(np.concatenate(each) for each in zip(*found, strict=True)))


def _curves(lake: Lake, alerts: Alerts) -> dict[str, LightCurves]:
    """Of each of these alerts, in their order, what its packet held."""
    by_part = np.argsort(alerts.part, kind="stable")
    part = alerts.part[by_part]
    hits = [Hit(lake.parts[int(one)], alerts.row[by_part[part == one]]) for one in np.unique(part)]
    found, back = Found(lake, hits), np.argsort(by_part, kind="stable")
    return {kind: found.curves(kind).take(back) for kind in CURVES}


def _by_object(curves: dict[str, LightCurves], alerts: list[int]) -> Iterator[Points]:
    """Of each object's alerts, which follow one another, newest first, the points of all."""
    begin = 0
    for count in alerts:
        rows = np.arange(begin, begin + count)
        begin += count
        yield points_of(united(_joined([curves[kind].take(rows) for kind in CURVES])))


def _joined(curves: list[LightCurves]) -> LightCurves:
    offsets = np.cumsum([0, *np.concatenate([np.diff(each.offsets) for each in curves])])
    columns = (np.concatenate([getattr(each, name) for each in curves]) for name in POINTS)
    return LightCurves(offsets.astype(np.int64), *columns)
