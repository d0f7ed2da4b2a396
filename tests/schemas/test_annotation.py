"""What we learned, encoded by hand for a whole batch, against fastavro's reading of it."""

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import fastavro
import hypothesis
import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from schemas.annotation import (
    FIELD_SCHEMA,
    Annotations,
    Catalogue,
    SelectedBy,
    encode_annotations,
)
from schemas.learned import FLOATS, Kind, Learned
from schemas.prior import EVEN, Shares
from schemas.wire import block_bytes, long_bytes, text_bytes

FIELD = fastavro.parse_schema({"type": "record", "name": "only", "fields": [FIELD_SCHEMA]})
TEXTS = st.lists(st.text(max_size=8), max_size=3).map(tuple)
CATALOGUES = st.lists(st.builds(Catalogue, st.text(max_size=5), st.text(max_size=5)), max_size=2)
SELECTED_BY = st.lists(
    st.builds(
        SelectedBy,
        st.text(max_size=5),
        st.text(max_size=5),
        st.text(max_size=5),
        CATALOGUES.map(tuple),
    ),
    max_size=3,
).map(tuple)
LATEST_US = 4_102_444_800_000_000  # the year 2100
TIMES = st.integers(0, LATEST_US)
SURVEY_SCORES = (0.25, np.nan, 0.0, float(np.float32(0.9)))
"""Of up to four alerts."""
PRIORS: dict[int, list[Shares]] = {
    1: [EVEN],
    2: [EVEN, (0.25, 0.75)],
    3: [EVEN, (0.5, 0.25, 0.25)],
    4: [EVEN, (0.0625, 0.0625, 0.125, 0.75)],
}
"""By the number of labels."""
CELLS: dict[Kind, st.SearchStrategy[float]] = {
    "probabilities": st.floats(0, 1, width=32) | st.just(float("nan")),
    "values": st.floats(),
    "vector": st.floats(width=32),
}


def read(encoded: bytes) -> dict[str, Any]:
    """The field's value, by fastavro; all bytes must be used."""
    stream = BytesIO(encoded)
    record = fastavro.schemaless_reader(stream, FIELD, None)
    assert stream.tell() == len(encoded)
    assert isinstance(record, dict)
    value: dict[str, Any] = record["gueststar"]
    return value


def instant(unix_us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=unix_us)


@st.composite
def annotations(draw: st.DrawFn) -> Annotations:
    """What may be learned of up to four alerts."""
    alerts = draw(st.integers(0, 4))
    each = st.lists(TEXTS, min_size=alerts, max_size=alerts)
    found = {}
    for name in draw(st.lists(st.text(max_size=6), unique=True, max_size=4)):
        columns = tuple(draw(st.lists(st.text(max_size=4), unique=True, min_size=1, max_size=4)))
        kind = draw(st.sampled_from(list(CELLS)))
        count = alerts * len(columns)
        cells = draw(st.lists(CELLS[kind], min_size=count, max_size=count))
        values = np.array(cells, FLOATS[kind]).reshape(alerts, len(columns))
        prior = draw(st.sampled_from(PRIORS[len(columns)])) if kind == "probabilities" else EVEN
        found[name] = Learned(kind, columns, values, prior)
    names = st.text() | st.sampled_from(["", *found])
    return Annotations(
        broker_version=draw(st.text(max_size=9)),
        models=draw(st.lists(st.tuples(names, st.text(), st.text()), max_size=3)),
        ingest_unix_us=np.array(draw(st.lists(TIMES, min_size=alerts, max_size=alerts)), np.int64),
        publish_unix_us=draw(TIMES),
        learned=found,
        filters=draw(each | st.just([])),
        flags=draw(each | st.just([])),
        selected_by=draw(st.lists(SELECTED_BY, min_size=alerts, max_size=alerts) | st.just([])),
    )


