"""What docs/lake.md says to type works on a lake as it is written today."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gueststar.command import app
from gueststar.open_lake import OpenLake
from lake.reading import Lake, LakeRows
from lake.writing import LakeWriter
from replay.invention import invent
from schemas.decode import Decoder

PAGE = Path(__file__).parents[2] / "docs" / "lake.md"
COMMANDS = re.findall(r"^gueststar lake .*$", PAGE.read_text(), re.MULTILINE)
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    batch = Decoder().decode([one.packet for one in invent(20, seed=2)])
    with LakeWriter(tmp_path / "lake", version="test") as writer:
        writer.add(batch)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "lake"


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_page_runs(lake: Path, line: str) -> None:
    opened = OpenLake(lake)
    night, name = str(opened.nights().table[0][0]), str(next(rows_of(lake)).column("object_id")[0])
    words = line.replace("ZTF18abcdefg", name).replace("20180713", night)
    result = CliRunner().invoke(app, shlex.split(words)[1:])
    assert (result.exit_code, result.exception) == (0, None)
    for named in re.findall(r"--to (\S+)", line):
        assert Path(named).stat().st_size > 0


def rows_of(lake: Path) -> Iterator[LakeRows]:
    return Lake(lake).tables()


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_snippet_of_the_page_runs(lake: Path, snippet: str) -> None:
    assert lake.is_dir()
    exec(snippet, {})


def test_the_page_has_snippets_and_names_every_column_of_a_point() -> None:
    from lake.layout import PACKET, POINTS

    assert len(SNIPPETS) >= 3
    assert len(COMMANDS) >= 7
    assert all(f"`{name}`" in PAGE.read_text() for name in (*POINTS, *PACKET[2:]))
