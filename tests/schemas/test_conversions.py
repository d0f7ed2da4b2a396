"""Fields whose type drifted: what is read all the same, what is missing, what is refused."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.batch import AlertBatch, Reason
from schemas.conversions import NAN_BITS, text_to
from schemas.decode import Decoder
from schemas.survey import MISSING, Kind
from tests.schemas import golden
from tests.schemas.comparing import assert_same

Json = Any
NAN = math.nan


def enum(*symbols: str) -> Json:
    """An enum's type."""
    return {"type": "enum", "name": "drifted", "symbols": list(symbols)}


def drifted(path: str, kind: Json) -> Json:
    """ZTF's golden schema with the field at a dotted path of another type."""
    schema = golden.ztf_schema()
    *records, name = path.split(".")
    record = schema
    for part in records:
        record = _record_of(next(one for one in record["fields"] if one["name"] == part))
    next(one for one in record["fields"] if one["name"] == name)["type"] = kind
    return schema


def _record_of(field: Json) -> Json:
    return field["type"][1]["items"] if isinstance(field["type"], list) else field["type"]


def packet(path: str, kind: Json, value: Any, seed: int = 3) -> bytes:  # noqa: ANN401
    """A packet of that schema with a value there."""
    *records, name = path.split(".")
    changes: Json = {records[0]: {name: value}} if records else {name: value}
    return golden.ztf_packet(seed, schema=drifted(path, kind), **changes)


def decode(*packets: bytes) -> AlertBatch:
    """A batch by a new decoder."""
    return Decoder().decode(packets)


class Case(NamedTuple):
    """A field of another type with a value in it, and the value of a sound one that is the same."""

    path: str
    kind: Json
    value: Any
    same: Any


POSITIVE, FLAG = "candidate.isdiffpos", ["null", "boolean"]
READ = [
    *(Case(POSITIVE, kind, True, "t") for kind in ("boolean", FLAG, ["boolean", "null"])),
    Case(POSITIVE, "boolean", False, "f"),
    *(Case(POSITIVE, kind, 1, "t") for kind in ("int", "long", "float", "double")),
    *(Case(POSITIVE, kind, 0, "f") for kind in ("int", "long", ["null", "double"])),
    *(Case(POSITIVE, "string", yes, "t") for yes in ("1", "T", "true", "True", "TRUE", "y", "Yes")),
    *(Case(POSITIVE, "string", no, "f") for no in ("0", "F", "false", "False", "n", "N", "NO")),
    Case(POSITIVE, "bytes", b"t", "t"),
    Case(POSITIVE, enum("t", "f"), "f", "f"),
    Case(POSITIVE, enum("T", "F"), "T", "t"),
    Case(POSITIVE, ["null", enum("FALSE", "TRUE")], "TRUE", "t"),
    Case(POSITIVE, ["int", "string", "boolean"], "f", "f"),
    *(Case("candidate.ndethist", kind, 4.0, 4) for kind in ("float", "double")),
    *(Case("candidate.ndethist", "string", text, 4) for text in ("4", " 4 ", "+4", "4.0", "4e0")),
    Case("candidate.ndethist", ["null", "string", "long"], 4, 4),
    *(Case("candidate.fid", kind, 2.0, 2) for kind in ("float", "double", ["null", "double"])),
    Case("candidate.fid", "string", "2", 2),
    *(Case("candidate.drb", kind, 0.5, 0.5) for kind in ("double", ["null", "double", "string"])),
    Case("candidate.drb", ["null", "double", "string"], "0.5", 0.5),
    *(Case("candidate.drb", "string", text, None) for text in ("", "null", "NaN", "None")),
    Case("candidate.magpsf", "int", 17, 17.0),
    Case("candidate.ra", "string", "123.4567890123456", 123.4567890123456),
    Case("candidate.jd", ["string", "double"], "2460000.5", 2460000.5),
    *(Case("candid", kind, "2405174030015015003", 2405174030015015003) for kind in ("string",)),
    Case("candid", "bytes", b"9007199254740993", 2**53 + 1),
    Case("candid", "double", 2.0**53, 2**53),
    Case("objectId", "bytes", b"ZTF18abc", "ZTF18abc"),
    Case("objectId", {"type": "fixed", "name": "f", "size": 8}, b"ZTF18abc", "ZTF18abc"),
]


