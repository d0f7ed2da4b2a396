"""Enriched packets read back, in either framing, as any Avro reader would."""

from __future__ import annotations

from io import BytesIO
from typing import Any, NamedTuple

import fastavro

from schemas.avro import SchemaSource, WriterSchema
from schemas.compression import inflate
from schemas.container import MAGIC, only_block, read_header, read_metadata
from schemas.enriched_schema import ready_to_read
from schemas.errors import SchemaError
from schemas.framing import CONFLUENT_BYTES, CONFLUENT_MAGIC
from schemas.limits import DecodeLimits
from schemas.refusal import Refusal


class _Known(NamedTuple):
    """A schema made ready, and the bytes by which the packets written with it begin."""

    prefix: bytes
    codec: str
    parsed: dict[str, Any]


class EnrichedReader:
    """Reads one packet after another, and keeps the last schema made ready."""

    def __init__(
        self, *, schemas: SchemaSource | None = None, limits: DecodeLimits | None = None
    ) -> None:
        """`schemas` is needed for Confluent framing only."""
        self._schemas = schemas
        self._limits = limits or DecodeLimits()
        self._known = _Known(b"no packet yet", "", {})

    def read(self, packet: bytes) -> dict[str, Any]:
        """The whole record. Raises SchemaError where the packet is no Avro record."""
        datum, known = self._datum(packet)
        return _read(datum, known.parsed)

    def _datum(self, packet: bytes) -> tuple[bytes, _Known]:
        try:
            if not packet.startswith(self._known.prefix):
                self._known = self._learned(packet)
            return self._content(packet), self._known
        except Refusal as refusal:
            raise SchemaError(
                f"a packet cannot be read: {refusal.reason}, {refusal.detail}"
            ) from None

    def _content(self, packet: bytes) -> bytes:
        if packet.startswith(CONFLUENT_MAGIC):
            return packet[CONFLUENT_BYTES:]
        begin, end = only_block(packet, len(self._known.prefix))
        return inflate(packet[begin:end], self._known.codec, self._limits.datum_bytes_max)

    def _learned(self, packet: bytes) -> _Known:
        if packet.startswith(MAGIC):
            end, metadata = read_metadata(packet, self._limits)
            header = read_header(packet[:end], metadata)
            return _made_ready(header.raw, header.codec, header.schema)
        if not packet.startswith(CONFLUENT_MAGIC) or len(packet) < CONFLUENT_BYTES:
            raise SchemaError(f"a packet is no Avro record: it begins with {packet[:8]!r}")
        return _made_ready(packet[:CONFLUENT_BYTES], "null", self._registered(packet))

    def _registered(self, packet: bytes) -> WriterSchema:
        schema_id = int.from_bytes(packet[1:CONFLUENT_BYTES], "big")
        schema = self._schemas.find(schema_id) if self._schemas else None
        if schema is None:
            raise SchemaError(f"schema id {schema_id} is unknown; name the registry that has it")
        return schema


def read_enriched(packet: bytes, schemas: SchemaSource | None = None) -> dict[str, Any]:
    """One packet's whole record. Raises SchemaError where it is no Avro record."""
    return EnrichedReader(schemas=schemas).read(packet)


def _made_ready(prefix: bytes, codec: str, schema: WriterSchema) -> _Known:
    return _Known(prefix, codec, ready_to_read(schema.parsed))


def _read(datum: bytes, schema: dict[str, Any]) -> dict[str, Any]:
    try:
        record: dict[str, Any] = fastavro.schemaless_reader(BytesIO(datum), schema, None)
    except (EOFError, IndexError, ValueError) as error:
        raise SchemaError(f"a packet cannot be read: {error}") from error
    return record
