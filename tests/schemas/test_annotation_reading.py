"""What we learned, read where the compiled decoder says, is what any Avro reader finds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.annotation_reading import read_annotations
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.enriched import Enricher
from schemas.enriched_reading import read_enriched
from schemas.form import Form
from tests.schemas import golden
from tests.schemas.real_packets import night_files
from tests.schemas.survey_packets import ztf_packets
from tests.schemas.test_enriched import learned


def read_back(packets: list[bytes]) -> AlertBatch:
    found = Decoder(rescore=True).decode(packets)
    assert not found.rejected
    return found


def plain(packet: bytes) -> object:
    """By the library alone, which walks the whole record."""
    return read_enriched(packet).get("gueststar")


@given(
    seeds=st.lists(st.integers(0, 40), min_size=1, max_size=6),
    rubin=st.lists(st.integers(0, 40), max_size=4),
    form=st.sampled_from(["lite", "full"]),
    plain_too=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_annotations_are_what_the_library_reads_of_whole_records(
    seeds: list[int], rubin: list[int], form: Form, plain_too: bool, seed: int
) -> None:
    packets = [golden.ztf_packet(each) for each in seeds]
    packets += [golden.rubin_packet(each) for each in rubin]
    batch = Decoder(schemas=golden.GoldenSchemas()).decode(packets)
    records = Enricher().encode(batch, learned(len(batch)), form)
    records += [golden.ztf_packet(41)] * plain_too
    mixed = [records[at] for at in np.random.default_rng(seed).permutation(len(records))]
    back = read_back(mixed)
    assert read_annotations(back) == list(map(plain, mixed))
    odd = np.arange(len(back))[1::2]
    assert read_annotations(back.take(odd)) == [plain(mixed[at]) for at in odd]


def test_what_an_older_broker_wrote_gets_the_fields_that_came_since() -> None:
    (packet,) = Enricher().encode(Decoder().decode(ztf_packets(1)), learned(1))
    record = read_enriched(packet)
    schema = json.loads(read_back([packet]).schemas[0].json)
    ours = schema["fields"][-1]["type"][1]
    newer = {"selected_by", "values", "vectors"}
    ours["fields"] = [each for each in ours["fields"] if each["name"] not in newer]
    note = {**record["gueststar"], "publish_time": 1, "ingest_time": 2}
    older = _written(schema, {**record, "gueststar": note})
    (found,) = read_annotations(read_back([older]))
    assert found is not None
    assert {name: found[name] for name in newer} == {"selected_by": [], "values": {}, "vectors": {}}
    assert found["scores"] == record["gueststar"]["scores"]


def test_a_field_that_cannot_be_read_is_none_and_its_neighbours_are_read() -> None:
    packets = Enricher().encode(Decoder().decode(ztf_packets(3)), learned(3))
    batch = read_back(packets)
    broken = batch.spans.annotation.copy()
    broken[1, 1] = broken[1, 0] + 3
    batch = replace(batch, spans=replace(batch.spans, annotation=broken))
    assert read_annotations(batch) == [plain(packets[0]), None, plain(packets[2])]


@pytest.mark.data
def test_real_records_are_read_as_the_library_reads_them(data_folder: Path) -> None:
    batch = Decoder().decode([*night_files(data_folder)][:200])
    for form in ("full", "lite"):
        records = Enricher().encode(batch, learned(len(batch)), form)
        assert read_annotations(read_back(records)) == list(map(plain, records))


def _written(schema: dict[str, object], record: dict[str, object]) -> bytes:
    from io import BytesIO

    import fastavro

    datum = BytesIO()
    fastavro.schemaless_writer(datum, fastavro.parse_schema(schema), record)
    from schemas.writing import contained

    return contained(json.dumps(schema), datum.getvalue())
