"""A release is whole or there is none: in a small repository, signed with a key of the moment."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from supply.release import UNRELEASED, Refused, release

DAY = date(2026, 11, 30)
CHANGELOG = """# Changelog

## 0.1.0, unreleased

### Added
- Something.
"""
MAKEFILE = """check wheel:
	@test -f tests/releases/written && ! test -f broken
"""
WRITTEN = """from pathlib import Path
Path("tests/releases/written").touch()
"""
SSH = {"gpg.format": "ssh", "user.signingkey": "{key}", "gpg.ssh.allowedSignersFile": "{signers}"}


def git(root: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=root, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of what a release needs, in which tags can be signed; skips without ssh."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("no ssh-keygen here, so that no key can be made (Debian: openssh-client)")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    root, key = tmp_path / "project", tmp_path / "key"
    (root / "tests" / "releases").mkdir(parents=True)
    for package in ("tests", "tests/releases"):
        (root / package / "__init__.py").touch()
    (root / "tests" / "releases" / "written.py").write_text(WRITTEN)
    (root / "pyproject.toml").write_text('[project]\nname = "one"\nversion = "0.1.0"\n')
    (root / "CHANGELOG.md").write_text(CHANGELOG)
    (root / "Makefile").write_text(MAKEFILE)
    (root / ".gitignore").write_text("__pycache__\n")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    signers = tmp_path / "signers"
    signers.write_text(f"one@example.org {key.with_suffix('.pub').read_text()}")
    git(root, "init", "--quiet", "--initial-branch", "main")
    for name, value in {**SSH, "user.name": "one", "user.email": "one@example.org"}.items():
        git(root, "config", name, value.format(key=key, signers=signers))
    commit(root, "all: begin")
    return root


def commit(root: Path, message: str) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", message)


def test_a_release_is_a_commit_a_section_golden_files_and_a_tag_that_verifies(root: Path) -> None:
    assert release(root, "0.1.0", DAY) == "v0.1.0"
    git(root, "verify-tag", "v0.1.0")
    assert git(root, "rev-parse", "v0.1.0^{commit}") == git(root, "rev-parse", "HEAD")
    assert git(root, "log", "-1", "--format=%s") == "release: make 0.1.0"
    assert git(root, "tag").splitlines() == ["v0.1.0"]
    assert git(root, "status", "--porcelain") == ""
    assert "tests/releases/written" in git(root, "ls-files")
    changelog = (root / "CHANGELOG.md").read_text()
    assert "## Unreleased\n\n## 0.1.0, 2026-11-30\n\n### Added\n- Something.\n" in changelog


def test_the_next_one_has_what_was_written_since(root: Path) -> None:
    release(root, "0.1.0", DAY)
    changelog = root / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace("Unreleased\n", "Unreleased\n- More.\n"))
    commit(root, "all: go on")
    assert release(root, "0.10.0", DAY) == "v0.10.0"
    assert '"0.10.0"' in (root / "pyproject.toml").read_text()
    new, old = changelog.read_text().split("## 0.10.0")[1].split("## 0.1.0")
    assert ("- More." in new, "- Something." in old) == (True, True)


def dirty(root: Path) -> None:
    (root / "new").touch()


def elsewhere(root: Path) -> None:
    git(root, "switch", "--quiet", "--create", "side")


def unsaid(root: Path) -> None:
    (root / "CHANGELOG.md").write_text(
        "# Changelog\n\n## Unreleased\n\n### Added\n\n## 0.0.1\n- x\n"
    )
    commit(root, "all: say nothing")


def unsigned(root: Path) -> None:
    git(root, "config", "--unset", "user.signingkey")


def unverified(root: Path) -> None:
    git(root, "config", "--unset", "gpg.ssh.allowedSignersFile")


def tagged(root: Path) -> None:
    git(root, "tag", "v0.1.0")


def older(root: Path) -> None:
    git(root, "tag", "v0.9.0")
    git(root, "tag", "v0.10.0")


def failing(root: Path) -> None:
    (root / "broken").touch()
    commit(root, "all: break")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (dirty, "new is not committed; commit or stash"),
        (elsewhere, "this is side; git switch main"),
        (unsaid, "CHANGELOG.md says nothing under Unreleased; write"),
        (unsigned, "can neither sign nor verify a tag here; set user.signingkey"),
        (unverified, "can neither sign nor verify a tag here; .*allowedSignersFile"),
        (tagged, "the tag v0.1.0 exists; choose"),
        (older, "0.1.0 is no newer than 0.10.0; choose"),
        (failing, "make check wheel failed, see above; mend it"),
    ],
)
def test_what_is_in_the_way_is_named_with_its_remedy_and_nothing_is_left(
    root: Path, spoil: Callable[[Path], None], why: str
) -> None:
    spoil(root)
    before = git(root, "status", "--porcelain"), git(root, "rev-parse", "HEAD"), git(root, "tag")
    with pytest.raises(Refused, match=why) as refused:
        release(root, "0.1.0", DAY)
    assert "\n" not in str(refused.value)
    after = git(root, "status", "--porcelain"), git(root, "rev-parse", "HEAD"), git(root, "tag")
    assert after == before


@pytest.mark.parametrize("version", ["", "1.2", "v1.2.3", "1.2.3rc1", "1.2.3 "])
def test_what_is_no_version_is_refused(root: Path, version: str) -> None:
    with pytest.raises(Refused, match="is no version; say make release VERSION="):
        release(root, version, DAY)


def test_this_project_s_changelog_has_what_a_release_turns_over() -> None:
    changelog = (Path(__file__).resolve().parents[2] / "CHANGELOG.md").read_text()
    assert len(UNRELEASED.findall(changelog)) == 1
