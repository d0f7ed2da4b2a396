"""Light curves as ZTF's packets hold them: the 30 days that end with a detection.

A ZTF packet brings the detection it is about and the earlier points, limits among them, of the 30
days before it (ZTF Avro schema 4.02, prv_candidates; in 3,345 real packets none is older than 30.0
days). A window is such a packet made from a whole light curve: the points from 30 days before its
end up to the end itself, which is its last point and a detection. Nothing later is in it.

A window with fewer than DETECTIONS_MIN detections is not made, as the served network declines it.
`ends` are places of points in `Objects.curves`; a few functions say which to take.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from schemas.batch import LightCurves
from schemas.light_curves import first_detection_mjd, point_rows
from training.arrays import Floats, Ints
from training.lightcurve.objects.objects import Objects

WINDOW_DAYS = 30.0
DETECTIONS_MIN = 2
"""In a window. The third detection of an object may be the second within 30 days."""
NEAR_PEAK_DAYS = 200.0
"""From the brightest detection, to learn from: detections years away are seldom the supernova."""


class Windows(NamedTuple):
    """Windows, and for each the place of its object among those it was cut from."""

    objects: Objects
    parent: Ints
    history: Floats
    """(m, 2), as `layout.HISTORY` says, counted in the whole light curves."""


def windows(objects: Objects, ends: Ints) -> Windows:
    """The window that ends at each of these points, in their order.

    Only those with DETECTIONS_MIN detections: `parent` says which objects have one. A copy has its
    object's name, label and redshift. Raises ValueError where an end is no detection.
    """
    curves = objects.curves
    if not curves.detected[ends].all():
        raise ValueError("a window ends at a detection; some of these ends are none")
    begins = _begins(curves)[ends]
    seen = np.concatenate(([0], np.cumsum(curves.detected)))
    enough = seen[ends + 1] - seen[begins] >= DETECTIONS_MIN
    parent = point_rows(curves)[ends[enough]]
    cut = curves.between(begins[enough], ends[enough] + 1)
    copies = Objects(objects.name[parent], objects.label[parent], cut, objects.redshift[parent])
    first = first_detection_mjd(curves)
    ever = seen[ends + 1] - seen[curves.offsets[:-1][point_rows(curves)[ends]]]
    days = curves.mjd[ends[enough]] - first[parent]
    return Windows(copies, parent, np.column_stack((days, ever[enough])))


def every_detection(objects: Objects) -> Ints:
    """All detections within NEAR_PEAK_DAYS of the object's brightest: ends to learn from.

    They are chosen by what came later; what a window holds is not.
    """
    curves = objects.curves
    point = np.flatnonzero(curves.detected)
    parent = point_rows(curves)[point]
    faintest_first = np.lexsort((np.abs(curves.flux_njy[point]), parent))
    peak_mjd = np.full(len(objects), np.nan)
    peak_mjd[parent[faintest_first]] = curves.mjd[point[faintest_first]]
    ends: Ints = point[np.abs(curves.mjd[point] - peak_mjd[parent]) <= NEAR_PEAK_DAYS]
    return ends


def drawn(objects: Objects, ends: Ints, most: int, random: np.random.Generator) -> Ints:
    """At most so many of each object's ends, drawn evenly, in rising order."""
    shuffled = random.permutation(ends)
    parent = point_rows(objects.curves)[shuffled]
    order = np.argsort(parent, kind="stable")
    _, first, count = np.unique(parent[order], return_index=True, return_counts=True)
    rank = np.arange(len(order)) - np.repeat(first, count)
    return np.sort(shuffled[order[rank < most]])


def nth_detection(objects: Objects, number: int) -> Ints:
    """The point of each object's detection of this number (1 is the first), where it has one."""
    point = np.flatnonzero(objects.curves.detected)
    seen = np.concatenate(([0], np.cumsum(objects.curves.detected)))
    before = seen[objects.curves.offsets[:-1]][point_rows(objects.curves)]
    ends: Ints = point[seen[point] - before[point] == number - 1]
    return ends


def newest_after(objects: Objects, days: float) -> Ints:
    """The last detection not later than so many days after the object's first.

    It ends the newest packet that a broker has when so many days are over. Every object that was
    ever detected has one; where nothing followed it is the first detection itself.
    """
    curves = objects.curves
    parent = point_rows(curves)
    point = np.flatnonzero(curves.detected)
    early = point[curves.mjd[point] <= (first_detection_mjd(curves) + days)[parent[point]]]
    last = np.full(len(objects), -1, np.int64)
    last[parent[early]] = early
    return last[last >= 0]


def _begins(curves: LightCurves) -> Ints:
    """For each point, the first of its object's that is not older than WINDOW_DAYS."""
    oldest: Floats = curves.mjd - WINDOW_DAYS
    begins = np.empty(len(oldest), np.int64)
    for begin, end in zip(curves.offsets[:-1], curves.offsets[1:], strict=True):
        own = slice(begin, end)
        begins[own] = begin + np.searchsorted(curves.mjd[own], oldest[own])
    return begins


def until(objects: Objects, days: float) -> Objects:
    """The same objects, with the points up to `days` after their first detection only.

    Earlier points stay, as forced photometry would show them. An object that was never detected
    keeps no point.
    """
    curves = objects.curves
    last = (first_detection_mjd(curves) + days)[point_rows(curves)]
    return replace(objects, curves=curves.where(curves.mjd <= last))
