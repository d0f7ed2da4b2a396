"""An alert's embedding as a record of its own: which alert, where, when, and its numbers.

Avro's single-object encoding (Avro 1.11, "Single-object encoding"): two bytes, the schema's
fingerprint, the bare datum; so any Avro library reads one, and it takes some 330 bytes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from schemas.annotation import EMBEDDING
from schemas.batch import AlertBatch
from schemas.errors import SchemaError
from schemas.wire import long_bytes, text_bytes

VERSION_DIGITS: Final = 12
"""Of the sha256 of the file that a vector is from: vectors of two files are never compared."""
PLACE = ("ra_deg", "dec_deg", "mjd")
TEXTS = ("object_id", "survey", "version")
FIELDS: Final = (
    ("alert_id", "long"),
    *((name, "string") for name in TEXTS),
    *((name, "double") for name in PLACE),
    ("vector", {"type": "array", "items": "float"}),
)
SCHEMA: Final = json.dumps(
    {
        "name": "org.gueststar.Embedding",
        "type": "record",
        "fields": [{"name": name, "type": kind} for name, kind in FIELDS],
    },
    separators=(",", ":"),
)
"""In Avro's canonical form, of which the fingerprint is."""
MARK: Final = b"\xc3\x01"
RABIN_EMPTY: Final = 0xC15D213AA4D7A795


def fingerprint(text: str) -> bytes:
    """CRC-64-AVRO of a schema in canonical form, little-endian."""
    found = RABIN_EMPTY
    for byte in text.encode():
        found ^= byte
        for _ in range(8):
            found = found >> 1 ^ (RABIN_EMPTY if found & 1 else 0)
    return found.to_bytes(8, "little")


COLUMNS: Final = ("survey", "alert_id", "object_id", "place", "vector")
"""Of `Vectors`, in order."""
BEGIN: Final = MARK + fingerprint(SCHEMA)


@dataclass(frozen=True)
class Vectors:
    """Embeddings of n alerts, all of one version."""

    version: str
    survey: NDArray[np.str_]
    alert_id: NDArray[np.int64]
    object_id: NDArray[np.str_]
    place: NDArray[np.float64]
    """(n, 3), as PLACE says."""
    vector: NDArray[np.float32]
    """(n, numbers)."""

    def __len__(self) -> int:
        return len(self.alert_id)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Vectors:
        """Some of them."""
        columns = (self.survey[rows], self.alert_id[rows], self.object_id[rows])
        return Vectors(self.version, *columns, self.place[rows], self.vector[rows])

    @classmethod
    def joined(cls, parts: Sequence[Vectors]) -> Vectors:
        """One after another. Raises SchemaError where their versions differ."""
        versions = {one.version for one in parts}
        if len(versions) != 1:
            raise SchemaError(f"embeddings of versions {sorted(versions)} are not to be mixed")
        columns = ([getattr(one, name) for one in parts] for name in COLUMNS)
        return cls(versions.pop(), *(np.concatenate(each) for each in columns))


def vectors_of(batch: AlertBatch, version: str) -> Vectors:
    """Those of a batch's alerts that have one."""
    some = np.asarray(batch.learned[EMBEDDING].values, np.float32)
    found = Vectors(
        version[:VERSION_DIGITS],
        batch.survey.astype(np.str_),
        batch.alert_id,
        batch.object_id.astype(np.str_),
        np.column_stack([getattr(batch, name) for name in PLACE]),
        some,
    )
    return found.take(np.flatnonzero(~np.isnan(some).any(axis=1)))


def written(vectors: Vectors) -> Iterator[bytes]:
    """A record of each."""
    count, width = len(vectors), vectors.vector.shape[1]
    begins, ends = long_bytes(width), long_bytes(0)
    tail = np.zeros(
        count,
        [
            ("place", "<f8", (3,)),
            ("begin", f"S{len(begins)}"),
            ("vector", "<f4", (width,)),
            ("end", "u1"),
        ],
    )
    tail["place"], tail["begin"], tail["vector"] = vectors.place, begins, vectors.vector
    assert ends == b"\0"
    whole, size, version = tail.tobytes(), tail.itemsize, text_bytes(vectors.version)
    surveys = {one: text_bytes(one) for one in np.unique(vectors.survey).tolist()}
    named = (vectors.alert_id.tolist(), vectors.object_id.tolist(), vectors.survey.tolist())
    for row, (alert, name, survey) in enumerate(zip(*named, strict=True)):
        head = (BEGIN, long_bytes(alert), text_bytes(name), surveys[survey], version)
        yield b"".join((*head, whole[row * size : (row + 1) * size]))


def read(records: Iterable[bytes]) -> list[Vectors]:
    """Embeddings by version, in the order in which versions first come.

    Raises SchemaError for what is no such record.
    """
    found = dict[str, list[tuple[Any, ...]]]()
    for record in records:
        try:
            version, *one = _one(record)
            found.setdefault(version, []).append(tuple(one))
        except (struct.error, IndexError, ValueError) as error:
            raise SchemaError(f"a record of {len(record)} bytes is no embedding: {error}") from None
    return [
        Vectors(
            version,
            *(np.array(each) for each in zip(*rows, strict=True)),
        )
        for version, rows in found.items()
    ]


def _one(
    record: bytes,
) -> tuple[str, str, int, str, tuple[float, ...], NDArray[np.float32]]:
    if not record.startswith(BEGIN):
        raise ValueError("it does not begin as one")
    alert, at = _long(record, len(BEGIN))
    texts = []
    for _ in TEXTS:
        size, at = _long(record, at)
        texts.append(record[at : at + size].decode())
        at += size
    place = struct.unpack_from("<3d", record, at)
    width, at = _long(record, at + 24)
    if at + 4 * width + 1 != len(record):
        raise ValueError("it is cut short")
    name, survey, version = texts
    return version, survey, alert, name, place, np.frombuffer(record, "<f4", width, at)


def _long(record: bytes, at: int) -> tuple[int, int]:
    """Avro's variable-length zig-zag number, and where it ends."""
    value = shift = 0
    while record[at] & 0x80:
        value |= (record[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
    value |= record[at] << shift
    return value >> 1 ^ -(value & 1), at + 1
