"""A stage whose models are files of JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.broker.models.stage import NAME, FromFile, Stage


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Nothing deployed."""
    monkeypatch.setattr("classifiers.slot.BUILT_IN", {NAME: FromFile})
    return Stage(tmp_path)
