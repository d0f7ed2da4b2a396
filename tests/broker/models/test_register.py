"""Records of models, and what they add up to."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.json_records import RecordError
from broker.models.gates import judged
from broker.models.labelled import Marks
from broker.models.limits import GatesSection
from broker.models.records import (
    Cause,
    Change,
    Comparison,
    Gate,
    ModelVersion,
    Promotion,
    State,
    Status,
    read_record,
)
from broker.models.register import ModelRegister
from broker.versions import CHANGES_KEPT, Erased

MARKS = Marks(200, 40, 0.9, 0.3, 0.05)
FOUND = Comparison(
    *("0.1.0", "a" * 64, 5_000, 0.98, 0.01, 0.01, 40.0, 1.0, 3.0, 0),
    marks=MARKS,
    marks_against=MARKS,
)
PROMOTION = Promotion(FOUND, judged(FOUND, GatesSection()), "")


def version(number: int, name: str = "realbogus") -> ModelVersion:
    return ModelVersion(
        *(name, number, f"0.{number}.0", f"{number:064x}", "model.onnx", "card.md", ""),
        *("ada@observatory", 100.0 + number, None),
    )


def change(state: State, unix_s: float) -> Change:
    promotion = PROMOTION if state is State.LIVE else None
    return Change(state, Cause.ASKED, "so be it", "ada@observatory", unix_s, promotion)


def test_records_are_read_as_they_were_written() -> None:
    status = Status("realbogus", 1, (change(State.LIVE, 200.0), change(State.PAUSED, 300.0)))
    for record in (version(1), status):
        assert read_record(record.key, record.encode()) == record
    assert read_record(version(1).key, b"") == Erased("realbogus", 1, of_status=False)


@pytest.mark.parametrize(
    ("key", "changed", "complaint"),
    [
        (b"realbogus", {}, "is no NAME/VERSION"),
        (b"realbogus/2", {}, "calls itself realbogus/1"),
        (b"realbogus/1", {"sha256": "x"}, "is no sha256"),
        (b"realbogus/1", {"place": ""}, "names no file"),
        (b"realbogus/1", {"more": 1}, "its keys are not"),
        (b"realbogus/1", {"version": "1"}, "is no int"),
    ],
)
def test_what_no_deployment_writes_is_refused(
    key: bytes, changed: dict[str, object], complaint: str
) -> None:
    value = json.dumps(asdict(version(1)) | changed).encode()
    with pytest.raises(RecordError, match=complaint):
        read_record(key, value)


@given(st.binary(max_size=80), st.binary(max_size=200))
def test_whatever_stands_on_the_topic_is_a_record_or_refused(key: bytes, value: bytes) -> None:
    try:
        read_record(key, value)
    except RecordError as error:
        assert "\n" not in str(error)


def test_a_version_is_a_shadow_until_somebody_says_otherwise() -> None:
    register = ModelRegister().after([version(1)])
    assert register.change(version(1)).state is State.SHADOW
    assert register.shadows == (version(1),)
    assert register.serving("realbogus") is None


def test_the_last_promoted_serves_whatever_its_operator_s_clock_says() -> None:
    register = ModelRegister().after([version(1), version(2)])
    register = register.after([register.changed(version(2), change(State.LIVE, 500.0))])
    register = register.after([register.changed(version(1), change(State.LIVE, 400.0))])
    assert register.serving("realbogus") == version(1)
    register = register.after([register.changed(version(1), change(State.PAUSED, 450.0))])
    assert register.serving("realbogus") == version(2)


def test_models_do_not_meddle_with_one_another() -> None:
    other = version(1, "supernova")
    register = ModelRegister().after([version(1), other])
    register = register.after([register.changed(other, change(State.LIVE, 500.0))])
    assert register.serving("realbogus") is None
    assert register.serving("supernova") == other


def test_a_number_is_never_given_twice_and_a_status_stays_small() -> None:
    register = ModelRegister().after([version(1)])
    for number in range(CHANGES_KEPT + 5):
        state = State.PAUSED if number % 2 else State.SHADOW
        register = register.after([register.changed(version(1), change(state, 200.0 + number))])
    assert len(register.changes(version(1))) == CHANGES_KEPT
    erased = register.after([Erased("realbogus", 1, of_status=False)])
    assert erased.next_version("realbogus") == 2


def failed(**changed: object) -> list[str]:
    """The gates that a comparison does not pass."""
    found = replace(FOUND, **changed)  # type: ignore[arg-type]
    return [each.name for each in judged(found, GatesSection()) if not each.passed]


def test_a_version_as_good_as_the_live_one_passes_every_gate() -> None:
    assert failed() == []


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"alerts": 999}, ["alerts compared"]),
        ({"marks": None}, ["alerts labelled", "recall lost", "log loss risen"]),
        ({"marks": replace(MARKS, alerts=99)}, ["alerts labelled"]),
        ({"marks": replace(MARKS, recall=0.88)}, ["recall lost"]),
        ({"marks": replace(MARKS, log_loss=0.35)}, ["log loss risen"]),
        ({"declined": 0.02}, ["change of declines"]),
        ({"declined": 0.0}, ["change of declines"]),
        ({"faults": 1}, ["alerts at fault"]),
        ({"cost_us": 201.0}, ["cost, µs an alert"]),
    ],
)
def test_each_gate_stops_what_it_is_for(changed: dict[str, object], names: list[str]) -> None:
    assert failed(**changed) == names


def test_what_is_not_known_is_not_passed() -> None:
    gates = judged(replace(FOUND, marks=None), GatesSection())
    assert Gate("recall lost", passed=False, found=None, limit=0.01) in gates
