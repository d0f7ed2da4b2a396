"""What `gueststar check` says of the input: names, lists and patterns."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker import assembly
from broker.assembly import build
from broker.errors import SettingsError
from broker.plan import Plan, plan
from classifiers.classifier import Scoring
from gueststar.service import lines
from schemas.stage import Stage
from tests.broker.fakes import FakeAdmin
from tests.broker.test_assembly import Halves, settings_with

NIGHTS = ("ztf_20231018_programid1", "ztf_20231019_programid1")
THERE = (*NIGHTS, "ztf_20231018_programid2", "alerts", "lsst-alerts", "__consumer_offsets")
A_NIGHT = "^ztf_[0-9]{8}_programid1$"


@pytest.fixture(autouse=True)
def halves(monkeypatch: pytest.MonkeyPatch) -> None:
    def served(*_: object) -> tuple[Stage, ...]:
        return (Scoring(Halves()),)

    monkeypatch.setattr(assembly, "served", served)


def planned(folder: Path, *asked: str) -> Plan:
    """What a broker that reads these says of a Kafka with the topics of THERE."""
    admin = FakeAdmin()
    admin.limits = dict.fromkeys(THERE, 1_048_588)
    return plan(build(settings_with(folder, input=asked)), admin)


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        (("alerts",), [("alerts", "input")]),
        (("alerts, lsst-alerts",), [("alerts", "input"), ("lsst-alerts", "input")]),
        ((A_NIGHT,), [(name, f"input, by {A_NIGHT}") for name in NIGHTS]),
        ((A_NIGHT, NIGHTS[0]), [(NIGHTS[1], f"input, by {A_NIGHT}"), (NIGHTS[0], "input")]),
        (("^ztf_[0-9]{4,8}_programid3",), []),
    ],
)
def test_the_topics_that_are_read_now_are_named(
    tmp_path: Path, asked: tuple[str, ...], read: list[tuple[str, str]]
) -> None:
    found = planned(tmp_path, *asked)
    (*inputs, replayed) = [one for one in found.topics if one.role.startswith("input")]
    assert [(one.name, one.role) for one in inputs] == read
    assert replayed.name == "gueststar.replayed"
    assert {one.partitions for one in inputs} <= {2}
    assert found.problems == ()


def test_a_pattern_that_matches_nothing_yet_is_a_note(tmp_path: Path) -> None:
    found = planned(tmp_path, "^ztf_2024", "alerts")
    note = "^ztf_2024 matches no topic now; a worker reads those that come to match it"
    assert found.notes == (note,)
    said = list(lines(found))
    assert f"note: {note}" in said
    assert said[-1] == "ready to run"


def test_a_missing_topic_is_a_problem_and_the_nearest_is_named(tmp_path: Path) -> None:
    found = planned(tmp_path, "lsst-alert")
    assert found.problems == (
        "input topic lsst-alert does not exist yet; did you mean 'lsst-alerts'?; a worker waits"
        " until it does",
    )


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ("^ztf_[0-9", r"input: topic '\^ztf_\[0-9' is no pattern: unterminated character set"),
        ("ztf_*", r"input: topic 'ztf_\*' is no name of a topic.*a pattern begins with \^"),
        ("^.*", r"input '\^\.\*' takes in 'gueststar.enriched', which the broker writes"),
        ("^real", r"input '\^real' takes in 'real-ones', which the broker writes"),
    ],
)
def test_what_can_be_no_input_is_refused(tmp_path: Path, asked: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        build(settings_with(tmp_path, input=(asked,)))
