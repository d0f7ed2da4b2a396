"""Which release a rolling upgrade begins at."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.chaos import releases

AS_ONE = ("-c", "user.name=one", "-c", "user.email=one@example.org")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one commit, and of no release."""
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.setattr(releases, "ROOT", root)
    git(root, "init", "--quiet")
    commit(root, "first")
    return root


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", *AS_ONE, *words], cwd=root, check=True)


def commit(root: Path, name: str) -> None:
    (root / name).touch()
    git(root, "add", name)
    git(root, "commit", "--quiet", "--message", name)


def test_the_newest_tag_before_this_commit_is_laid_out_and_named(root: Path) -> None:
    for number in range(3):
        git(root, "tag", "--no-sign", f"v0.{number}.0")
        commit(root, f"after-{number}")
    git(root, "tag", "--no-sign", "v0.3.0")
    found = releases.last(root.parent / "last")
    assert found is not None
    assert found.version.startswith("0.2.0+")
    assert sorted(each.name for each in found.tree.iterdir() if each.is_file()) == [
        "after-0",
        "after-1",
        "first",
    ]


def test_where_git_has_no_release_there_is_none(root: Path) -> None:
    assert releases.last(root.parent / "last") is None
