"""Which rows of a night are of which object: an index beside each part, made anew where it lacks.

A file of two columns, sorted: a hash of the object's id, and the row. It names what it covers, the
part's mark, its number of alerts and the digest of their keys; one that covers anything else is not
used. Rows found are compared with the id itself, so that two ids of one hash are told apart.
"""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from lake.digests import mixed
from lake.layout import ALERTS_PER_GROUP, FIRST_ALERTS, VERSION, objects_file
from lake.part import Part, Rows
from lake.streams import to_disk

HASHED_BYTES_MAX = 64
"""Of an id; what is longer is told apart by its beginning and its length, then by itself."""

BLOCK = 1 << 16
"""Ids that are hashed together."""

OBJECT = "object_id"
COVERS = b"gueststar.covers"

Hashes = NDArray[np.uint64]
NO_ROWS = np.zeros(0, np.int64)


class ObjectRows:
    """The index of a part that is being written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._hashes: list[Hashes] = []

    def add(self, object_ids: Any) -> None:  # noqa: ANN401 - pyarrow has no types
        """Of the part's next rows."""
        self._hashes.append(hashes(object_ids))

    def write(self, mark: str, alerts: int, digest: int) -> None:
        """Raises OSError."""
        _Index.of(np.concatenate(self._hashes)).write(self.path, _covers(mark, alerts, digest))


class _Index(NamedTuple):
    """Hashes, rising, and the row of each."""

    hashes: Hashes
    rows: NDArray[np.uint32]

    @classmethod
    def of(cls, found: Hashes) -> Self:
        """`found` are the hashes of a part's rows."""
        order = np.argsort(found, kind="stable")
        return cls(found[order], order.astype(np.uint32))

    @classmethod
    def read(cls, path: Path, covers: bytes) -> Self | None:
        """None where there is none, or one of other rows."""
        import pyarrow as pa

        with suppress(OSError, pa.ArrowException, KeyError), pa.memory_map(str(path)) as source:
            file = pa.ipc.open_file(source)
            if (file.schema.metadata or {}).get(COVERS) == covers:
                whole = file.read_all()
                return cls(*(whole.column(name).to_numpy() for name in cls._fields))
        return None

    def write(self, path: Path, covers: bytes) -> None:
        import pyarrow as pa

        table = pa.table(self._asdict()).replace_schema_metadata({COVERS: covers})
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as file:
            file.write_table(table)
        to_disk(path)

    def rows_of(self, one: np.uint64) -> Rows:
        first = self.hashes.searchsorted(one)
        if first == len(self.hashes) or self.hashes[first] != one:
            return NO_ROWS
        after = self.hashes.searchsorted(one, side="right")
        return np.sort(self.rows[first:after]).astype(np.int64)


class ObjectIndex:
    """Asks parts for objects, and keeps the parts' indices."""

    def __init__(self) -> None:
        self._indices: dict[Part, _Index] = {}

    def rows_of(self, part: Part, hashed: np.uint64) -> Rows:
        """The rows of ids that have a hash, rising. Raises ArchiveError where it cannot be read."""
        if part not in self._indices:
            self._indices[part] = _index_of(part)
        return self._indices[part].rows_of(hashed)


def own_rows(part: Part, rows: Rows, object_id: str) -> Rows:
    """Those of some rows (rising, one at least) that are of an object. Raises ArchiveError."""
    table, places = part.around(rows, [OBJECT])
    named = table.column(0).take(places).to_pylist()
    return rows[np.array([each == object_id for each in named], np.bool_)]


def hash_of(object_id: str) -> np.uint64:
    import pyarrow as pa

    found: np.uint64 = hashes(pa.chunked_array([[object_id]]))[0]
    return found


def hashes(object_ids: Any) -> Hashes:  # noqa: ANN401
    """SplitMix64 over the bytes of each text (n,), eight at a time, and over its length."""
    blocks = (object_ids.slice(at, BLOCK) for at in range(0, len(object_ids), BLOCK))
    return np.concatenate([np.zeros(0, np.uint64), *map(_hashes, blocks)])


def _hashes(object_ids: Any) -> Hashes:  # noqa: ANN401
    whole = object_ids.combine_chunks()
    offsets = np.frombuffer(whole.buffers()[1], np.int32)[whole.offset :][: len(whole) + 1]
    lengths = np.diff(offsets)
    # Each text in a row of its own, behind it zeros.
    kept = np.minimum(lengths, HASHED_BYTES_MAX)
    rows = np.zeros((len(whole), -(-int(kept.max()) // 8) * 8), np.uint8)
    places = np.arange(rows.shape[1])
    within = places < kept[:, None]
    data = np.frombuffer(whole.buffers()[2] or b"", np.uint8)
    rows[within] = data[(offsets[:-1, None] + places)[within]]
    found = mixed(lengths.astype(np.int64))
    for number, word in enumerate(rows.view("<u8").T):
        # Only where the text is so long: its hash is its own, whatever else is in the block.
        reached = np.flatnonzero(kept > 8 * number)
        found[reached] = mixed((found[reached] ^ word[reached]).view(np.int64))
    return found


def _index_of(part: Part) -> _Index:
    standing = part.standing
    covers = _covers(standing.mark, standing.alerts, standing.digest)
    kept = part.path.name != FIRST_ALERTS and len(part) > ALERTS_PER_GROUP
    path = objects_file(part.path, standing.mark)
    found = _Index.read(path, covers)
    if found is None:
        groups = [*range(len(part.begins) - 1)]
        found = _Index.of(hashes(part.read_groups(groups, [OBJECT]).column(0)))
        if kept and part.path.exists():  # and was not taken over since
            _keep(found, path, covers)
    return found


def _keep(index: _Index, path: Path, covers: bytes) -> None:
    """Beside the part, for the next question; who may not write there asks without."""
    fresh = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        index.write(fresh, covers)
        fresh.replace(path)


def _covers(mark: str, alerts: int, digest: int) -> bytes:
    return f"{VERSION} {mark} {alerts} {digest % 2**64:016x}".encode()