@settings(max_examples=150)
@hypothesis.given(learned=annotations())
def test_all_that_was_learned_is_read_back(learned: Annotations) -> None:
    prints = [f"fingerprint {row}" for row in range(len(learned))]
    theirs = np.array(SURVEY_SCORES[: len(learned)])
    for row, encoded in enumerate(encode_annotations(learned, prints, theirs)):
        assert read(encoded) == {
            "broker_version": learned.broker_version,
            "models": [
                dict(zip(("name", "version", "sha256"), model, strict=True))
                | {"prior": prior_of(learned, model[0])}
                for model in learned.models
            ],
            "publish_time": instant(learned.publish_unix_us),
            "schema_fingerprint": prints[row],
            "ingest_time": instant(int(learned.ingest_unix_us[row])),
            "scores": given(learned, "probabilities", row),
            "filters": list(learned.filters[row]) if learned.filters else [],
            "flags": list(learned.flags[row]) if learned.flags else [],
            "survey_real_score": None if row == 1 else SURVEY_SCORES[row],
            "selected_by": [as_read(one) for one in learned.selected_by[row]]
            if learned.selected_by
            else [],
            "values": given(learned, "values", row),
            "vectors": given(learned, "vector", row),
        }


def prior_of(learned: Annotations, model: str) -> dict[str, float]:
    """What a record says of a model's prior."""
    each = learned.learned.get(model)
    return dict(zip(each.columns, each.prior, strict=True)) if each and each.prior else {}


def given(learned: Annotations, kind: Kind, row: int) -> dict[str, Any]:
    """What an alert's record says of one kind."""
    found: dict[str, Any] = {}
    for name, each in learned.learned.items():
        numbers = each.values[row].tolist()
        if each.kind != kind or (kind != "values" and np.isnan(numbers).any()):
            continue
        nulls = [None if np.isnan(number) else number for number in numbers]
        found[name] = nulls if kind == "vector" else dict(zip(each.columns, nulls, strict=True))
    return found


def as_read(one: SelectedBy) -> dict[str, Any]:
    """As fastavro reads it."""
    return {**one._asdict(), "catalogues": [each._asdict() for each in one.catalogues]}


@settings(max_examples=50)
@hypothesis.given(learned=annotations(), seed=st.integers(0, 9))
def test_what_is_taken_is_encoded_as_it_was_among_the_others(
    learned: Annotations, seed: int
) -> None:
    rows = np.random.default_rng(seed).permutation(len(learned))[:2]
    theirs = np.array(SURVEY_SCORES[: len(learned)])
    whole = encode_annotations(learned, ["x"] * len(learned), theirs)
    taken = encode_annotations(learned.take(rows), ["x"] * len(rows), theirs[rows])
    assert taken == [whole[row] for row in rows]


def test_a_classifier_without_labels_is_a_programmer_s_error() -> None:
    empty = {"empty": Learned.probabilities((), np.zeros((1, 0)))}
    learned = Annotations("1", [], np.zeros(1, np.int64), 0, empty)
    with pytest.raises(AssertionError, match="empty has no columns"):
        encode_annotations(learned, ["x"], np.zeros(1))


def without(field: Any, *names: str) -> Any:  # noqa: ANN401 - JSON
    """The field's schema as it was before it had those of its own."""
    (null, annotation) = field["type"]
    fields = [one for one in annotation["fields"] if one["name"] not in names]
    return {**field, "type": [null, {**annotation, "fields": fields}]}


def test_who_wrote_before_there_were_priors_is_read_as_at_even_odds() -> None:
    older = fastavro.parse_schema(
        {"type": "record", "name": "only", "fields": [without_prior(FIELD_SCHEMA)]}
    )
    learned = Annotations("1", [("net", "1", "ab")], np.zeros(1, np.int64), 0, {})
    (new,) = encode_annotations(learned, ["x"], np.zeros(1))
    old = new.replace(b"\x04ab\x00", b"\x04ab", 1)
    read_by_new = fastavro.schemaless_reader(BytesIO(old), older, FIELD)
    read_by_old = fastavro.schemaless_reader(BytesIO(new), FIELD, older)
    assert isinstance(read_by_new, dict) and isinstance(read_by_old, dict)
    model = {"name": "net", "version": "1", "sha256": "ab"}
    assert read_by_new["gueststar"]["models"] == [model | {"prior": {}}]
    assert read_by_old["gueststar"]["models"] == [model]


