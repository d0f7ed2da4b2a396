"""Enriched packets, read back by fastavro alone: the survey's fields as they came, and ours."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache, reduce
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import pytest

from schemas.annotation import Annotations, Catalogue, SelectedBy
from schemas.avro import WriterSchema
from schemas.batch import AlertBatch
from schemas.container import MAGIC
from schemas.decode import Decoder
from schemas.enriched import Enricher
from schemas.enriched_reading import EnrichedReader
from schemas.form import Form
from schemas.learned import Learned
from schemas.wire import block_bytes, long_bytes, text_bytes
from tests.schemas import golden
from tests.schemas.real_packets import avro_files
from tests.schemas.survey_packets import (
    CUTOUTS,
    IMAGE,
    LSST_SCHEMA,
    SYNC,
    WAYS,
    Json,
    confluent,
    container,
    lsst_record,
    ztf_packets,
    ztf_record,
    ztf_schema,
)

CATALOGUES = (Catalogue("field", "ef" * 32),)
FORMS: tuple[Form, ...] = ("full", "lite")


def nested(inner: Json, _: int) -> Json:
    """An array of something."""
    return {"type": "array", "items": inner}


class OneSchema:
    """A source of one writer schema, whatever the id."""

    def find(self, schema_id: int) -> WriterSchema | None:
        return WriterSchema.of(json.dumps(LSST_SCHEMA), schema_id)


def learned(alerts: int) -> Annotations:
    """What was learned of alerts that nothing is known about."""
    scores = np.tile(np.array([0.25, 0.75], np.float32), (alerts, 1))
    return Annotations(
        broker_version="0.1.0",
        models=[("realbogus", "1", "ab" * 32)],
        ingest_unix_us=np.full(alerts, 1_700_000_000_000_000),
        publish_unix_us=1_700_000_000_250_000,
        learned={"realbogus": Learned.probabilities(("bogus", "real"), scores)},
        filters=[("young-supernovae",)] * alerts,
        selected_by=[(SelectedBy("young-supernovae", "3", "cd" * 32, CATALOGUES),)] * alerts,
    )


def encoded(batch: AlertBatch, form: Form) -> list[bytes]:
    return Enricher().encode(batch, learned(len(batch)), form)


def read(packet: bytes) -> dict[str, Any]:
    """The one record of a container, by fastavro alone."""
    (record,) = fastavro.reader(BytesIO(packet))
    return dict(record)


def metadata(packet: bytes) -> dict[str, str]:
    return dict(fastavro.reader(BytesIO(packet)).metadata)


def without_images(record: dict[str, Any]) -> dict[str, Any]:
    """What a lite record keeps: null for a cutout, or no bytes where it cannot be null."""
    emptied = {}
    for name in CUTOUTS:
        if isinstance(record.get(name), dict):
            emptied[name] = {**record[name], "stampData": b""}
    return {**record, **emptied}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("after", [0, 2])
def test_a_full_packet_is_the_record_as_it_came_and_our_field(way: str, after: int) -> None:
    schema = ztf_schema(way, after=after)
    records = [ztf_record(number, schema) for number in range(4)]
    batch = Decoder().decode([container(schema, record) for record in records])
    for packet, record in zip(encoded(batch, "full"), records, strict=True):
        back = read(packet)
        learned_of_it = back.pop("gueststar")
        assert learned_of_it["filters"] == ["young-supernovae"]
        (one,) = learned_of_it["selected_by"]
        assert (one["filter"], one["version"]) == ("young-supernovae", "3")
        assert one["catalogues"] == [{"name": "field", "sha256": "ef" * 32}]
        assert back == record


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("after", [0, 2])
def test_a_lite_packet_has_all_but_the_images(way: str, after: int) -> None:
    schema = ztf_schema(way, after=after)
    records = [ztf_record(number, schema) for number in range(4)]
    batch = Decoder().decode([container(schema, record) for record in records])
    for packet, record in zip(encoded(batch, "lite"), records, strict=True):
        back = read(packet)
        assert IMAGE not in packet
        assert {name: back[name] for name in record if name not in CUTOUTS} == {
            name: value for name, value in record.items() if name not in CUTOUTS
        }
        gone = None if "null" in way else b""
        named = {"fileName": f"candid{record['candid']}.fits.gz", "stampData": b""}
        expected = named if "record" in way and "null" not in way else gone
        assert [back[name] for name in CUTOUTS] == [expected] * 3


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy"])
def test_the_header_is_kept_but_for_schema_and_codec(codec: str) -> None:
    schema = ztf_schema()
    record = ztf_record(1, schema)
    packet = container(schema, record, codec=codec, **{"org.example.version": "3.5"})
    (enriched,) = encoded(Decoder().decode([packet]), "full")
    head = metadata(enriched)
    assert (head["avro.codec"], head["org.example.version"]) == ("null", "3.5")
    assert '"doc":"' not in head["avro.schema"].split('"gueststar"')[0]
    assert enriched.endswith(SYNC)
    assert {**read(enriched), "gueststar": None} == {**record, "gueststar": None}


def test_headers_that_differ_in_metadata_are_each_kept() -> None:
    schema = ztf_schema()
    versions = ["3.1", "3.2", "3.1"]
    packets = [container(schema, ztf_record(1, schema), version=version) for version in versions]
    enriched = encoded(Decoder().decode(packets), "lite")
    assert [metadata(packet)["version"] for packet in enriched] == versions


def test_a_field_called_doc_is_no_documentation() -> None:
    schema = ztf_schema(after=1)
    schema["fields"][-1]["name"] = "doc"
    packet = container(schema, {**ztf_record(1, schema), "doc": "kept"})
    assert read(encoded(Decoder().decode([packet]), "lite")[0])["doc"] == "kept"


def test_a_batch_of_both_surveys_keeps_its_order() -> None:
    packets = [*ztf_packets(2), confluent(1001, LSST_SCHEMA, lsst_record(5)), *ztf_packets(1)]
    batch = Decoder(schemas=OneSchema()).decode(packets)
    back = [read(packet) for packet in encoded(batch, "full")]
    assert [one.get("candid", one.get("diaSourceId")) for one in back] == [0, 1, 5, 0]
    assert {**back[2], "gueststar": None} == {**lsst_record(5), "gueststar": None}


def test_rows_choose_alerts_and_their_own_annotations() -> None:
    batch = Decoder().decode(ztf_packets(5))
    annotations = replace(learned(5), flags=[(str(row),) for row in range(5)])
    packets = Enricher().encode(batch, annotations, "lite", np.array([3, 1]))
    assert [read(one)["candid"] for one in packets] == [3, 1]
    assert [read(one)["gueststar"]["flags"] for one in packets] == [["3"], ["1"]]
    assert Enricher().encode(batch, annotations, "lite", np.array([], np.int64)) == []


def test_the_same_input_and_clock_give_the_same_bytes() -> None:
    batch = Decoder().decode(ztf_packets(3))
    once, again = encoded(batch, "full"), encoded(Decoder().decode(ztf_packets(3)), "full")
    assert once == again
    bare = [confluent(1001, LSST_SCHEMA, lsst_record(5))]
    decoder = Decoder(schemas=OneSchema())
    assert encoded(decoder.decode(bare), "lite") == encoded(decoder.decode(bare), "lite")


def test_the_survey_s_own_score_stands_beside_ours_whatever_the_survey_and_form() -> None:
    packets = [golden.ztf_packet(seed) for seed in range(8)]
    packets += [golden.rubin_packet(seed) for seed in range(8)]
    batch = Decoder(schemas=golden.GoldenSchemas()).decode(packets)
    assert 0 < np.isnan(batch.survey_real_score).sum() < len(batch)
    for form in FORMS:
        ours = [
            EnrichedReader().read(packet).get("gueststar") or {} for packet in encoded(batch, form)
        ]
        theirs = np.array([one["survey_real_score"] for one in ours], np.float64)
        np.testing.assert_array_equal(theirs, batch.survey_real_score)


def test_an_enriched_packet_is_refused_unless_it_is_to_be_scored_again() -> None:
    enriched = encoded(Decoder().decode(ztf_packets(1)), "full")
    (rejected,) = Decoder().decode(enriched).rejected
    assert rejected.reason == "already enriched"


@pytest.mark.parametrize("form", ["full", "lite"])
@pytest.mark.parametrize("way", WAYS)
def test_scoring_again_replaces_what_was_learned_before(way: str, form: Form) -> None:
    batch = Decoder().decode(ztf_packets(3, way))
    again = Decoder(rescore=True).decode(encoded(batch, form))
    assert not again.rejected
    later = replace(learned(3), broker_version="0.2.0")
    for first, second in zip(
        encoded(batch, form), Enricher().encode(again, later, form), strict=True
    ):
        before, after = read(first), read(second)
        assert before.pop("gueststar")["broker_version"] == "0.1.0"
        assert after.pop("gueststar")["broker_version"] == "0.2.0"
        assert before == after


def refused(schema: Json) -> str:
    """What a packet of that schema is refused for."""
    entry = text_bytes("avro.schema") + text_bytes(json.dumps(schema))
    header = MAGIC + block_bytes([entry]) + SYNC
    (rejected,) = Decoder(rescore=True).decode([header + b"\x02\x02x" + SYNC]).rejected
    assert rejected.reason == "unknown schema"
    return rejected.detail


def with_last(field: Json) -> Json:
    schema = ztf_schema()
    return {**schema, "fields": [*schema["fields"], field]}


OURS = {"type": "record", "name": "org.gueststar.Model", "fields": []}


@pytest.mark.parametrize(
    ("schema", "detail"),
    [
        (
            with_last({"name": "gueststar", "type": "string"}),
            "a field 'gueststar' that is not ours",
        ),
        (
            with_last({"name": "x", "type": {"type": "array", "items": OURS}}),
            "redefined named type",
        ),
        (with_last({"name": "x", "type": "ztf.unknown"}), "ztf.unknown"),
        (with_last({"type": "string"}), "not a record with fields"),
        (with_last({"name": ["x"], "type": "string"}), "not a record with fields"),
        (with_last({"name": "x", "type": 5}), "no Avro schema"),
        (with_last({"name": "x", "type": reduce(nested, range(200), "int")}), "more than 100 deep"),
    ],
)
def test_a_schema_with_no_room_for_our_field_is_refused_when_decoded(
    schema: Json, detail: str
) -> None:
    assert detail in refused(schema)


def test_an_image_whose_length_is_oddly_written_is_left_as_it_is() -> None:
    """Avro's varints may be longer than they need be; then the image stays, and nothing breaks."""
    schema = ztf_schema("record")
    packet = container(schema, ztf_record(1, schema))
    header, block, _ = packet.split(SYNC)
    length = long_bytes(len(IMAGE))
    odd_length = length[:-1] + bytes([length[-1] | 0x80, 0])
    datum = block[block.index(b"ZTF18") - 1 :].replace(length + IMAGE, odd_length + IMAGE)
    odd = b"".join((header, SYNC, long_bytes(1), long_bytes(len(datum)), datum, SYNC))
    (lite,) = encoded(Decoder().decode([odd]), "lite")
    assert read(lite)["cutoutScience"]["stampData"] == IMAGE


