"""`gueststar lake write`, `freeze` and `verify` say in one line what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from gueststar.command import main

CONFIG = '[topics]\ninput = ["alerts"]\n'


def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command that fails says."""
    monkeypatch.setattr("sys.argv", ["gueststar", "lake", *words])
    with pytest.raises(SystemExit):
        main()
    return capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("lake", "line"),
    [
        ("", "[lake] path is missing; say where the lake is to be written"),
        ('[lake]\npath = "lake"\nflush_s = 9.0\n', "flush_s is at most 8.0"),
        ('[lake]\npath = "lake"\ntopics = ["no topic"]\n', "[lake] topics"),
    ],
)
def test_what_is_wrong_with_the_configuration_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    lake: str,
    line: str,
) -> None:
    config = tmp_path / "gueststar.toml"
    config.write_text(CONFIG + lake)
    assert line in said(monkeypatch, capsys, "write", str(config))


@pytest.mark.parametrize("words", [("freeze", "20231018"), ("verify",)])
def test_what_is_no_live_lake_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
) -> None:
    line = said(monkeypatch, capsys, words[0], str(tmp_path), *words[1:])
    assert line == f"gueststar: {tmp_path} is no lake that `gueststar lake write` wrote"