def without_prior(field: Any) -> Any:  # noqa: ANN401 - JSON
    """The field's schema as it was before models had one."""
    changed: Any = json.loads(json.dumps(field))
    (models,) = (one for one in changed["type"][1]["fields"] if one["name"] == "models")
    models["type"]["items"]["fields"] = [
        one for one in models["type"]["items"]["fields"] if one["name"] != "prior"
    ]
    return changed


LATER: dict[str, Any] = {"survey_real_score": None, "selected_by": [], "values": {}, "vectors": {}}
"""What was added to the annotation, in that order, and what stands for it where it is missing."""


@pytest.mark.parametrize("kept", range(len(LATER)))
def test_readers_of_each_annotation_read_all(kept: int) -> None:
    names = list(LATER)[kept:]
    older = fastavro.parse_schema(
        {"type": "record", "name": "only", "fields": [without(FIELD_SCHEMA, *names)]}
    )
    one = SelectedBy("mine", "3", "ab", (Catalogue("field", "cd"),))
    found = {"gaia": Learned("values", ("a",), np.full((1, 1), 0.5))}
    learned = Annotations("1", [], np.zeros(1, np.int64), 0, found, selected_by=[(one,)])
    (new,) = encode_annotations(learned, ["x"], np.array([0.75]))
    said = {"survey_real_score": 0.75, "selected_by": [as_read(one)]}
    said |= {"values": {"gaia": {"a": 0.5}}, "vectors": {}}
    old = new[: len(new) - sum(ending_bytes(FIELD_SCHEMA, name, said[name]) for name in names)]
    for written, writer in ((new, FIELD), (old, older)):
        read_by_new, read_by_old = (
            fastavro.schemaless_reader(BytesIO(written), writer, reader)
            for reader in (FIELD, older)
        )
        assert isinstance(read_by_new, dict)
        values = {name: read_by_new["gueststar"].pop(name) for name in names}
        expected = said if written is new else LATER
        assert values == {name: expected[name] for name in names}
        assert read_by_new == read_by_old


def ending_bytes(field: Any, name: str, value: object) -> int:  # noqa: ANN401 - JSON
    """How long a field of the annotation is."""
    (schema,) = (one["type"] for one in field["type"][1]["fields"] if one["name"] == name)
    out = BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), value)
    return len(out.getvalue())


def test_an_alert_without_new_stages_is_two_bytes_longer() -> None:
    (new,) = encode_annotations(Annotations("1", [], np.zeros(1, np.int64), 0), ["x"], np.ones(1))
    assert new.endswith(np.float32(1).tobytes() + bytes(3))


def test_a_survey_s_score_beyond_all_floats_is_infinite_and_no_error() -> None:
    learned = Annotations("1", [], np.zeros(1, np.int64), 0)
    (encoded,) = encode_annotations(learned, ["x"], np.array([1e300]))
    assert read(encoded)["survey_real_score"] == np.inf


@hypothesis.given(value=st.integers(-(2**63), 2**63 - 1))
def test_a_long_is_what_fastavro_writes(value: int) -> None:
    out = BytesIO()
    fastavro.schemaless_writer(out, "long", value)
    assert long_bytes(value) == out.getvalue()


@hypothesis.given(texts=st.lists(st.text(max_size=200), max_size=100))
def test_an_array_of_texts_is_what_fastavro_writes(texts: list[str]) -> None:
    out = BytesIO()
    fastavro.schemaless_writer(out, {"type": "array", "items": "string"}, texts)
    assert block_bytes(map(text_bytes, texts)) == out.getvalue()
