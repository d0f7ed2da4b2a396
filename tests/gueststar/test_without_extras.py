"""Without any extra what needs none works, and what needs one says which."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from gueststar.command import app

ROOT = Path(__file__).parents[2]
MODULES = {"faiss-cpu": "faiss", "scikit-learn": "sklearn", "nifty-ls": "nifty_ls"}
"""Where a package's module is called otherwise."""
NOT_SERVED = {"test", "train"}
START = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name in {absent!r} else found(name, *more)
sys.argv[0] = "gueststar"
from gueststar.command import main
main()
"""


def extras() -> set[str]:
    """The modules that some extra brings, and no installation has without."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {
        re.split(r"[>=<\[]", one)[0]
        for extra, needed in project["optional-dependencies"].items()
        if extra not in NOT_SERVED
        for one in needed
    }
    # SciPy comes with the base's own needs, scikit-image and mocpy, wherever it is asked for.
    return {MODULES.get(name, name) for name in names} - {"scipy"}


def run(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", START.format(absent=extras()), *words],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_demo_flows_without_a_portal(tmp_path: Path) -> None:
    done = run("demo", "--seconds", "2", "--rate", "5", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "in a browser" not in done.stdout


@pytest.mark.parametrize(
    "name",
    sorted(one.name or one.callback.__name__ for one in app.registered_commands if one.callback),
)
def test_every_command_has_its_help(name: str, tmp_path: Path) -> None:
    done = run(name.replace("_", "-"), "--help", folder=tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_portal_names_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "broker.toml").write_text('[kafka]\nbootstrap = "localhost:1"\n')
    done = run("portal", "broker.toml", folder=tmp_path)
    assert done.returncode == 2
    assert "pip install 'gueststar[portal]'" in done.stderr


def test_a_token_is_made_without_it(tmp_path: Path) -> None:
    done = run("token", "ada", folder=tmp_path)
    assert done.returncode == 0, done.stderr
