"""From a message to its bare record: whose schema it has, and where its bytes lie."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from schemas.avro import SchemaSource, WriterSchema
from schemas.batch import Reason
from schemas.compression import LAYERS_MAX, compressed_by, inflate, unwrapped
from schemas.container import MAGIC, Header, only_block, read_header, read_metadata, read_varint
from schemas.enriched_schema import check_enrichable
from schemas.errors import SchemaError
from schemas.limits import DecodeLimits
from schemas.lsst_schema import BuiltInSchemas
from schemas.program import Program, compile_program
from schemas.recognition import survey_of
from schemas.refusal import Refusal
from schemas.survey import NO_SURVEY, Survey

CONFLUENT_MAGIC = b"\x00"
CONFLUENT_BYTES = 5

V = TypeVar("V")


@dataclass(frozen=True, eq=False)
class Layout:
    """A writer schema made ready: the survey it belongs to, and its program."""

    schema: WriterSchema
    survey: Survey
    program: Program


Layouts = Layout | tuple[Layout | Refusal, ...]
"""What a record may be: one layout, or one for each branch where the schema is a union."""


class Framed(NamedTuple):
    """A bare record within a message, or within what its block was inflated to."""

    layout: Layout
    content: bytes
    begin: int
    end: int
    message: bytes
    """Without the compression around it, if there was any."""


class _Kept(Generic[V]):
    """What was made of a key, or why it could not be; the longest unused goes first."""

    def __init__(self, kept_max: int) -> None:
        self._kept_max = kept_max
        self._entries: OrderedDict[object, V | Refusal] = OrderedDict()

    def known(self, key: object) -> V | None:
        """What was made of a key; None where it is new. Raises Refusal where it could not be."""
        if key not in self._entries:
            return None
        self._entries.move_to_end(key)
        entry = self._entries[key]
        if isinstance(entry, Refusal):
            raise Refusal(entry.reason, entry.detail)
        return entry

    def get(self, key: object, make: Callable[[], V]) -> V:
        """What was made of a key, now if it is new. Raises Refusal where it cannot be."""
        if key not in self._entries:
            self._entries[key] = _outcome(make)
            if len(self._entries) > self._kept_max:
                self._entries.popitem(last=False)
        made = self.known(key)
        assert made is not None
        return made


def _outcome(make: Callable[[], V]) -> V | Refusal:
    try:
        return make()
    except Refusal as refusal:
        # Without its traceback, which would keep the packet alive.
        return Refusal(refusal.reason, refusal.detail)


class Framer:
    """Finds the record in each message, and keeps what it learned of headers and schemas."""

    def __init__(
        self,
        *,
        schemas: SchemaSource | None,
        limits: DecodeLimits,
        rescore: bool,
        known: Sequence[Survey],
    ) -> None:
        self._schemas = BuiltInSchemas(schemas)
        self._limits = limits
        self._rescore = rescore
        self._surveys = known
        self._layouts = _Kept[Layouts](limits.schemas_kept_max)
        self._headers = _Kept[tuple[Header, Layouts]](limits.schemas_kept_max)
        self._passing = _Kept[Program](limits.schemas_kept_max)
        self._last: tuple[Header, Layouts] | None = None

    def frame(self, message: bytes) -> Framed:
        """The one record of a live message, compressed or not. Raises Refusal."""
        bytes_max = self._limits.packet_bytes_max
        if len(message) > bytes_max:
            raise Refusal(Reason.TOO_LARGE, f"{len(message)} bytes")
        if message.startswith(MAGIC):
            return self._from_container(message)
        if message.startswith(CONFLUENT_MAGIC):
            return self._from_confluent(message)
        if compressed_by(message):
            return self._from_compressed(message)
        reason = Reason.NOT_AN_ALERT if message else Reason.TRUNCATED
        raise Refusal(reason, f"begins with {message[:8].hex() or 'nothing'}")

    def header(self, message: bytes) -> tuple[Header, Layouts]:
        """A container's header, known again by its bytes. Raises Refusal."""
        if self._last is None or not message.startswith(self._last[0].raw):
            end, metadata = read_metadata(message, self._limits)
            raw = message[:end]
            self._last = self._headers.get(raw, lambda: self._read_header(raw, metadata))
        return self._last

    def passing_over(self, header: Header) -> Program:
        """A program that reads nothing of a container's records. Raises Refusal."""
        schema = header.schema
        return self._passing.get(
            schema.fingerprint, lambda: self._program(json.loads(schema.json), NO_SURVEY)
        )

    def _read_header(self, raw: bytes, metadata: dict[str, bytes]) -> tuple[Header, Layouts]:
        header = read_header(raw, metadata)
        schema = header.schema
        return header, self._layouts.get(schema.fingerprint, lambda: self._compile(schema))

    def _from_compressed(self, message: bytes) -> Framed:
        inside = unwrapped(message, self._limits.packet_bytes_max)
        if compressed_by(inside):
            raise Refusal(Reason.NOT_AN_ALERT, f"compressed more than {LAYERS_MAX} times")
        return self.frame(inside)

    def _from_container(self, message: bytes) -> Framed:
        header, layouts = self.header(message)
        begin, end = only_block(message, len(header.raw))
        if header.codec == "null":
            return _framed(layouts, message, begin, end, message)
        content = inflate(message[begin:end], header.codec, self._limits.datum_bytes_max)
        return _framed(layouts, content, 0, len(content), message)

    def _from_confluent(self, message: bytes) -> Framed:
        if len(message) < CONFLUENT_BYTES:
            raise Refusal(Reason.TRUNCATED, "within the schema id")
        schema_id = int.from_bytes(message[1:CONFLUENT_BYTES], "big")
        layouts = self._layouts.known(schema_id) or self._registered(schema_id)
        return _framed(layouts, message, CONFLUENT_BYTES, len(message), message)

    def _registered(self, schema_id: int) -> Layouts:
        schema = self._schemas.find(schema_id)
        if schema is None:
            raise Refusal(Reason.UNKNOWN_SCHEMA, f"schema id {schema_id}")
        return self._layouts.get(schema_id, lambda: self._compile(schema))

    def _compile(self, schema: WriterSchema) -> Layouts:
        if schema.branches:
            return tuple(self._branch(branch) for branch in schema.branches)
        return self._layout(schema)

    def _branch(self, schema: WriterSchema | None) -> Layout | Refusal:
        if schema is None:
            return Refusal(Reason.NOT_AN_ALERT, "a branch of the schema's union that is no record")
        return _outcome(lambda: self._layout(schema))

    def _layout(self, schema: WriterSchema) -> Layout:
        if schema.enriched and not self._rescore:
            raise Refusal(Reason.ALREADY_ENRICHED, f"record {schema.name}")
        parsed = schema.parsed
        try:
            check_enrichable(schema)
            survey = survey_of(parsed, self._surveys)
        except SchemaError as error:
            raise Refusal(Reason.UNKNOWN_SCHEMA, str(error)) from error
        return Layout(schema, survey, self._program(parsed, survey))

    def _program(self, parsed: Any, survey: Survey) -> Program:  # noqa: ANN401 - JSON
        try:
            return compile_program(parsed, survey, self._limits.program_ops_max)
        except SchemaError as error:
            raise Refusal(Reason.UNKNOWN_SCHEMA, str(error)) from error


def _framed(layouts: Layouts, content: bytes, begin: int, end: int, message: bytes) -> Framed:
    """The record there; of a union, behind the number of its branch. Raises Refusal."""
    if isinstance(layouts, Layout):
        return Framed(layouts, content, begin, end, message)
    branch, begin = read_varint(content, begin)
    if not 0 <= branch < len(layouts):
        raise Refusal(Reason.BAD_UNION, f"branch {branch} of the schema's {len(layouts)}")
    layout = layouts[branch]
    if isinstance(layout, Refusal):
        raise Refusal(layout.reason, layout.detail)
    return Framed(layout, content, begin, end, message)
