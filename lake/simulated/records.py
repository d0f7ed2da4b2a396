"""One simulated detection as Rubin would write it: schema 11.1 in Confluent framing.

What varies from point to point has a fixed place in the record, so that a history is a table of
bytes, of which columns are filled. What a simulation does not say is null; an alert's position on
a detector may not be, and is NaN. There are no stamps and nothing of the host: 11.1 has no field
for its redshift.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lake.simulated.curves import OBJECT_ROWS_MAX, CurveRows, Ints
from schemas.lsst_schema import BANDS, DIA_FORCED_SOURCE, DIA_OBJECT, DIA_SOURCE, frame_of
from schemas.wire import long_bytes
from schemas.writing import flat_record

Bytes = NDArray[np.uint8]

VISITS_A_DAY = 100_000
"""Visits are numbered by their time in such parts of a day: ids of one length from 1858 to 2326."""
ROW_BITS = OBJECT_ROWS_MAX.bit_length() - 1
"""Of a source's id, behind the object's: its place in the light curve."""
FRAME = frame_of()
_NULL, _GIVEN = b"\0", b"\2"
_NO_ORBIT_NO_STAMPS = _NULL * 5
_DOUBLE, _FLOAT = np.dtype("<f8"), np.dtype("<f4")


class Place(NamedTuple):
    """An object: its id, which is above 0, and where it is, degrees."""

    object_id: int
    ra_deg: float
    dec_deg: float


class Template(NamedTuple):
    """A point's record, with places to fill."""

    encoded: Bytes
    at: dict[str, int]
    """By field, where its value begins."""
    id_name: str


def packet(known: CurveRows, place: Place, number: int) -> bytes:
    """The alert of the last of these points, the object's `number`-th, counted from 0.

    The others lie before it in time, are numbered from 0, and are all. prvDiaSources are the
    detections among them, prvDiaForcedSources all of them.
    """
    earlier = np.arange(len(known.mjd) - 1)
    seen = np.flatnonzero(known.detected[:-1])
    detected = np.append(seen, len(earlier))
    sources = _sources(known.part(detected), np.append(seen, number), place)
    return b"".join(
        (
            FRAME,
            long_bytes(source_id(place.object_id, number)),
            _NULL * 2,  # neither a reason nor a target of the observation
            sources[-1].tobytes(),
            _history(sources[:-1]),
            _history(_forced(known.part(earlier), earlier, place)),
            _GIVEN,
            _object(known, detected, place),
            _NO_ORBIT_NO_STAMPS,
        )
    )


def source_id(object_id: int, number: int) -> int:
    """Of an object's point: ids of one object are of one length on the wire."""
    return (object_id << ROW_BITS) | number


def _history(rows: Bytes) -> bytes:
    if not len(rows):
        return _NULL
    return b"".join((_GIVEN, long_bytes(len(rows)), rows.tobytes(), _NULL))


def _sources(points: CurveRows, numbers: Ints, place: Place) -> Bytes:
    template = _source_template(place.object_id.bit_length())
    rows = _filled(template, points, numbers, place)
    with np.errstate(all="ignore"):
        snr = np.abs(points.flux_njy) / points.flux_err_njy
    _put(rows, template.at["snr"], snr, _FLOAT)
    rows[:, template.at["isNegative"]] = points.flux_njy < 0
    return rows


def _forced(points: CurveRows, numbers: Ints, place: Place) -> Bytes:
    return _filled(_forced_template(place.object_id.bit_length()), points, numbers, place)


def _filled(template: Template, points: CurveRows, numbers: Ints, place: Place) -> Bytes:
    """Of each point its record, uint8 (points, bytes)."""
    rows, at = np.tile(template.encoded, (len(numbers), 1)), template.at
    _put_ids(rows, at[template.id_name], np.int64(place.object_id) << ROW_BITS | numbers)
    _put_ids(rows, at["diaObjectId"], np.full(len(rows), place.object_id))
    _put_ids(rows, at["visit"], np.rint(points.mjd * VISITS_A_DAY).astype(np.int64))
    _put(rows, at["ra"], np.full(len(rows), place.ra_deg), _DOUBLE)
    _put(rows, at["dec"], np.full(len(rows), place.dec_deg), _DOUBLE)
    for name in ("midpointMjdTai", "timeProcessedMjdTai"):
        _put(rows, at[name], points.mjd, _DOUBLE)
    _put(rows, at["psfFlux"], points.flux_njy, _FLOAT)
    _put(rows, at["psfFluxErr"], points.flux_err_njy, _FLOAT)
    rows[:, at["band"] + 1] = _LETTERS[points.band]
    return rows


