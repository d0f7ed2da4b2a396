"""An embedding's record is what any Avro library reads, and versions are never mixed."""

from __future__ import annotations

import io
import json

import fastavro
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import SchemaError
from schemas.vector_records import BEGIN, COLUMNS, SCHEMA, Vectors, fingerprint, read, written

IDS = st.integers(-(2**63), 2**63 - 1)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def vectors_of(alerts: list[tuple[int, str]], version: str = "0123456789ab") -> Vectors:
    random = np.random.default_rng(len(alerts))
    ids, names = zip(*alerts, strict=True)
    return Vectors(
        version,
        np.array(["ztf"] * len(ids)),
        np.array(ids, np.int64),
        np.array(names),
        random.uniform(0, 90, (len(ids), 3)),
        random.normal(size=(len(ids), 64)).astype(np.float32),
    )


@given(st.lists(st.tuples(IDS, NAMES), min_size=1, max_size=5))
def test_what_is_written_is_read_here_and_by_fastavro(alerts: list[tuple[int, str]]) -> None:
    vectors = vectors_of(alerts)
    records = list(written(vectors))
    (again,) = read(records)
    assert again.version == vectors.version
    for name in COLUMNS:
        assert np.array_equal(getattr(again, name), getattr(vectors, name))
    schema = fastavro.parse_schema(json.loads(SCHEMA))
    for row, record in enumerate(records):
        told = fastavro.schemaless_reader(io.BytesIO(record[len(BEGIN) :]), schema, None)
        assert isinstance(told, dict)
        assert told["alert_id"] == alerts[row][0] and told["object_id"] == alerts[row][1]
        assert np.array_equal(np.array(told["vector"], np.float32), vectors.vector[row])


def test_the_fingerprint_is_avros() -> None:
    assert fastavro.schema.to_parsing_canonical_form(json.loads(SCHEMA)) == SCHEMA
    found = fastavro.schema.fingerprint(SCHEMA, "CRC-64-AVRO")
    assert fingerprint(SCHEMA).hex() == found


def test_a_record_of_an_alert_takes_a_third_of_a_kilobyte() -> None:
    (record,) = written(vectors_of([(2**62, "ZTF18abcdefg")]))
    assert len(record) <= 340


def test_versions_are_kept_apart_and_never_joined() -> None:
    one, other = vectors_of([(1, "a")]), vectors_of([(2, "b")], "another00000")
    assert [each.version for each in read([*written(one), *written(other)])] == [
        one.version,
        other.version,
    ]
    with pytest.raises(SchemaError, match="not to be mixed"):
        Vectors.joined([one, other])


@pytest.mark.parametrize("broken", [b"", b"nothing of the kind", b"\xc3\x01"])
def test_what_is_no_such_record_is_said_to_be_none(broken: bytes) -> None:
    with pytest.raises(SchemaError, match="no embedding"):
        read([broken])


def test_a_record_that_is_cut_short_is_none() -> None:
    (record,) = written(vectors_of([(1, "a")]))
    with pytest.raises(SchemaError, match="no embedding"):
        read([record[:-7]])
