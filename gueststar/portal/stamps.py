"""A stamp as a PNG: one of three planes, by a scale and a way up that were chosen."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from gueststar.alert import Alert
from gueststar.stretch import Plane, stretched
from gueststar.upright import Compass, upright
from schemas.batch import PLANES

Scale = Literal["asinh", "linear", "log"]
SCALES: tuple[Scale, ...] = get_args(Scale)
Way = Literal["north-up", "as-sent"]
WAYS: tuple[Way, ...] = get_args(Way)

NO_PIXEL_RGB = (0xD9, 0xC7, 0xA0)
"""Of a pixel without a value: no grey, so that it is not taken for one (pictures/look.py)."""
GREYS = 255
"""Levels; the next index of the palette is that of no value."""
LOW_PERCENTILE, HIGH_PERCENTILE = 1.0, 99.7
LOG_SOFT = 1000.0
"""Of the logarithmic scale: log(1 + 1000 x), as SAOImage DS9 has it."""


@dataclass(frozen=True)
class Look:
    """How a stamp is drawn."""

    scale: Scale = "asinh"
    way: Way = "north-up"
    inverted: bool = False


def png(alert: Alert, plane: int, look: Look) -> bytes | None:
    """A plane (0 science, 1 template, 2 difference) at native size; None where there is none."""
    planes = oriented(alert, look.way)[0]
    values = planes[plane]
    return _png(_levels(values, plane, look)) if values.size else None


def oriented(alert: Alert, way: Way) -> tuple[list[Plane], Compass | None]:
    """The planes, first row below, and where north and east are, where that is known."""
    planes, compass = upright(alert)
    if way == "as-sent":
        return [*alert.stamps], None
    return [*planes], compass


def _levels(values: Plane, number: int, look: Look) -> NDArray[np.uint8]:
    grey = stretched(values, number) if look.scale == "asinh" else _scaled(values, look.scale)
    known = np.isfinite(grey)
    if look.inverted:
        grey = 1 - grey
    levels = np.full(grey.shape, GREYS, np.uint8)
    levels[known] = np.rint(grey[known] * (GREYS - 1)).astype(np.uint8)
    return levels[::-1]


def _scaled(values: Plane, scale: Scale) -> Plane:
    """Between percentiles, 0 to 1; NaN where a pixel has no value."""
    found = np.where(np.isfinite(values), values, np.nan).astype(np.float64)
    if not np.isfinite(found).any():
        return found.astype(np.float32)
    low, high = np.nanpercentile(found, [LOW_PERCENTILE, HIGH_PERCENTILE])
    level = np.clip((found - low) / ((high - low) or 1.0), 0, 1)
    if scale == "log":
        level = np.log1p(LOG_SOFT * level) / np.log1p(LOG_SOFT)
    levels: Plane = level.astype(np.float32)
    return levels


def _png(levels: NDArray[np.uint8]) -> bytes:
    """Palette indices (rows, columns) as a PNG (W3C, Portable Network Graphics, 3rd edition)."""
    rows, columns = levels.shape
    greys = [(grey, grey, grey) for grey in range(GREYS)]
    palette = bytes(value for colour in (*greys, NO_PIXEL_RGB) for value in colour)
    lines = np.concatenate([np.zeros((rows, 1), np.uint8), levels], axis=1).tobytes()
    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    check = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)


def plane_number(name: str) -> int | None:
    """Of "science", "template" or "difference"; None for another name."""
    return PLANES.index(name) if name in PLANES else None
