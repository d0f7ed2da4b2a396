"""What docs/lake.md says to type works on a lake as it is written today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lake.writing import LakeWriter
from replay.invention import invent
from schemas.decode import Decoder

PAGE = Path(__file__).parents[2] / "docs" / "lake.md"
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    batch = Decoder().decode([one.packet for one in invent(20, seed=2)])
    with LakeWriter(tmp_path / "lake", version="test") as writer:
        writer.add(batch)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "lake"


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_snippet_of_the_page_runs(lake: Path, snippet: str) -> None:
    assert lake.is_dir()
    exec(snippet, {})


def test_the_page_has_snippets_and_names_every_column_of_a_point() -> None:
    from lake.layout import PACKET, POINTS

    assert len(SNIPPETS) >= 2
    assert all(f"`{name}`" in PAGE.read_text() for name in (*POINTS, *PACKET[2:]))
