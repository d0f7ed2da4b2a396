"""Whatever lawful Avro fastavro reads, the decoder reads, value by value; or it says why not."""

from __future__ import annotations

import math
import os
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import fastavro
import numpy as np
import pytest

from schemas.batch import Reason
from schemas.compression import inflate
from schemas.container import only_block, read_header, read_metadata
from schemas.decode import Decoder
from schemas.limits import DecodeLimits
from schemas.program import compile_program
from schemas.record_reader import read_rows
from schemas.survey import NO_SURVEY
from schemas.wire import long_bytes
from tests.schemas import golden
from tests.schemas.avro_types import Json
from tests.schemas.comparing import assert_same
from tests.schemas.lawful import Lawful, framed, lawful

CASES = int(os.environ.get("GUESTSTAR_LAWFUL_CASES", "10000"))
FIRST_SEED = int(os.environ.get("GUESTSTAR_LAWFUL_SEED", "0"))
PACKETS = 50
"""That share a drawn schema: most of a case's time goes into its schema."""
SEEDS_TOGETHER = 50
MEANT = {Reason.UNKNOWN_SCHEMA, Reason.NOT_AN_ALERT}
"""Why a packet without id, place or time is refused; for nothing else may one be."""


def says_what_when_and_where(record: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether a record, as it is understood, is an alert's."""
    if "telescopeSchema" in record:
        own = record["telescopeDetection"]
        ids = [own["detectionId"]]
        needed = [record["telescopeObjectId"], own["mjd"], own["ra"], own["dec"]]
    elif "objectid" in record:
        own = record["candidate"]
        ids = [record["candid"]]
        needed = [record["objectid"], own["jd"], own["ra"], own["dec"]]
    elif "candidate" in record:
        own = record["candidate"]
        ids = [record["candid"], own["candid"]]
        needed = [record["objectId"], own["jd"], own["ra"], own["dec"]]
    else:
        own = record["diaSource"]
        ids = [own["diaSourceId"]]
        needed = [own["midpointMjdTai"], own["ra"], own["dec"]]
    return None not in needed and any(one is not None for one in ids) and _on_the_sky(own)


def _on_the_sky(source: Any) -> bool:  # noqa: ANN401 - JSON
    return 0 <= source["ra"] <= 360 and abs(source["dec"]) <= 90 and math.isfinite(source["ra"])


class Refused(NamedTuple):
    """What fastavro reads and the decoder refuses on purpose: a changed schema, and the bytes
    of the field that it adds in front.
    """

    kind: Json
    value: bytes
    reason: Reason


def _deep(levels: int) -> Json:
    kind: Json = "null"
    for _ in range(levels):
        kind = {"type": "array", "items": kind}
    return kind


LIST: Json = {"type": "record", "name": "l", "fields": [{"name": "next", "type": ["null", "l"]}]}
WIDE: Json = {
    "type": "record",
    "name": "w",
    "fields": [{"name": f"f{n}", "type": "null"} for n in range(150)],
}
SQUARE: Json = {
    "type": "record",
    "name": "s",
    "fields": [{"name": f"f{n}", "type": "w" if n else WIDE} for n in range(150)],
}
ON_PURPOSE = {
    "a schema nested beyond bounds": Refused(_deep(101), b"\0", Reason.UNKNOWN_SCHEMA),
    "a schema of more values than bounds": Refused(SQUARE, b"", Reason.UNKNOWN_SCHEMA),
    "more items than bounds": Refused(
        {"type": "array", "items": "null"}, long_bytes(50_001) + b"\0", Reason.TOO_MANY
    ),
    "records within themselves beyond bounds": Refused(
        LIST, b"\x02" * 1001 + b"\0", Reason.TOO_DEEP
    ),
    "a field of more bytes than bounds": Refused(
        "bytes", long_bytes(8 * 2**20 + 1) + bytes(8 * 2**20 + 1), Reason.TOO_LARGE
    ),
}


def _with_field(kind: Json, value: bytes) -> tuple[Json, bytes]:
    """A golden packet's schema and record with a field in front."""
    schema, out = golden.ztf_schema(), BytesIO(value)
    out.seek(len(value))
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), golden.ztf_record(1))
    schema = golden.ztf_schema()
    schema["fields"].insert(0, {"name": "added", "type": kind})
    return schema, out.getvalue()


@pytest.mark.parametrize("case", ON_PURPOSE)
def test_what_fastavro_reads_and_we_refuse_has_a_name(case: str) -> None:
    kind, value, reason = ON_PURPOSE[case]
    schema, datum = _with_field(kind, value)
    parsed: Any = fastavro.parse_schema(schema)
    if reason is not Reason.TOO_DEEP:  # Python's own stack ends before our bound
        assert fastavro.schemaless_reader(BytesIO(datum), parsed, None)
    (rejected,) = Decoder().decode([framed(datum, schema)]).rejected
    assert rejected.reason is reason


def test_of_a_field_that_stands_there_twice_the_last_is_read() -> None:
    schema = golden.ztf_schema()
    fields = next(one for one in schema["fields"] if one["name"] == "candidate")["type"]["fields"]
    fields.append({"name": "fid", "type": ["null", "long"]})
    records = [golden.ztf_record(seed) for seed in range(4)]
    assert_same(Decoder().decode([golden.container([one], schema) for one in records]), records)


def hold(case: Lawful, decoder: Decoder) -> None:
    """Hold a decoder to what fastavro reads of some packets."""
    batch = decoder.decode(case.packets)
    sound = [says_what_when_and_where(record) for record in case.records]
    assert batch.source_index.tolist() == [at for at, one in enumerate(sound) if one]
    assert {one.reason for one in batch.rejected} <= MEANT
    alive = [record for record, one in zip(case.records, sound, strict=True) if one]
    everything = batch.take(batch.source_index.argsort())
    assert_same(everything, alive)


@pytest.mark.parametrize("first", range(0, CASES // PACKETS, SEEDS_TOGETHER))
def test_what_fastavro_reads_of_lawful_avro_is_what_we_read(first: int) -> None:
    decoder = Decoder()
    for seed in range(first, min(first + SEEDS_TOGETHER, CASES // PACKETS)):
        try:
            hold(lawful(FIRST_SEED + seed, PACKETS), decoder)
        except Exception as error:
            error.add_note(f"of lawful({FIRST_SEED + seed}, {PACKETS})")
            raise


@pytest.mark.data
def test_the_records_of_surveys_that_we_do_not_know_are_passed_over_whole(
    data_folder: Path,
) -> None:
    paths = sorted(data_folder.glob("other_surveys/*/*.avro"))
    assert paths
    for path in paths:
        datum, schema = _record_of(path.read_bytes())
        program = compile_program(schema, NO_SURVEY, DecodeLimits().program_ops_max)
        spans, rows = np.array([[0, len(datum)]]), {program: np.zeros(1, np.int64)}
        buffer = np.frombuffer(datum, np.uint8)
        assert read_rows(buffer, spans, rows, NO_SURVEY, DecodeLimits()).fine.all(), path


def _record_of(packet: bytes) -> tuple[bytes, Json]:
    """A container's bare record and its schema."""
    end, metadata = read_metadata(packet, DecodeLimits())
    begin, finish = only_block(packet, end)
    header = read_header(packet[:end], metadata)
    block = inflate(packet[begin:finish], header.codec, DecodeLimits().datum_bytes_max)
    return block, header.schema.parsed
