"""A lake's rows held to records that fastavro read by itself, field by field."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import fastavro
import numpy as np

from lake.layout import CURVES, PLAIN
from lake.reading import Lake, LakeRows
from schemas.avro import SchemaSource
from tests.schemas.comparing import DERIVED, RELATIVE_ERROR_MAX
from tests.schemas.reference import columns
from tests.schemas.reference_parts import Point

Record = dict[str, Any]
Key = tuple[str, int]
"""Survey and alert_id."""

OURS = "gueststar"
CUTOUTS = "cutout"
POINT = ("mjd", "band", "flux_njy", "flux_err_njy", "limit_mag", "detected")
CELLS = (*(name for name in PLAIN if name != "seen_before"), "night")
"""That an alert came before is the worker's to say."""
ROWS_TOGETHER = 1_024
"""Of which the packets are in memory."""


def records(messages: Iterable[bytes], schemas: SchemaSource) -> Iterator[Record]:
    """Each message's one record: of a container, or of a bare datum under its schema's id."""
    for message in messages:
        if message[0]:
            (record,) = fastavro.reader(io.BytesIO(message))
        else:
            schema = schemas.find(int.from_bytes(message[1:5], "big"))
            assert schema is not None
            record = fastavro.schemaless_reader(io.BytesIO(message[5:]), schema.parsed, None)
        assert isinstance(record, dict)
        yield record


def key_of(record: Record) -> Key:
    """The alert that a record is of; more than one may be."""
    own = record.get("diaSource") or record["candidate"]
    alert_id = own.get("diaSourceId") or record.get("candid") or own["candid"]
    survey = "lsst" if "diaSource" in record else "winter" if "objectid" in record else "ztf"
    return survey, alert_id


def compared(lake: Path, source: dict[Key, list[bytes]], schemas: SchemaSource) -> int:
    """How many rows were held to their messages; each message must be one row, and each row one.

    A row that is not what any left message of its alert says fails; rows of alerts that are not
    in `source` are passed over. Records are made one at a time: they take ten times their bytes.
    """
    done = 0
    for rows in Lake(lake).tables(ROWS_TOGETHER):
        keys = zip(rows.column("survey").tolist(), rows.column("alert_id").tolist(), strict=True)
        packets = rows.packets
        for row, key in enumerate(keys):
            left = source.get(key)
            if left is None:
                continue
            told = records(left, schemas)
            faults = [[*_faults(rows, row, packets[row], record)] for record in told]
            assert [] in faults, (key, faults)
            del left[faults.index([])]
            done += 1
    assert not any(source.values()), "messages that have no row"
    return done


def _faults(rows: LakeRows, row: int, packet: bytes, record: Record) -> Iterator[str]:
    """What of a row is not what its record says."""
    expected = columns(record)
    for name in CELLS:
        held = rows.night if name == "night" else rows.column(name)[row]
        if not _agrees(name, held, expected[name]):
            yield f"{name}: {held!r} for {expected[name]!r}"
    for kind in CURVES:
        curve = getattr(rows, kind).of(row)
        if not _same_points([getattr(curve, name) for name in POINT], expected[kind]):
            yield f"{kind}: {curve} for {expected[kind]}"
    (kept,) = fastavro.reader(io.BytesIO(packet))
    for name, value in record.items():
        if not name.startswith(CUTOUTS) and repr(kept.get(name)) != repr(value):
            yield f"{name} of the packet that was kept"


def _agrees(name: str, held: Any, expected: Any) -> bool:  # noqa: ANN401 - a cell of any column
    if name == "night":
        return bool(int(held) == expected)
    if isinstance(expected, float) and np.isnan(expected):
        return bool(np.isnan(held))
    if name in DERIVED:
        return bool(held == expected or abs(held - expected) <= RELATIVE_ERROR_MAX * abs(expected))
    return bool(held == expected)


def _same_points(held: list[Any], expected: list[Point]) -> bool:
    """As `comparing` has it: times and limits to the bit, fluxes but for rounding."""
    wanted = np.array(expected, np.float64).reshape(-1, len(POINT))
    if len(held[0]) != len(wanted):
        return False
    return all(
        np.allclose(column, wanted[:, at], rtol=RELATIVE_ERROR_MAX, atol=0, equal_nan=True)
        if "flux" in POINT[at]
        else np.array_equal(np.asarray(column, np.float64), wanted[:, at], equal_nan=True)
        for at, column in enumerate(held)
    )
