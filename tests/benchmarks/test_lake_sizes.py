"""The benchmark of sizes says all tables, and what is made of them."""

from __future__ import annotations

import sys

import pytest

from benchmarks import lake_sizes


def test_every_table_has_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["lake_sizes", "--alerts", "600", "--nights", "3"])
    lake_sizes.main()
    said = capsys.readouterr().out
    assert "600 alerts in 3 nights" in said
    for name in (*lake_sizes.TABLES, "HATS, alerts", "HATS, margin", "Delta logs"):
        assert name in said
    assert "µs of CPU an alert" in said