def test_more_schemas_than_are_kept_are_written_all_the_same() -> None:
    enricher = Enricher()
    for number in range(70):
        schema = {**ztf_schema(), "name": f"alert{number}"}
        batch = Decoder().decode([container(schema, ztf_record(1, schema))])
        (packet,) = enricher.encode(batch, learned(1))
        assert json.loads(metadata(packet)["avro.schema"])["name"] == f"alert{number}"


@pytest.mark.data
@pytest.mark.timeout(900)
def test_every_real_packet_reads_back_with_fastavro_alone(data_folder: Path) -> None:
    decoder, enricher, reader, read_back = Decoder(), Enricher(), EnrichedReader(), 0
    for file in avro_files(data_folder):
        batch = decoder.decode(list(decoder.split(file)))
        assert not batch.rejected
        full, lite = (
            enricher.encode(batch, learned(len(batch)), form) for form in ("full", "lite")
        )
        nulled = dict.fromkeys(nullable_cutouts(batch.schemas[0]))
        for row, record in enumerate(fastavro.reader(BytesIO(file))):
            assert isinstance(record, dict)
            ours = {"gueststar": reader.read(full[row]).get("gueststar")}
            assert same(read(full[row]), record | ours)
            assert same(read(lite[row]), without_images(record) | nulled | ours)
            read_back += 1
    assert read_back > 3000


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two records are equal; as text where they are not, since no NaN equals itself."""
    return one == other or repr(one) == repr(other)


@lru_cache
def nullable_cutouts(schema: WriterSchema) -> list[str]:
    """The cutouts that may be null."""
    kinds = {field["name"]: field["type"] for field in schema.parsed["fields"]}
    return [name for name in CUTOUTS if name in kinds and "null" in kinds[name]]
