"""Stamps as finding charts show them: turned by quarters and mirrored until north is up, east left.

No pixel is interpolated, so that what is left of a rotation, at most 45 degrees, stays: the compass
says where north and east are.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gueststar.row import Row
from gueststar.stretch import Plane
from schemas.fits import PlaneReader, StampLimits

Vector = tuple[float, float]
ARROWS = "→↗↑↖←↙↓↘"


class Compass(NamedTuple):
    """Which way north and east are on a picture: vectors of length 1, x to the right, y up."""

    north: Vector
    east: Vector

    def __str__(self) -> str:
        """As a line of text says it: N ↑ E ←."""
        return f"N {_arrow(self.north)} E {_arrow(self.east)}"


def upright(alert: Row) -> tuple[Sequence[Plane], Compass | None]:
    """An alert's stamps to be drawn with the first row below, and their compass.

    None where neither the survey nor the stamps' headers say how they lie; they are then as sent.
    """
    planes, sent = alert.stamps, _as_sent(alert)
    if sent is None:
        return planes, None
    turns = [_turned(sent, *turn) for turn in TURNS]
    best = max(range(len(TURNS)), key=lambda at: turns[at].north[1] - turns[at].east[0])
    return [_turned_plane(plane, *TURNS[best]) for plane in planes], turns[best]


def why_none(alert: Row) -> str:
    """Of an alert without a stamp to show: why."""
    unreadable = bool(alert.batch.stamps.unreadable[alert.row].any())
    return "stamps that cannot be read" if unreadable else "no stamps: a lite record"


TURNS = tuple(product((False, True), repeat=3))
"""Whether axes are swapped, then columns are reversed, then rows: the eight ways of a square."""


def _turned(sent: Compass, swapped: bool, columns: bool, rows: bool) -> Compass:
    def turn(vector: Vector) -> Vector:
        x, y = reversed(vector) if swapped else vector
        return (-x if columns else x), (-y if rows else y)

    return Compass(turn(sent.north), turn(sent.east))


def _turned_plane(plane: Plane, swapped: bool, columns: bool, rows: bool) -> Plane:
    turned = plane.T if swapped else plane
    return turned[:: -1 if rows else 1, :: -1 if columns else 1]


def _as_sent(alert: Row) -> Compass | None:
    spans = alert.batch.spans
    if spans.rows_southward is not None and spans.rows_southward[alert.row]:
        return Compass(north=(0.0, -1.0), east=(-1.0, 0.0))
    reader = PlaneReader(StampLimits())
    for begin, end in spans.stamp[alert.row].tolist():
        matrix = reader.sky_matrix(alert.batch.buffer.data[begin:end]) if 0 <= begin < end else None
        if matrix:
            return _of_matrix(np.array(matrix).reshape(2, 2))
    return None


def _of_matrix(matrix: NDArray[np.float64]) -> Compass | None:
    """East and north are where the matrix makes of a step one of the sky's axes alone."""
    if not np.isfinite(matrix).all() or not np.linalg.det(matrix):
        return None
    east, north = np.linalg.inv(matrix).T
    return Compass(_unit(north), _unit(east))


def _unit(vector: NDArray[np.float64]) -> Vector:
    x, y = vector / np.hypot(*vector)
    return float(x), float(y)


def _arrow(vector: Vector) -> str:
    x, y = vector
    return ARROWS[round(np.arctan2(y, x) / (np.pi / 4)) % 8]
