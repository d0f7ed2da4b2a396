"""Packets to columns: every framing, codec and shape of schema, against the plain reference."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replay.nights_invented import invented_night
from schemas.avro import WriterSchema
from schemas.batch import Reason
from schemas.decode import Decoder
from schemas.errors import DecodeLimitError, SchemaError
from schemas.limits import DecodeLimits
from schemas.schema_folder import SchemaFolder
from tests.schemas import golden
from tests.schemas.comparing import assert_same, stamps_of

SEEDS = range(40)
Schema = dict[str, Any]


def _decoder(**settings: Any) -> Decoder:  # noqa: ANN401 - the decoder's own
    return Decoder(schemas=golden.GoldenSchemas(), **settings)


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy"])
def test_golden_ztf_packets_decode_to_the_reference(codec: str) -> None:
    packets = [golden.ztf_packet(seed, codec=codec) for seed in SEEDS]
    assert_same(_decoder().decode(packets), [golden.ztf_record(seed) for seed in SEEDS])


def test_golden_rubin_packets_decode_to_the_reference() -> None:
    packets = [golden.rubin_packet(seed) for seed in SEEDS]
    assert_same(_decoder().decode(packets), [golden.rubin_record(seed) for seed in SEEDS])


def test_surveys_mixed_in_a_batch_keep_the_order_of_the_messages() -> None:
    packets = [(golden.rubin_packet if seed % 3 else golden.ztf_packet)(seed) for seed in SEEDS]
    records = [(golden.rubin_record if seed % 3 else golden.ztf_record)(seed) for seed in SEEDS]
    batch = _decoder().decode(packets)
    assert_same(batch, records)
    assert list(batch.packets) == packets
    assert batch.source_index.tolist() == list(SEEDS)
    assert [schema.registry_id for schema in batch.schemas] == [None, golden.RUBIN_ID]


@settings(max_examples=15)
@given(st.lists(st.integers(0, 5), max_size=6))
def test_a_batch_is_its_packets_one_by_one(seeds: list[int]) -> None:
    whole = _decoder().decode([golden.ztf_packet(seed) for seed in seeds])
    assert_same(whole, [golden.ztf_record(seed) for seed in seeds])


def test_no_packets_are_an_empty_batch_with_every_column() -> None:
    batch = _decoder().decode([])
    assert len(batch) == 0
    assert batch.mjd.shape == (0,)
    assert len(batch.light_curve) == 0
    assert batch.spans.stamp.shape == (0, 3, 2)
    assert len(batch.take(np.empty(0, np.int64))) == 0


def _null_last(schema: Schema) -> Schema:
    return _rewritten(schema, lambda branches: branches[::-1])


def _all_nullable(schema: Schema) -> Schema:
    """As Spark writes: every field, and every array's item, a union with null second."""
    text = json.dumps(_null_last(schema))
    whole: Schema = json.loads(text)
    for one in _records_in(whole):
        for part in one["fields"]:
            if not isinstance(part["type"], list):
                part["type"] = [part["type"], "null"]
    return whole | {"name": "topLevelRecord", "namespace": ""}


def _reversed_fields(schema: Schema) -> Schema:
    """Fields in another order, at the top and in every record that no name refers to."""
    whole: Schema = json.loads(json.dumps(schema))
    for one in _records_in(whole):
        if one["name"] != "cutout" and one is not whole:
            one["fields"].reverse()
    return whole | {"fields": [*whole["fields"][4:], *whole["fields"][:4]]}


def _without_top_candid(schema: Schema) -> Schema:
    return schema | {"fields": [one for one in schema["fields"] if one["name"] != "candid"]}


def _items_nullable(schema: Schema) -> Schema:
    whole: Schema = json.loads(json.dumps(schema))
    for one in whole["fields"]:
        if one["name"] in {"prv_candidates", "fp_hists"}:
            one["type"][1]["items"] = [one["type"][1]["items"], "null"]
    return whole


def _records_in(schema: Any) -> list[Schema]:  # noqa: ANN401 - JSON
    if isinstance(schema, list):
        return [one for branch in schema for one in _records_in(branch)]
    if not isinstance(schema, dict):
        return []
    inner = [schema.get("type"), schema.get("items"), *schema.get("fields", ())]
    own = [schema] if schema.get("type") == "record" else []
    return own + [one for part in inner for one in _records_in(part)]


