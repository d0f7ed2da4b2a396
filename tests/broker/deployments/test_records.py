"""The records of deployed filters: strictly read, and what they add up to in any order."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.deployments.records import (
    Cause,
    Change,
    DryRun,
    State,
    Status,
    Version,
    read_record,
)
from broker.json_records import REASON_MAX, RecordError, shortened
from broker.versions import Erased

NAMES = ("bright", "early-sn", "fast_1")
CHANGE = Change(State.PAUSED, Cause.RAISED, "it raised", "worker one", 1_700_000_060.0)


def version_of(name: str = "bright", version: int = 1, **changes: object) -> Version:
    given = Version(
        name=name,
        version=version,
        sha256=f"{version:064x}",
        document={"name": name, "description": "", "form": "lite", "clauses": {"a": "magnitude<1"}},
        topic=f"gueststar.filter.{name}",
        catalogues=("galaxies",),
        by="ada@observatory",
        deployed_unix_s=1_700_000_000.0 + version,
        dry_run=DryRun("night.tar", "ab" * 32, 100, 2, 0.02, looks_ahead=False, unix_s=1.7e9),
        overridden=(),
        previous_sha256=None,
    )
    return replace(given, **changes)  # type: ignore[arg-type]


def status_of(version: Version, *states: State) -> Status:
    changes = tuple(replace(CHANGE, state=state, reason=f"{n}") for n, state in enumerate(states))
    return Status(version.name, version.version, changes)


@pytest.mark.parametrize(
    "record",
    [
        version_of(),
        version_of(dry_run=None, overridden=("it had no dry run",), previous_sha256="0" * 64),
        status_of(version_of(version=12), State.PAUSED, State.LIVE),
    ],
)
def test_a_record_is_read_as_it_was_written(record: Version | Status) -> None:
    assert read_record(record.key, record.encode()) == record


def test_a_deleted_key_is_read_as_erased() -> None:
    assert read_record(b"bright/3", b"") == Erased("bright", 3, of_status=False)
    assert read_record(b"bright/3/status", b"") == Erased("bright", 3, of_status=True)


def written(**changes: object) -> bytes:
    document = json.loads(version_of().encode())
    return json.dumps(document | changes).encode()


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (b"rubbish", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "is no dict"),
        (b"{}", "its keys are not name, version"),
        (written(more=1), "its keys are not"),
        (written(version="1"), "'1' is no int"),
        (written(version=True), "True is no int"),
        (written(version=2), "calls itself bright/2"),
        (written(name="Bright"), "'Bright' is no name"),
        (written(sha256="12"), "'12' is no sha256"),
        (written(document=[]), "is no dict"),
        (written(document={"clauses": {"a": 1}}), "no table of texts"),
        (written(deployed_unix_s=1e99), "at no time"),
        (written(by="\ud800"), "no JSON"),
        (written(dry_run={"alerts": 1}), "its keys are not archive"),
        (written(overridden="all"), "'all' is no list"),
        (written(overridden=[1]), "1 is no str"),
        (b'{"deployed_unix_s": NaN}', "NaN is no number"),
        (written().replace(b"1700000001.0", b"1e999"), "inf is no number"),
        (written().replace(b"1700000001.0", b"9" * 400), "is no number"),
    ],
)
def test_what_is_no_record_is_refused_in_one_line(value: bytes, complaint: str) -> None:
    with pytest.raises(RecordError, match=complaint) as raised:
        read_record(b"bright/1", value)
    assert str(raised.value).startswith("the record bright/1 ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "key", [None, b"", b"bright", b"bright/0", b"bright/01", b"../1", b"bright/1/x", b"\xff/1"]
)
def test_a_key_of_no_version_is_refused(key: bytes | None) -> None:
    with pytest.raises(RecordError, match="is no NAME/VERSION"):
        read_record(key, version_of().encode())


@pytest.mark.parametrize("changes", [[], [{"state": "gone"}]])
def test_a_status_that_says_nothing_is_refused(changes: list[object]) -> None:
    document = {"name": "bright", "version": 1, "changes": changes}
    with pytest.raises(RecordError):
        read_record(b"bright/1/status", json.dumps(document).encode())


def test_a_state_that_there_is_not_is_refused_by_its_name() -> None:
    value = status_of(version_of(), State.LIVE).encode().replace(b'"live"', b'"alive"')
    with pytest.raises(RecordError, match="'alive' is none of live, paused, removed"):
        read_record(b"bright/1/status", value)


@given(st.binary(max_size=80), st.binary(max_size=80))
@settings(max_examples=100)
def test_no_bytes_are_read_as_more_than_a_record_or_a_refusal(key: bytes, value: bytes) -> None:
    for asked in (key, b"bright/1", b"bright/1/status"):
        try:
            read_record(asked, value)
        except RecordError:
            continue


def test_a_long_reason_is_cut_to_one_line() -> None:
    assert shortened("two\n lines") == "two lines"
    assert len(shortened("x" * 9_999)) == REASON_MAX
