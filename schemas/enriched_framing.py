"""How an enriched record is framed, by which a reader finds the schema that it was written with.

A container brings the schema along; Confluent's framing names it by a registry's id; where the
schema is the message's key, the value is the bare record (Fink's clients read that).
"""

from __future__ import annotations

import hashlib
from typing import Literal, Protocol

from schemas.avro import WriterSchema
from schemas.container import MAGIC, SYNC_BYTES, read_metadata
from schemas.enriched_schema import dumped, enriched_schema
from schemas.framing import CONFLUENT_BYTES, CONFLUENT_MAGIC
from schemas.limits import DecodeLimits
from schemas.wire import block_bytes, long_bytes, text_bytes

FramingName = Literal["container", "confluent", "schema-in-key"]
Slices = list[bytes | memoryview]
_ONE_RECORD = b"\x02"


class Registrar(Protocol):
    """Where our schemas get their Confluent ids."""

    def register(self, subject: str, schema: str) -> int:
        """The id of a schema's JSON text under that subject; the same each time."""
        ...


class Framing(Protocol):
    """Frames the records of one writer schema."""

    @property
    def key(self) -> bytes | None:
        """What the message's key must be; None where it is free."""
        ...

    def pack(self, packet: bytes, record: Slices) -> bytes:
        """An enriched record, in slices, framed; `packet` is the message that it came in."""
        ...


class ContainerFraming:
    """Avro containers, which bring their schema along.

    A container's header is rewritten once: the enriched schema, no codec, and all other metadata
    as they came. The packet's sync marker is kept, so the same packet gives the same bytes.
    """

    key = None

    def __init__(self, schema: WriterSchema) -> None:
        self._text = dumped(enriched_schema(schema, registered=False)).encode()
        self._bare_header = _header({}, self._text)
        self._bare_sync = hashlib.sha256(self._text).digest()[:SYNC_BYTES]
        # Messages of one schema come with one header, known again by its bytes.
        self._came, self._header = b"no header yet", b""

    def pack(self, packet: bytes, record: Slices) -> bytes:
        header, sync = self._start(packet)
        size = long_bytes(sum(map(len, record)))
        return b"".join((header, sync, _ONE_RECORD, size, *record, sync))

    def _start(self, packet: bytes) -> tuple[bytes, bytes]:
        if not packet.startswith(MAGIC):
            return self._bare_header, self._bare_sync
        if not packet.startswith(self._came):
            end, metadata = read_metadata(packet, DecodeLimits(header_bytes_max=len(packet)))
            self._came, self._header = packet[:end], _header(metadata, self._text)
        end = len(self._came)
        return self._header, packet[end : end + SYNC_BYTES]


class ConfluentFraming:
    """Confluent's: a zero, the schema's id, the bare record.

    The subject is the record's name (RecordNameStrategy).
    """

    key = None

    def __init__(self, schema: WriterSchema, registrar: Registrar) -> None:
        """Registers the enriched schema, under a subject of our own."""
        enriched = enriched_schema(schema, registered=True)
        schema_id = registrar.register(WriterSchema.of(dumped(enriched)).name, dumped(enriched))
        self._prefix = CONFLUENT_MAGIC + schema_id.to_bytes(CONFLUENT_BYTES - 1, "big")

    def pack(self, packet: bytes, record: Slices) -> bytes:
        return b"".join((self._prefix, *record))


class KeyFraming:
    """The schema's JSON text as the message's key, the bare record as its value."""

    def __init__(self, schema: WriterSchema) -> None:
        self.key = dumped(enriched_schema(schema, registered=False)).encode()

    def pack(self, packet: bytes, record: Slices) -> bytes:
        return b"".join(record)


def framing_of(name: FramingName, schema: WriterSchema, registrar: Registrar | None) -> Framing:
    """One for a writer schema; Confluent's needs a registrar."""
    if name == "confluent":
        assert registrar is not None, "settings ask for a registry where Confluent framing is used"
        return ConfluentFraming(schema, registrar)
    return ContainerFraming(schema) if name == "container" else KeyFraming(schema)


def _header(came: dict[str, bytes], schema: bytes) -> bytes:
    metadata = {**came, "avro.codec": b"null", "avro.schema": schema}
    entries = (text_bytes(key) + long_bytes(len(value)) + value for key, value in metadata.items())
    return MAGIC + block_bytes(entries)
