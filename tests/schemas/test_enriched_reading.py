"""Enriched packets read back in both framings, ids and schemas going through a registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO

import fastavro
import pytest

from schemas.annotation_reading import read_annotations
from schemas.decode import Decoder
from schemas.enriched import Enricher
from schemas.enriched_reading import EnrichedReader, read_enriched
from schemas.errors import SchemaError
from schemas.registry import RegistrySchemas
from tests.schemas.registry_server import RegistryServer, serving
from tests.schemas.survey_packets import (
    LSST_SCHEMA,
    confluent,
    container,
    lsst_record,
    ztf_packets,
    ztf_record,
    ztf_schema,
)
from tests.schemas.test_enriched import learned


@pytest.fixture
def registry() -> Iterator[RegistryServer]:
    """A registry that has Rubin's schema, and gives ids from 5000 up."""
    with serving() as server:
        server.schemas[1001] = json.dumps(LSST_SCHEMA)
        server.next_id = 5000
        yield server


def test_through_a_registry_packets_carry_our_ids_and_subjects(registry: RegistryServer) -> None:
    schemas = RegistrySchemas({"url": registry.url})
    packets = [confluent(1001, LSST_SCHEMA, lsst_record(number)) for number in range(3)]
    batch = Decoder(schemas=schemas).decode([*packets, *ztf_packets(2)])
    enriched = Enricher(registrar=schemas).encode(batch, learned(5), "full", framing="confluent")
    assert [packet[:5] for packet in enriched] == [b"\0\0\0\x13\x88"] * 3 + [b"\0\0\0\x13\x89"] * 2
    assert [subject for subject, _ in registry.subjects] == [
        "lsst.v10_1.alert_gueststar",
        "ztf.alert_gueststar",
    ]
    assert sum(request.startswith("POST") for request in registry.requests) == 2
    # A stranger's registry client and fastavro read them.
    stranger = RegistrySchemas({"url": registry.url})
    back = [read_enriched(packet, stranger) for packet in enriched]
    assert {**back[1], "gueststar": None} == {**lsst_record(1), "gueststar": None}
    assert [one["gueststar"]["filters"] for one in back] == [["young-supernovae"]] * 5


def test_a_subject_is_the_name_of_the_record_registered_under_it(registry: RegistryServer) -> None:
    schemas = RegistrySchemas({"url": registry.url})
    Enricher(registrar=schemas).encode(
        Decoder().decode(ztf_packets(1)), learned(1), framing="confluent"
    )
    ((subject, text),) = registry.subjects
    parsed = fastavro.parse_schema(json.loads(text))
    assert isinstance(parsed, dict)
    assert parsed["name"] == subject


def test_an_enriched_packet_of_ours_is_scored_again_under_the_same_subject(
    registry: RegistryServer,
) -> None:
    schemas = RegistrySchemas({"url": registry.url})
    batch = Decoder().decode(ztf_packets(1))
    first = Enricher(registrar=schemas).encode(batch, learned(1), "full", framing="confluent")
    again = Decoder(schemas=schemas, rescore=True).decode(first)
    second = Enricher(registrar=schemas).encode(again, learned(1), "full", framing="confluent")
    assert second[0][:5] == first[0][:5]
    back = Enricher().encode(again, learned(1), "full")
    assert read_enriched(back[0])["objectId"] == "ZTF18abc0000"
    (name,) = {json.loads(text)["name"] for _, text in registry.subjects}
    assert name == "alert_gueststar"
    header = fastavro.reader(BytesIO(back[0])).metadata["avro.schema"]
    assert json.loads(header)["name"] == "alert"


def test_a_packet_that_nobody_enriched_has_no_annotation() -> None:
    schema = ztf_schema()
    for codec in ("null", "deflate", "snappy"):
        packet = container(schema, ztf_record(1, schema), codec=codec)
        assert read_annotations(Decoder().decode([packet])) == [None]
        assert EnrichedReader().read(packet)["candid"] == 1


BROKEN = {
    "text": (b"hello", "no Avro record: it begins with b'hello'"),
    "nothing": (b"", "no Avro record"),
    "an id alone": (b"\0\0", "no Avro record"),
    "an unknown id": (b"\0\0\0\0\x07datum", "schema id 7 is unknown; name the registry"),
    "a cut header": (ztf_packets(1)[0][:300], "cannot be read: truncated"),
    "a cut block": (ztf_packets(1)[0][:-40], "cannot be read: truncated"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_no_packet_is_an_error_that_says_so(what: str) -> None:
    packet, message = BROKEN[what]
    with pytest.raises(SchemaError, match=message):
        read_enriched(packet)


def test_a_datum_that_its_schema_does_not_describe_is_an_error(registry: RegistryServer) -> None:
    with pytest.raises(SchemaError, match="a packet cannot be read"):
        read_enriched(b"\0\0\0\x03\xe9\x02", RegistrySchemas({"url": registry.url}))