def _rewritten(schema: Schema, unions: Callable[[list[Any]], list[Any]]) -> Schema:
    whole: Schema = json.loads(json.dumps(schema))
    for one in _records_in(whole):
        for part in one["fields"]:
            if isinstance(part["type"], list):
                part["type"] = unions(part["type"])
    return whole


@pytest.mark.parametrize(
    "rewrite", [_null_last, _all_nullable, _reversed_fields, _without_top_candid, _items_nullable]
)
def test_a_rewritten_schema_gives_the_same_columns(rewrite: Callable[[Schema], Schema]) -> None:
    packets = [golden.ztf_packet(seed, schema=rewrite(golden.ztf_schema())) for seed in SEEDS]
    assert_same(_decoder().decode(packets), [golden.ztf_record(seed) for seed in SEEDS])


def test_a_null_in_a_history_is_no_point() -> None:
    schema = _items_nullable(golden.ztf_schema())
    point = golden.ztf_record(1)["prv_candidates"][0]
    changes: dict[str, Any] = {"prv_candidates": [None, point, None]}
    batch = _decoder().decode([golden.ztf_packet(1, schema=schema, **changes)])
    assert_same(batch, [golden.ztf_record(1, **changes)])
    assert batch.light_curve.offsets.tolist() == [0, 2]


def test_a_long_history_out_of_order_is_sorted() -> None:
    points = golden.ztf_record(1)["prv_candidates"][:1]
    history = [points[0] | {"jd": 2458000.0 - step * 37 % 1000} for step in range(1000)]
    packets = [golden.ztf_packet(1, prv_candidates=history), golden.ztf_packet(2)]
    records = [golden.ztf_record(1, prv_candidates=history), golden.ztf_record(2)]
    assert_same(_decoder().decode(packets), records)


def test_null_cutouts_have_no_stamp_but_keep_their_place() -> None:
    batch = _decoder().decode([golden.ztf_packet(3, cutoutTemplate=None)])
    assert stamps_of(batch, 0)[1] is None
    begin, end = batch.spans.field[0, 1]
    assert batch.buffer[begin:end].tobytes() == b"\0"


def test_the_datum_span_holds_the_bare_record() -> None:
    batch = _decoder().decode([golden.ztf_packet(seed, codec="deflate") for seed in (1, 2)])
    begin, end = batch.spans.datum[1]
    datum = BytesIO(batch.buffer[begin:end].tobytes())
    schema = fastavro.parse_schema(golden.ztf_schema())
    assert fastavro.schemaless_reader(datum, schema, None)["objectId"] == batch.object_id[1]


def test_a_cutout_span_is_its_whole_encoding() -> None:
    batch = _decoder().decode([golden.ztf_packet(4)])
    begin, end = batch.spans.field[0, 2]
    schema = golden.ztf_schema()["fields"][7]["type"]
    field = fastavro.schemaless_reader(
        BytesIO(batch.buffer[begin:end].tobytes()), fastavro.parse_schema(schema), None
    )
    assert field == golden.ztf_record(4)["cutoutDifference"]


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy"])
def test_a_file_of_many_records_splits_into_messages_with_its_header(codec: str) -> None:
    records = [golden.ztf_record(seed) for seed in SEEDS]
    data = golden.container(records, golden.ztf_schema(), codec)
    packets = list(_decoder().split(data))
    assert [list(fastavro.reader(BytesIO(packet))) for packet in packets] == [
        [one] for one in records
    ]
    batch = _decoder().decode(packets)
    assert_same(batch, records)
    whole: Any = fastavro.reader(BytesIO(data)).metadata
    assert all(fastavro.reader(BytesIO(packet)).metadata == whole for packet in packets)


def test_a_file_of_many_records_is_no_live_message() -> None:
    data = golden.container([golden.ztf_record(1), golden.ztf_record(2)], golden.ztf_schema())
    batch = _decoder().decode([data, golden.ztf_packet(3)])
    assert [(one.index, one.reason) for one in batch.rejected] == [(0, Reason.RECORD_COUNT)]
    assert len(batch) == 1


def test_a_file_broken_in_the_middle_splits_up_to_there() -> None:
    records = [golden.ztf_record(seed) for seed in range(4)]
    data = bytearray(golden.container(records, golden.ztf_schema()))
    at = data.index(str(records[2]["objectId"]).encode())
    data[at - 1] = 0xFF  # the length of the third record's objectId
    batch = _decoder().decode(list(_decoder().split(bytes(data))))
    assert len(batch) == 2
    assert [one.index for one in batch.rejected] == [2]


