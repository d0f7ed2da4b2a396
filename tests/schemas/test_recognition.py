"""A survey is known by what it alone has, and what is nobody's says what it has and lacks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.batch import Reason
from schemas.decode import Decoder
from schemas.recognition import survey_of
from schemas.refusal import Refusal
from schemas.survey import Survey
from schemas.surveys import BUILT_IN
from tests.schemas import golden, golden_telescope, golden_winter

Json = Any
SCHEMAS: dict[str, Callable[[], Json]] = {
    "ztf": golden.ztf_schema,
    "lsst": golden.rubin_schema,
    "winter": golden_winter.schema,
    "telescope": golden_telescope.schema,
}


def _survey(name: str, *marks: str) -> Survey:
    return Survey(name, marks, (), "", (), (), ("", "", ""), lambda _: {}, {})


def _record(*paths: str) -> Json:
    """A record that has these paths, one dot each at most."""
    parts: dict[str, list[str]] = {}
    for path in paths:
        top, _, inner = path.partition(".")
        parts.setdefault(top, []).extend([inner] if inner else [])
    return {
        "type": "record",
        "name": "r",
        "fields": [
            {
                "name": top,
                "type": {
                    "type": "record",
                    "name": f"of_{top}",
                    "fields": [{"name": one, "type": "int"} for one in inner],
                },
            }
            for top, inner in parts.items()
        ],
    }


def _without(schema: Json, path: str) -> Json:
    top, _, inner = path.partition(".")
    if not inner:
        return schema | {"fields": [one for one in schema["fields"] if one["name"] != top]}
    return schema | {
        "fields": [
            one | {"type": _without(one["type"], inner)} if one["name"] == top else one
            for one in schema["fields"]
        ]
    }


@pytest.mark.parametrize("survey", BUILT_IN, ids=lambda one: one.name)
def test_a_survey_is_known_by_its_own_schema(survey: Survey) -> None:
    assert survey_of(SCHEMAS[survey.name](), BUILT_IN) is survey


@pytest.mark.parametrize(
    ("survey", "mark"),
    [pytest.param(one, mark, id=f"{one.name} {mark}") for one in BUILT_IN for mark in one.marks],
)
def test_without_one_of_its_marks_a_record_is_nobodys(survey: Survey, mark: str) -> None:
    schema = _without(SCHEMAS[survey.name](), mark)
    with pytest.raises(Refusal, match="the record") as caught:
        survey_of(schema, BUILT_IN)
    assert mark in caught.value.detail or caught.value.reason is Reason.NOT_AN_ALERT


def test_a_record_that_has_nothing_of_any_survey_is_no_alert() -> None:
    with pytest.raises(Refusal) as caught:
        survey_of(_record("a.b"), (_survey("one", "c.d"), _survey("two", "e.f")))
    assert caught.value.reason is Reason.NOT_AN_ALERT
    assert caught.value.detail == "the record r has no c or e"


def test_what_is_most_like_one_survey_is_told_what_it_lacks_of_that() -> None:
    surveys = (_survey("one", "a.b", "a.c", "a.d"), _survey("two", "a.b", "e.f"))
    with pytest.raises(Refusal) as caught:
        survey_of(_record("a.b", "a.d"), surveys)
    assert caught.value.reason is Reason.UNKNOWN_SCHEMA
    assert caught.value.detail == (
        "the record r is of no known survey: of one's fields it has a.b, a.d but no a.c"
    )


def test_a_survey_that_adds_to_anothers_whole_shape_is_not_taken_for_it() -> None:
    plain, more = _survey("plain", "a.b"), _survey("more", "a.b", "a.c")
    for surveys in ((plain, more), (more, plain)):
        assert survey_of(_record("a.b", "a.c"), surveys) is more
        assert survey_of(_record("a.b"), surveys) is plain


def test_what_two_surveys_have_alike_is_of_neither() -> None:
    with pytest.raises(Refusal) as caught:
        survey_of(_record("a.b", "a.c"), (_survey("one", "a.b"), _survey("two", "a.c")))
    assert caught.value.detail == "the record r has the marks of one and two alike"


@given(st.data())
def test_recognition_is_that_of_sets_of_paths(data: st.DataObject) -> None:
    paths = st.sets(st.sampled_from(["a.x", "a.y", "b.x", "b.z"]), min_size=1)
    has, *marks = (data.draw(paths) for _ in range(4))
    surveys = [_survey(str(number), *sorted(one)) for number, one in enumerate(marks)]
    fitting = [one for one in surveys if set(one.marks) <= has]
    best = [
        one
        for one in fitting
        if all(set(one.marks) > set(other.marks) for other in fitting if other is not one)
    ]
    if best:
        assert [survey_of(_record(*has), surveys)] == best
    else:
        with pytest.raises(Refusal):
            survey_of(_record(*has), surveys)


@pytest.mark.parametrize(
    "way",
    [
        lambda one: ["null", one],
        lambda one: [one, "null"],
        lambda one: {"type": one},
        lambda one: {"type": ["null", {"type": one}]},
    ],
)
def test_marks_are_found_through_unions_and_types_of_types(way: Callable[[Json], Json]) -> None:
    record = _record("a.b")
    record["fields"][0]["type"] = way(record["fields"][0]["type"])
    assert survey_of(record, (_survey("one", "a.b"),)).name == "one"


def test_marks_are_found_through_names() -> None:
    record = _record("z.b") | {"namespace": "space"}
    record["fields"].append({"name": "a", "type": ["null", "of_z"]})
    record["fields"].append({"name": "c", "type": "space.of_z"})
    assert survey_of(record, (_survey("one", "a.b", "c.b"),)).name == "one"


def test_a_mark_may_be_of_any_type() -> None:
    schema = golden.ztf_schema()
    candidate = next(one for one in schema["fields"] if one["name"] == "candidate")["type"]
    fid = next(one for one in candidate["fields"] if one["name"] == "fid")
    fid["type"] = {"type": "map", "values": "string"}
    assert survey_of(json.loads(json.dumps(schema)), BUILT_IN).name == "ztf"


NOBODYS = {"pgir": ["candidate.fid", "candidate.pid"], "desirt": ["candidate.fid", "candidate.jd"]}


@pytest.mark.data
@pytest.mark.parametrize("folder", NOBODYS)
def test_real_packets_that_borrow_a_shape_are_dead_letters_with_a_reason(
    folder: str, data_folder: Path
) -> None:
    packets = [path.read_bytes() for path in sorted(data_folder.glob(f"other_surveys/{folder}/*"))]
    assert packets
    batch = Decoder().decode(packets)
    assert len(batch) == 0
    assert {one.reason for one in batch.rejected} == {Reason.UNKNOWN_SCHEMA}
    for rejected in batch.rejected:
        has, _, lacks = rejected.detail.partition(" but no ")
        assert has.startswith(f"the record {folder}.alert is of no known survey: of ztf's fields")
        assert "objectId" in has
        assert all(mark in lacks for mark in NOBODYS[folder])
