"""Alert packets as a survey writes them: containers of records, gzipped FITS stamps.

The live path never writes a record (it appends to one, `enriched.py`); invented nights and
tests do. Written by hand, because thousands of packets are invented while somebody waits, and
fastavro tries each branch of each union on each value: five times slower here. Tests hold the
two together.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Container, Mapping
from functools import lru_cache, partial
from operator import itemgetter
from struct import Struct
from typing import Any

import numpy as np
from isal import igzip
from numpy.typing import NDArray

from schemas.container import MAGIC, SYNC_BYTES
from schemas.schema_words import record
from schemas.wire import block_bytes, long_bytes, text_bytes

FITS_BLOCK_BYTES = 2880
"""FITS files are made of blocks of this size (FITS Standard 4.0, section 3.1)."""

_GZIP_LEVEL = 1

Encode = Callable[[Any], bytes]


def container(schema: str, *records: Mapping[str, object]) -> bytes:
    """An Avro container of one uncompressed block; the same input gives the same bytes.

    `schema` is the writer schema's JSON text, kept in the header: records, arrays, scalars, and
    unions of null and one type, as alerts have. Every field stands in the record.
    """
    return _block(schema, len(records), b"".join(map(_encoder_of(schema), records)))


def contained(schema: str, datum: bytes) -> bytes:
    """A bare datum as a container of one record; `schema` is its writer's, JSON text."""
    return _block(schema, 1, datum)


def confluent(schema_id: int, schema: str, whole: Mapping[str, object]) -> bytes:
    """A record in Confluent framing: byte 0, the schema id in four bytes, the bare datum."""
    return b"\0" + schema_id.to_bytes(4, "big") + _encoder_of(schema)(whole)


def flat_record(words: str, values: Mapping[str, object]) -> tuple[bytes, dict[str, int]]:
    """A record of scalars (`schemas.schema_words`), and where each value that is given begins.

    Fields of which no value is given are null.
    """
    encoded, at = b"", dict[str, int]()
    for field in record(" ", "", words)["fields"]:
        (null, encode), value = _field(field["type"], {}), values.get(field["name"])
        if value is not None:
            at[field["name"]] = len(encoded) + len(null)  # a union's branch takes one byte
        encoded += null if value is None and null else encode(value)
    return encoded, at


def located(
    schema: str, whole: Mapping[str, object], wanted: Container[str]
) -> tuple[bytes, dict[str, list[int]]]:
    """A record's bare datum, and where values begin in it, by dotted path from the record's top.

    Array items have their array's path. Slower than `container` by far, for what is written once.
    """
    out, places = bytearray(), dict[str, list[int]]()

    def walk(kind: Any, value: Any, path: str, named: dict[str, Any]) -> None:  # noqa: ANN401
        if isinstance(kind, list):
            null = kind.index("null")
            out.extend(long_bytes(null if value is None else 1 - null))
            if value is not None:
                walk(kind[1 - null], value, path, named)
        elif isinstance(kind, str) and kind in _SCALARS:
            if path in wanted:
                places.setdefault(path, []).append(len(out))
            out.extend(_SCALARS[kind](value))
        elif isinstance(kind, str):
            walk(named[kind], value, path, named)
        elif kind["type"] == "array":
            out.extend(long_bytes(len(value)))
            for item in value:
                walk(kind["items"], item, path, named)
            out.extend(long_bytes(0) if value else b"")
        elif kind["type"] == "record":
            named[f"{kind['namespace']}.{kind['name']}"] = kind
            for one in kind["fields"]:
                walk(one["type"], value[one["name"]], f"{path}.{one['name']}".lstrip("."), named)
        else:
            walk(kind["type"], value, path, named)

    walk(json.loads(schema), whole, "", {})
    return bytes(out), places


def gzipped_fits(pixels: NDArray[np.float32], matrix: tuple[float, ...] = ()) -> bytes:
    """A stamp as ZTF sends it: one FITS image of big-endian float32, gzipped.

    pixels (rows, columns); the first row is the image's bottom row. matrix: how the sky lies over
    them, as `fits.PlaneReader.sky_matrix` has it; none: not told.
    """
    compressed: bytes = igzip.compress(plain_fits(pixels, matrix), _GZIP_LEVEL, mtime=0)
    return compressed


