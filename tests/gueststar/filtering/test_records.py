"""A dry run is found again by what the filter is, and a broken one is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from broker.deployments.records import DryRun
from gueststar.filtering.records import keep, latest

FILTER = "a" * 64
RUN = DryRun("night", "b" * 64, 1000, 3, 0.003, looks_ahead=False, unix_s=1.5)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GUESTSTAR_STATE", str(tmp_path))
    return tmp_path


def test_the_last_dry_run_of_a_filter_is_found() -> None:
    assert latest(FILTER) is None
    keep(FILTER, RUN)
    keep("c" * 64, RUN)
    again = replace(RUN, alerts=2000)
    keep(FILTER, again)
    assert latest(FILTER) == again


def test_a_record_stands_alone_in_its_folder(state: Path) -> None:
    assert keep(FILTER, RUN) == state / "dry-runs" / f"{'a' * 64}.json"
    assert [*(state / "dry-runs").iterdir()] == [keep(FILTER, RUN)]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"filter_sha256": "a"}', '{"alien": 1}'])
def test_a_record_that_cannot_be_read_is_none(text: str) -> None:
    keep(FILTER, RUN).write_text(text)
    assert latest(FILTER) is None


def test_without_the_variable_records_stand_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GUESTSTAR_STATE")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert keep(FILTER, RUN).parent == tmp_path / ".local" / "state" / "gueststar" / "dry-runs"
