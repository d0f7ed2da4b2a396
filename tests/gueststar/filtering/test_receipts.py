"""A receipt is found again by what the filter is, and a broken one is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gueststar.filtering.receipts import Receipt, keep, latest

RECEIPT = Receipt("a" * 64, "night", "b" * 64, 1000, 3, 0.003, looks_ahead=False, unix_s=1.5)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GUESTSTAR_STATE", str(tmp_path))
    return tmp_path


def test_the_last_receipt_of_a_filter_is_found() -> None:
    assert latest(RECEIPT.filter_sha256) is None
    keep(RECEIPT)
    keep(replace(RECEIPT, filter_sha256="c" * 64))
    again = replace(RECEIPT, alerts=2000)
    keep(again)
    assert latest(RECEIPT.filter_sha256) == again


def test_a_receipt_stands_alone_in_its_folder(state: Path) -> None:
    assert keep(RECEIPT) == state / "dry-runs" / f"{'a' * 64}.json"
    assert [*(state / "dry-runs").iterdir()] == [keep(RECEIPT)]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"filter_sha256": "a"}', '{"alien": 1}'])
def test_a_receipt_that_cannot_be_read_is_none(text: str) -> None:
    keep(RECEIPT).write_text(text)
    assert latest(RECEIPT.filter_sha256) is None


def test_without_the_variable_receipts_stand_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GUESTSTAR_STATE")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert keep(RECEIPT).parent == tmp_path / ".local" / "state" / "gueststar" / "dry-runs"