def test_bytes_that_are_no_container_split_into_themselves() -> None:
    for data in (b"", b"Obj\x01", golden.rubin_packet(1)):
        assert list(_decoder().split(data)) == [data]


def test_an_unknown_schema_id_is_named_in_the_reason() -> None:
    batch = _decoder().decode([golden.rubin_packet(1, schema_id=9900), golden.rubin_packet(2)])
    assert len(batch) == 1
    assert batch.rejected == ((0, Reason.UNKNOWN_SCHEMA, "schema id 9900"),)


def test_a_new_minor_schema_version_is_decoded_once_its_files_are_there(tmp_path: Path) -> None:
    decoder = Decoder(schemas=SchemaFolder(tmp_path))
    packet = golden.rubin_packet(5, schema_id=1102)
    assert decoder.decode([packet]).rejected[0].reason is Reason.UNKNOWN_SCHEMA
    folder = tmp_path / "11" / "2"
    folder.mkdir(parents=True)
    for record in _records_in(schema := golden.rubin_schema()):
        for one in record["fields"]:
            one["type"] = _referred(one["type"])
        (folder / f"lsst.v11_0.{record['name']}.avsc").write_text(json.dumps(record))
    assert schema["fields"][2]["type"] == "lsst.v11_0.diaSource"
    batch = decoder.decode([packet])
    assert_same(batch, [golden.rubin_record(5)])
    assert batch.schemas[0].registry_id == 1102


def _referred(kind: Any) -> Any:  # noqa: ANN401 - JSON
    """Each record's definition replaced by its name, as published files have it."""
    if isinstance(kind, list):
        return [_referred(branch) for branch in kind]
    if isinstance(kind, dict) and kind["type"] == "record":
        return f"{kind['namespace']}.{kind['name']}"
    if isinstance(kind, dict) and kind["type"] == "array":
        return kind | {"items": _referred(kind["items"])}
    return kind


def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="no folder of schemas at"):
        SchemaFolder(tmp_path / "absent")


def test_a_schema_file_that_is_missing_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "1" / "2"
    folder.mkdir(parents=True)
    alert = {"type": "record", "name": "a", "fields": [{"name": "x", "type": "lsst.v1_2.gone"}]}
    (folder / "lsst.v1_2.alert.avsc").write_text(json.dumps(alert))
    with pytest.raises(SchemaError, match=r"lsst\.v1_2\.gone\.avsc"):
        SchemaFolder(tmp_path).find(102)


def _enriched() -> Schema:
    ours = {"type": "record", "name": "annotation", "namespace": "org.gueststar", "fields": []}
    schema = golden.ztf_schema()
    return schema | {"fields": [*schema["fields"], {"name": "ours", "type": ["null", ours]}]}


def test_an_enriched_packet_is_refused_unless_we_are_to_score_again() -> None:
    packet = golden.ztf_packet(1, schema=_enriched(), ours={})
    refused = _decoder().decode([packet]).rejected
    assert [one.reason for one in refused] == [Reason.ALREADY_ENRICHED]
    assert_same(_decoder(rescore=True).decode([packet]), [golden.ztf_record(1)])


def test_messages_of_one_schema_may_differ_in_their_sync_marker() -> None:
    batch = _decoder().decode([golden.ztf_packet(seed) for seed in SEEDS])
    assert len(batch.schemas) == 1
    assert set(batch.schema.tolist()) == {0}


@pytest.mark.parametrize("value", [0, -1, 2.5])
def test_a_limit_that_is_no_bound_is_refused(value: Any) -> None:  # noqa: ANN401 - wrong on purpose
    with pytest.raises(DecodeLimitError, match="packet_bytes_max"):
        DecodeLimits(packet_bytes_max=value)


def test_rubins_newest_schema_is_known_where_another_source_has_none() -> None:
    class Other:
        def find(self, schema_id: int) -> WriterSchema | None:
            return None

    (packet,) = (one.packet for one in invented_night(1, "lsst", seed=1, drawn=1))
    assert len(Decoder(schemas=Other()).decode([packet])) == 1
    unknown = packet[:1] + (1200).to_bytes(4, "big") + packet[5:]
    assert [one.reason for one in Decoder(schemas=Other()).decode([unknown]).rejected] == [
        Reason.UNKNOWN_SCHEMA
    ]