@pytest.mark.parametrize("case", READ, ids=str)
def test_a_value_that_says_the_same_in_another_type_is_read(case: Case) -> None:
    *records, name = case.path.split(".")
    changes: Json = {records[0]: {name: case.same}} if records else {name: case.same}
    batch = decode(packet(case.path, case.kind, case.value))
    assert_same(batch, [golden.ztf_record(3, **changes)])
    assert batch.unread == {}


MISSED = [
    Case(POSITIVE, "string", "perhaps", None),
    Case(POSITIVE, "float", 0.5, None),
    Case(POSITIVE, "int", -1, None),
    Case(POSITIVE, enum("up", "down"), "up", None),
    Case("candidate.fid", enum("g", "r"), "g", None),
    Case("candidate.ndethist", "double", 4.5, None),
    Case("candidate.ndethist", "string", "many", None),
    Case("candidate.drb", ["null", "double", "string"], "high", None),
    Case("candidate.drb", "boolean", True, None),
    Case("candidate.drb", {"type": "array", "items": "float"}, [0.5], None),
    Case("candidate.drb", {"type": "map", "values": "float"}, {"a": 0.5}, None),
    Case("candidate.drb", golden.record_schema("d", "", "a:f b:i?"), {"a": 0.5, "b": None}, None),
    Case("candidate.distpsnr1", {"type": "long", "logicalType": "timestamp-micros"}, 10**15, None),
    Case("candid", "double", 1e18, None),
    Case("prv_candidates", ["null", "string"], "nothing", None),
    Case("prv_candidates", golden.record_schema("p", "", "jd:d fid:i"), {"jd": 1.0, "fid": 1}, []),
    Case("fp_hists", {"type": "map", "values": "int"}, {"jd": 1}, None),
    Case("cutoutDifference", ["null", "string", "double"], 4.5, None),
]


@pytest.mark.parametrize("case", MISSED, ids=str)
def test_a_value_that_says_nothing_plain_is_missing_and_counted(case: Case) -> None:
    *records, name = case.path.split(".")
    changes: Json = {records[0]: {name: None}} if records else {name: None}
    batch = decode(packet(case.path, case.kind, case.value), golden.ztf_packet(5))
    assert_same(batch, [golden.ztf_record(3, **changes), golden.ztf_record(5)])
    assert [(label.partition(": ")[0], count) for label, count in batch.unread.items()] == [
        (case.path, 1)
    ]


DEAD = [
    Case("candidate.jd", "string", "yesterday", "candidate.jd: string"),
    Case("candidate.ra", ["null", "string", "double"], "east", "candidate.ra: string"),
    Case("candidate.dec", ["double", "boolean"], True, "candidate.dec: boolean"),
    Case("candidate.jd", {"type": "array", "items": "double"}, [1.0], "candidate.jd is of type"),
    Case("objectId", "long", 7, "objectId is of type long"),
]


@pytest.mark.parametrize("case", DEAD, ids=str)
def test_an_alert_without_id_place_or_time_is_dead_and_the_field_is_named(case: Case) -> None:
    batch = decode(packet(case.path, case.kind, case.value), golden.ztf_packet(5))
    assert len(batch) == 1
    (rejected,) = batch.rejected
    assert rejected.reason in {Reason.NOT_AN_ALERT, Reason.UNKNOWN_SCHEMA}
    assert case.same in rejected.detail


def test_an_id_in_doubles_alone_that_lost_its_digits_is_dead() -> None:
    schema = drifted("candid", "double")
    candidate = next(one for one in schema["fields"] if one["name"] == "candidate")["type"]
    next(one for one in candidate["fields"] if one["name"] == "candid")["type"] = "double"
    sent = golden.ztf_packet(3, schema=schema, candid=1e18, candidate={"candid": 1e18})
    (rejected,) = decode(sent).rejected
    assert "candid: double, candidate.candid: double" in rejected.detail


