"""What moves: detections of one night that lie on a line at one speed, one of a frame.

A line through the newest detection and an earlier one says where it was in the frames between; what
is found there makes a tracklet, if chance alone would hardly have put it there. What stands still
while the line moves on is of no tracklet.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RATE_MAX_ARCSEC_HOUR = 300.0
"""Two degrees a day: near-Earth objects; what is faster leaves a trail."""
FRAMES_MIN = 3
CHANCE_MAX = 5e-3
"""Lines as good that chance is expected to draw through one detection."""
NIGHT_DAYS = 0.5
DETECTIONS_MAX = 2000
"""Of a night that are looked at: the latest."""
FIELD_ARCSEC_MIN = 300.0
"""A side of what a camera sees, at least: a few detections may lie closer together."""
HALF_TURN = 180.0 * 3600.0
NOT_LINKED = {"star_residual", "dipole", "sharp"}
"""Marks of what is no source of its own."""


class Motion(NamedTuple):
    """How a detection moves, as `telescope_schema.DETECTION` has it."""

    motionArcsecHour: float  # noqa: N815 - the schema's names
    motionAngleDeg: float  # noqa: N815
    """East of north."""
    motionDetections: int  # noqa: N815
    motionChance: float  # noqa: N815
    """Expected number of lines as good by chance."""
    trackletId: int  # noqa: N815
    """The detection that the line begins with."""


class _Seen(NamedTuple):
    """Detections, by rising time."""

    hours: Floats
    places: Floats
    """(n, 2), degrees."""
    ids: NDArray[np.int64]
    stood: Floats
    """Hours since or until which another is where each is."""


class Tracks:
    """The detections of a camera's nights, and what of a new frame moves along with them."""

    def __init__(self, radius_arcsec: float) -> None:
        self._radius = radius_arcsec
        self._known: list[Mapping[str, Any]] = []

    def learn(self, detections: Sequence[Mapping[str, Any]]) -> None:
        """Those of a frame that was taken up."""
        self._known += filter(_is_linked, detections)

    def motions(self, new: Sequence[Mapping[str, Any]]) -> list[Motion | None]:
        """Of each of a new frame's detections; None where it is of no tracklet."""
        mjd = new[0]["mjd"] if new else 0.0
        known = [one for one in self._known if 0 < mjd - one["mjd"] < NIGHT_DAYS]
        known = sorted(known, key=lambda one: float(one["mjd"]))[-DETECTIONS_MAX:]
        if len(known) < FRAMES_MIN - 1:
            return [None] * len(new)
        seen = _seen(known, self._radius)
        return [_motion(one, seen, self._radius) if _is_linked(one) else None for one in new]


def _is_linked(one: Mapping[str, Any]) -> bool:
    return one["flux"] > 0 and NOT_LINKED.isdisjoint(one["marks"].split())


def _seen(known: Sequence[Mapping[str, Any]], radius: float) -> _Seen:
    hours = np.array([one["mjd"] for one in known]) * 24.0
    places = np.array([(one["ra"], one["dec"]) for one in known])
    stood = np.zeros(len(known))
    for at, place in enumerate(places):
        near = np.hypot(*_arcsec(places, place).T) < radius
        stood[at] = np.abs(hours[near] - hours[at]).max()
    return _Seen(hours, places, np.array([one["detectionId"] for one in known]), stood)


def _arcsec(places: Floats, about: Floats) -> Floats:
    """Places from another, east and north."""
    off = 3600.0 * (places - about)
    off[:, 0] = (off[:, 0] + HALF_TURN) % (2 * HALF_TURN) - HALF_TURN
    off[:, 0] *= math.cos(math.radians(about[1]))
    return off


def _motion(new: Mapping[str, Any], seen: _Seen, radius: float) -> Motion | None:
    """The best line through a detection: of most frames, of those the longest."""
    places = _arcsec(seen.places, np.array([new["ra"], new["dec"]]))
    ago = new["mjd"] * 24.0 - seen.hours
    away = np.hypot(*places.T)
    rates = away / ago
    stood = np.where(away < radius, ago, 0.0).max()
    moved = rates * np.maximum(seen.stood, stood) <= 2 * radius
    starts = np.flatnonzero((rates < RATE_MAX_ARCSEC_HOUR) & (away > 2 * radius) & moved)
    if not len(starts):
        return None
    share = ago / ago[starts, None]
    off = places - share[..., None] * places[starts, None]
    on_line = (np.hypot(off[..., 0], off[..., 1]) < radius) & (share < 1)
    on_line &= rates[starts, None] * seen.stood <= 2 * radius
    times, frame = np.unique(ago, return_inverse=True)
    by_frame = np.zeros((len(starts), len(times)), np.bool_)
    lines, there = np.nonzero(on_line)
    by_frame[lines, frame[there]] = True
    count = by_frame.sum(axis=1)
    best = int(np.lexsort((ago[starts], count))[-1])
    start, found = int(starts[best]), int(count[best])
    between = int(np.sum(times < ago[start]))
    loose = rates[start] * seen.stood <= 2 * radius
    filled = _filled(places, int(loose.sum()) / len(times), radius)
    chance = len(starts) * math.comb(between, found) * filled**found
    if found + 2 < FRAMES_MIN or chance > CHANCE_MAX:
        return None
    angle = math.degrees(math.atan2(-places[start, 0], -places[start, 1])) % 360.0
    return Motion(float(rates[start]), angle, found + 2, chance, int(seen.ids[start]))


def _filled(places: Floats, of_a_frame: float, radius: float) -> float:
    """The share of the sky that is within the radius of so many detections."""
    sides = np.maximum(np.ptp(places, axis=0), FIELD_ARCSEC_MIN)
    return min(of_a_frame * math.pi * radius**2 / float(np.prod(sides)), 1.0)