_LETTERS = np.frombuffer(BANDS.encode(), np.uint8)


def _put(rows: Bytes, at: int, values: NDArray[np.floating], dtype: np.dtype[np.floating]) -> None:
    width = dtype.itemsize
    rows[:, at : at + width] = values.astype(dtype).view(np.uint8).reshape(len(rows), width)


def _put_ids(rows: Bytes, at: int, ids: Ints) -> None:
    """Whole numbers above 0, all of as many bytes as the one that stands there."""
    zigzag, byte = ids << 1, at
    while rows.size:
        more = bool(rows[0, byte] & 0x80)
        rows[:, byte] = (zigzag & 0x7F) | (0x80 if more else 0)
        if not more:
            return
        zigzag, byte = zigzag >> 7, byte + 1


@lru_cache(maxsize=64)
def _source_template(id_bits: int) -> Template:
    numbers = dict.fromkeys(("detector", "psfNdata", "trailNdata", "dipoleNdata", "bboxSize"), 0)
    rest = {"x": np.nan, "y": np.nan, "snr": 0.0, "isNegative": False}
    return _template(DIA_SOURCE, id_bits, "diaSourceId", {**numbers, **rest})


@lru_cache(maxsize=64)
def _forced_template(id_bits: int) -> Template:
    return _template(DIA_FORCED_SOURCE, id_bits, "diaForcedSourceId", {"detector": 0})


def _template(words: str, id_bits: int, id_name: str, more: Mapping[str, object]) -> Template:
    """Of the points of an object whose id has so many bits."""
    object_id = 1 << (id_bits - 1)
    reals = ("ra", "dec", "psfFlux", "psfFluxErr", "midpointMjdTai", "timeProcessedMjdTai")
    values: dict[str, object] = {
        **dict.fromkeys(reals, 0.0),
        id_name: source_id(object_id, 0),
        "diaObjectId": object_id,
        "visit": 60_000 * VISITS_A_DAY,
        "band": BANDS[0],
        **more,
    }
    encoded, at = flat_record(words, values)
    return Template(np.frombuffer(encoded, np.uint8), at, id_name)


def _object(known: CurveRows, detected: Ints, place: Place) -> bytes:
    """What the object's record holds of the detections up to now."""
    now = float(known.mjd[-1])
    bands = np.bincount(known.band[detected], minlength=len(BANDS)).tolist()
    parts = _object_parts()
    numbers = [long_bytes(count) for count in (*bands, len(detected))]
    times = _times(float(known.mjd[detected[0]]), now)
    head = long_bytes(place.object_id) + struct.pack("<d", now)
    where = struct.pack("<d", place.ra_deg) + _NULL + struct.pack("<d", place.dec_deg)
    body = b"".join(map(bytes.__add__, parts[:-1], numbers))
    return head + where + body + parts[-1] + times + numbers[-1]


def _times(first_mjd: float, last_mjd: float) -> bytes:
    return b"".join(_GIVEN + struct.pack("<d", mjd) for mjd in (first_mjd, last_mjd))


@lru_cache(maxsize=1)
def _object_parts() -> tuple[bytes, ...]:
    """The nulls before each count of a band, and those before the times at the end."""
    fields = [word.split(":") for word in DIA_OBJECT.split()]
    begin = [name for name, _ in fields].index("dec") + 1
    parts, nulls = [], 0
    for name, kind in fields[begin:]:
        if kind == "int" and name.endswith("_psfFluxNdata"):
            parts.append(_NULL * nulls)
            nulls = 0
        elif name == "firstDiaSourceMjdTai":
            break
        else:
            nulls += 1
    return (*parts, _NULL * nulls)