def test_drift_is_by_alert_and_not_by_schema() -> None:
    kind = ["null", "double", "string"]
    values = [0.25, None, "0.75", "high", 0.5]
    batch = decode(*(packet("candidate.drb", kind, value) for value in values))
    np.testing.assert_array_equal(batch.survey_real_score, [0.25, NAN, 0.75, NAN, 0.5])
    assert batch.unread == {"candidate.drb: string": 1}
    assert batch.take(np.array([0])).unread == {}


def test_the_points_of_a_history_drift_too_and_count_once_an_alert() -> None:
    schema = golden.ztf_schema()
    history = next(one for one in schema["fields"] if one["name"] == "prv_candidates")
    for one in history["type"][1]["items"]["fields"]:
        if one["name"] in {"fid", "isdiffpos"}:
            one["type"] = ["null", "boolean", "double"]
    packets, records = [], []
    for seed in range(20):
        points = golden.ztf_record(seed)["prv_candidates"] or []
        for fid in (2.0, 1.5):
            sent = [{**one, "fid": fid, "isdiffpos": True} for one in points]
            as_read = [{**one, "fid": int(fid) * (fid == 2), "isdiffpos": "t"} for one in points]
            packets.append(golden.ztf_packet(seed, schema=schema, prv_candidates=sent))
            records.append(golden.ztf_record(seed, prv_candidates=as_read))
        packets.append(golden.ztf_packet(seed))
        records.append(golden.ztf_record(seed))
    batch = decode(*packets)
    assert_same(batch, records)
    alerts = sum(bool(record["prv_candidates"]) for record in records[1::3])
    assert batch.unread == {"prv_candidates.fid: double": alerts}


def test_rubins_sign_may_be_a_word() -> None:
    schema = golden.rubin_schema()
    source = next(one for one in schema["fields"] if one["name"] == "diaSource")["type"]
    next(one for one in source["fields"] if one["name"] == "isNegative")["type"] = "string"
    packets, records = [], []
    for word, negative in {"true": True, "False": False, "0": False, "": None}.items():
        history: Json = {"prvDiaSources": None}
        sent = golden.rubin_record(4, diaSource={"isNegative": word}, **history)
        packets.append(golden.container([sent], schema))
        records.append(golden.rubin_record(4, diaSource={"isNegative": negative}, **history))
    assert_same(decode(*packets), records)


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_a_whole_number_as_text_is_read_to_the_last_digit(number: int) -> None:
    assert text_to(Kind.INTEGER, str(number)) == (True, number)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_as_text_is_read_as_python_reads_it(number: float) -> None:
    fine, cell = text_to(Kind.FLOAT, repr(number))
    assert fine
    assert np.array(cell).view(np.float64) == number


@pytest.mark.parametrize("text", ["1_000", "0x10", "inf", "1e999", "1,5", "--1", "x"])
def test_text_that_is_no_plain_number_is_none(text: str) -> None:
    assert text_to(Kind.INTEGER, text) == (False, MISSING)
    assert text_to(Kind.FLOAT, text) == (False, NAN_BITS)


FORCED_NUMBERS = st.floats(-500, 500) | st.sampled_from([-999.0, -99999.0])
FORCED = st.sampled_from(["forcediffimflux", "forcediffimfluxunc", "magzpsci", "diffmaglim"])


@settings(max_examples=100)
@given(st.dictionaries(FORCED, FORCED_NUMBERS, min_size=1))
def test_what_stands_in_another_history_is_not_taken_for_a_word(values: dict[str, float]) -> None:
    narrow = {name: float(np.float32(value)) for name, value in values.items()}
    record = next(
        one for one in map(golden.ztf_record, range(9)) if one["fp_hists"] and one["prv_candidates"]
    )
    forced = [{**one, "procstatus": "0", **narrow} for one in record["fp_hists"]]
    sent = {**record, **dict.fromkeys(golden.ZTF_CUTOUTS), "fp_hists": forced}
    batch = decode(golden.container([sent], golden.ztf_schema()))
    assert_same(batch, [sent])
    assert batch.unread == {}
