"""`python -m tests.chaos`: all nights are passed, who fails is told, and who holds is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos import __main__ as command
from tests.chaos.nights import Asked, Told

TEXT = """# A page
<!-- holds: made by a command -->

<!-- end -->
<!-- fails: made by a command -->
old
<!-- end -->
"""


def holds(asked: Asked) -> Told:
    (asked.folder / "left").write_text("here")
    assert asked.is_full
    return Told("a night", {"kills": str(asked.seed)})


def fails(asked: Asked) -> Told:
    raise AssertionError(f"doubled at {asked.seed}")


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One with parts for two nights, of which the first fails."""
    monkeypatch.setattr(command, "NIGHTS", {"fails": fails, "holds": holds})
    monkeypatch.setattr(command, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    command.PAGE.write_text(TEXT)
    return command.PAGE


def status(monkeypatch: pytest.MonkeyPatch, *words: str) -> object:
    monkeypatch.setattr("sys.argv", ["chaos", *words])
    with pytest.raises(SystemExit) as ended:
        command.main()
    return ended.value.code


def test_a_night_that_fails_is_told_and_the_next_is_passed_and_written(
    page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(monkeypatch, "--page", "--seed", "7", "8") == 1
    said = capsys.readouterr()
    assert "doubled at 7" in said.err and "doubled at 8" in said.err
    assert "python -m tests.chaos fails --seed 8" in said.err
    assert "kills" in said.out
    text = page.read_text()
    assert "| kills | 7 | 8 |" in text
    assert "`python -m tests.chaos holds --seed 7 8`" in text
    assert text.endswith("\nold\n<!-- end -->\n")
    assert [each.name.split("-")[1] for each in page.parent.glob("chaos-*")] == ["fails", "fails"]


def test_nights_are_passed_by_name_and_the_page_is_left_alone_unasked(
    page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not status(monkeypatch, "holds")
    assert page.read_text() == TEXT
    assert status(monkeypatch, "unheard-of") == 2
    assert "'unheard-of'; there are fails, holds" in capsys.readouterr().err


def test_every_night_has_its_part_on_the_page() -> None:
    text = command.PAGE.read_text(encoding="utf-8")
    assert [name for name in command.NIGHTS if text.count(f"<!-- {name}: ") != 1] == []
