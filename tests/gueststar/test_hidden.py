"""A user's file with the name of a room is named, and nothing of it is run as ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gueststar.hidden import HIDEABLE, OURS, check_rooms, file_in_the_way


def run_script(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script of one line in a folder, with gueststar importable behind that folder."""
    script = folder / "night.py"
    script.write_text("import gueststar\nprint(gueststar.GueststarError.__name__)\n")
    return subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(OURS)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_is_in_the_way_here() -> None:
    check_rooms()


@pytest.mark.parametrize("room", HIDEABLE)
def test_a_file_beside_the_script_with_the_name_of_a_room_is_named(
    room: str, tmp_path: Path
) -> None:
    (tmp_path / f"{room}.py").write_text("raise SystemExit('the wrong file was imported')\n")
    ran = run_script(tmp_path)
    assert ran.returncode == 1
    last = ran.stderr.strip().splitlines()[-1]
    assert last.startswith("schemas.errors.HiddenRoomError")
    assert str(tmp_path / f"{room}.py") in last
    assert "rename it" in last


def test_a_package_beside_the_script_with_the_name_of_a_room_is_named(tmp_path: Path) -> None:
    (tmp_path / "filters").mkdir()
    (tmp_path / "filters" / "__init__.py").touch()
    assert str(tmp_path / "filters" / "__init__.py") in run_script(tmp_path).stderr


def test_a_folder_of_data_beside_the_script_is_not_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "filters").mkdir()
    assert run_script(tmp_path).stdout.strip() == "GueststarError"


def test_a_room_that_is_nowhere_is_said_so() -> None:
    assert file_in_the_way("no_such_room") == "a folder or module 'no_such_room' without a file"