def plain_fits(pixels: NDArray[np.float32], matrix: tuple[float, ...] = ()) -> bytes:
    """A stamp as Rubin sends it, not compressed."""
    data = pixels.astype(">f4").tobytes()
    return _fits_header(*pixels.shape, matrix) + data + bytes(-len(data) % FITS_BLOCK_BYTES)


def _block(schema: str, records: int, data: bytes) -> bytes:
    header, sync = _header(schema)
    return b"".join((header, long_bytes(records), long_bytes(len(data)), data, sync))


@lru_cache(maxsize=32)
def _header(schema: str) -> tuple[bytes, bytes]:
    """A container's beginning, and the marker after each of its blocks."""
    sync = hashlib.sha256(schema.encode()).digest()[:SYNC_BYTES]
    metadata = {"avro.codec": "null", "avro.schema": schema}
    header = block_bytes(text_bytes(key) + text_bytes(value) for key, value in metadata.items())
    return MAGIC + header + sync, sync


@lru_cache(maxsize=32)
def _encoder_of(schema: str) -> Encode:
    return _encoder(json.loads(schema), {})


def _encoder(kind: Any, named: dict[str, Encode]) -> Encode:  # noqa: ANN401 - JSON
    """What turns a value of an Avro type into its bytes; `named` collects the records met."""
    if isinstance(kind, list):
        null, encode = _nullable(kind, named)
        return lambda value: null if value is None else encode(value)
    if isinstance(kind, str):
        return _SCALARS[kind] if kind in _SCALARS else named[kind]
    if kind["type"] == "array":
        item = _encoder(kind["items"], named)
        return lambda values: block_bytes(map(item, values))
    if kind["type"] == "record":
        return _record(kind, named)
    return _encoder(kind["type"], named)


def _record(kind: dict[str, Any], named: dict[str, Encode]) -> Encode:
    fields = [_field(one["type"], named) for one in kind["fields"]]
    names = [one["name"] for one in kind["fields"]]
    values = itemgetter(*names, names[0])  # of one name alone it would give no tuple

    def encode(whole: Mapping[str, object]) -> bytes:
        pairs = zip(fields, values(whole), strict=False)
        return b"".join(
            [null if value is None and null else one(value) for (null, one), value in pairs]
        )

    named[kind["name"]] = named[f"{kind.get('namespace', '')}.{kind['name']}"] = encode
    return encode


def _field(kind: Any, named: dict[str, Encode]) -> tuple[bytes, Encode]:  # noqa: ANN401 - JSON
    """A field's null (empty where it has none) and its encoder: most are null, and cost no call."""
    if isinstance(kind, list):
        return _nullable(kind, named)
    return b"", _encoder(kind, named)


def _nullable(branches: list[Any], named: dict[str, Encode]) -> tuple[bytes, Encode]:
    assert len(branches) == 2 and "null" in branches, branches
    place = branches.index("null")
    null, present, kind = long_bytes(place), long_bytes(1 - place), branches[1 - place]
    if isinstance(kind, str) and kind in _FLOATS:
        return null, partial(Struct("<c" + _FLOATS[kind]).pack, present)
    encode = _encoder(kind, named)
    return null, lambda value: present + encode(value)


def _sized(value: bytes) -> bytes:
    return long_bytes(len(value)) + value


_FLOATS = {"float": "f", "double": "d"}
_SCALARS: dict[str, Encode] = {
    "boolean": Struct("?").pack,
    "int": long_bytes,
    "long": long_bytes,
    **{name: Struct("<" + code).pack for name, code in _FLOATS.items()},
    "string": text_bytes,
    "bytes": _sized,
}


@lru_cache(maxsize=256)
def _fits_header(rows: int, columns: int, matrix: tuple[float, ...]) -> bytes:
    values: dict[str, object] = {
        "SIMPLE": "T",
        "BITPIX": -32,
        "NAXIS": 2,
        "NAXIS1": columns,
        "NAXIS2": rows,
    }
    names = ("CD1_1", "CD1_2", "CD2_1", "CD2_2")
    values |= {name: f"{one:.9E}" for name, one in zip(names, matrix, strict=False)}
    cards = [f"{name:<8}= {value:>20}" for name, value in values.items()]
    cards += ["BUNIT   = 'DN      '", "END"]
    return "".join(card.ljust(80) for card in cards).encode().ljust(FITS_BLOCK_BYTES)
