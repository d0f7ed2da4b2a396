"""The writer of packets, held to fastavro and astropy."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import fastavro
import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.writing import confluent, container, gzipped_fits

ITEM = {
    "type": "record",
    "name": "item",
    "namespace": "house",
    "fields": [
        {"name": "whole", "type": ["null", "int"], "default": None},
        {"name": "real", "type": ["double", "null"]},
    ],
}
SCHEMA = json.dumps(
    {
        "type": "record",
        "name": "thing",
        "namespace": "house",
        "fields": [
            {"name": "id", "type": "long"},
            {"name": "name", "type": ["null", "string"], "default": None},
            {"name": "data", "type": "bytes"},
            {"name": "flag", "type": "boolean"},
            {"name": "single", "type": ["null", "float"]},
            {"name": "first", "type": ITEM},
            {"name": "others", "type": ["null", {"type": "array", "items": "house.item"}]},
            {"name": "time", "type": {"type": "long", "logicalType": "made-up"}},
        ],
    }
)

LONGS = st.integers(-(2**63), 2**63 - 1)
ITEMS = st.fixed_dictionaries(
    {
        "whole": st.none() | st.integers(-(2**31), 2**31 - 1),
        "real": st.none() | st.floats(allow_nan=False),
    }
)
THINGS = st.fixed_dictionaries(
    {
        "id": LONGS,
        "name": st.none() | st.text(),
        "data": st.binary(),
        "flag": st.booleans(),
        "single": st.none() | st.floats(width=32, allow_nan=False),
        "first": ITEMS,
        "others": st.none() | st.lists(ITEMS, max_size=4),
        "time": LONGS,
    }
)


@settings(max_examples=60)
@given(st.lists(THINGS, max_size=3))
def test_fastavro_reads_back_what_was_written(things: list[dict[str, Any]]) -> None:
    read = fastavro.reader(io.BytesIO(container(SCHEMA, *things)))
    assert list(read) == things
    assert read.codec == "null"


@settings(max_examples=60)
@given(THINGS)
def test_a_confluent_frame_is_nought_the_id_and_fastavros_own_datum(thing: dict[str, Any]) -> None:
    datum = io.BytesIO()
    fastavro.schemaless_writer(datum, json.loads(SCHEMA), thing)
    assert confluent(902, SCHEMA, thing) == b"\0" + (902).to_bytes(4, "big") + datum.getvalue()


def test_a_record_that_lacks_a_field_or_a_value_is_a_programmers_error() -> None:
    schema = json.dumps({"type": "record", "name": "t", "fields": [{"name": "a", "type": "long"}]})
    with pytest.raises(KeyError):
        container(schema, {"b": 1})
    with pytest.raises(TypeError):
        container(schema, {"a": None})


@pytest.mark.parametrize("shape", [(63, 63), (63, 40), (1, 1)])
def test_astropy_reads_back_a_stamp(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    pixels[:1, :1] = np.nan
    image = gzip.decompress(gzipped_fits(pixels))
    assert len(image) % 2880 == 0
    with fits.open(io.BytesIO(image)) as file:
        read = file[0].data
    assert np.array_equal(pixels, read, equal_nan=True)
