"""`python -m supply.release VERSION` (`make release`): a version from changelog to signed tag.

All is refused that would not make one, before anything is written; what fails later leaves the
tree as it was. Nothing is pushed.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

BRANCH: Final = "main"
UNRELEASED: Final = re.compile(
    r"^## (?:\d+\.\d+\.\d+, u|U)nreleased\n(.*?)(?=^## |\Z)", re.M | re.S
)
"""The changelog's newest section; before the first release it names the version to come."""
VERSION: Final = re.compile(r"\d+\.\d+\.\d+")
TRIED: Final = "gueststar-signing-tried"
"""A tag that is signed, verified and removed, to see whether the next can be."""

Numbers = tuple[int, ...]


class Refused(Exception):  # noqa: N818 - an answer, as others' errors are
    """Why there is no release, and what to do; one line."""


def main() -> None:
    """Make the release that is asked for; exit status 1 and one line where that cannot be."""
    options = argparse.ArgumentParser(prog="python -m supply.release", description=__doc__)
    options.add_argument("version", nargs="?", default="")
    try:
        tag = release(Path.cwd(), options.parse_args().version, datetime.now(UTC).date())
    except Refused as reason:
        sys.exit(f"release: {reason}")
    print(f"{tag} is made; look at it, then: git push origin {BRANCH} {tag}")  # noqa: T201


def release(root: Path, version: str, day: date) -> str:
    """The tag, made and verified. Raises Refused, and leaves the tree as it was."""
    tag, began = f"v{version}", _git(root, "rev-parse", "HEAD").strip()
    _require_new(root, version)
    _require_ready(root)
    try:
        _write(root, version, day)
        _run(root, sys.executable, "-m", "tests.releases.written")
        _run(root, "make", "check", "wheel")
        _git(root, "add", "--all")
        _git(root, "commit", "--quiet", "--message", f"release: make {version}")
        _sign(root, tag, f"gueststar {version}")
    except BaseException:
        _git(root, "reset", "--quiet", "--hard", began)
        _git(root, "clean", "-fdq", "tests/releases")
        raise
    return tag


def unreleased(changelog: str) -> re.Match[str]:
    """The section to be released. Raises Refused where it says nothing."""
    found = UNRELEASED.search(changelog)
    if not found or not re.search(r"^[^#\s]", found[1], re.M):
        raise Refused("CHANGELOG.md says nothing under Unreleased; write what has changed first")
    return found


def released(changelog: str, version: str, day: date) -> str:
    """The changelog with that section under version and day, and an empty one above it."""
    section = unreleased(changelog)
    heading = f"## Unreleased\n\n## {version}, {day.isoformat()}\n"
    return changelog[: section.start()] + heading + changelog[section.start(1) :]


def _require_new(root: Path, version: str) -> None:
    if not VERSION.fullmatch(version):
        raise Refused(f"{version!r} is no version; say make release VERSION=1.2.3")
    tags = _git(root, "tag", "--list", "v*").split()
    if f"v{version}" in tags:
        raise Refused(f"the tag v{version} exists; choose a version after it")
    present = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    newest = max([*(tag[1:] for tag in tags if VERSION.fullmatch(tag[1:])), present], key=_numbers)
    if _numbers(version) < _numbers(newest):
        raise Refused(f"{version} is no newer than {newest}; choose a version after it")


def _require_ready(root: Path) -> None:
    """The tree, the changelog and the key, in the order of what they cost to ask."""
    if (branch := _git(root, "branch", "--show-current").strip()) != BRANCH:
        raise Refused(f"this is {branch or 'no branch'}; git switch {BRANCH}")
    if changed := _git(root, "status", "--porcelain").splitlines():
        raise Refused(f"{changed[0].split()[-1]} is not committed; commit or stash what is changed")
    unreleased((root / "CHANGELOG.md").read_text())
    try:
        _sign(root, TRIED, "tried")
    except Refused as reason:
        raise Refused(
            "git can neither sign nor verify a tag here; set user.signingkey, and for a key of ssh"
            f" gpg.format and gpg.ssh.allowedSignersFile ({reason})"
        ) from None
    finally:
        subprocess.run(["git", "tag", "-d", TRIED], cwd=root, capture_output=True, check=False)


def _write(root: Path, version: str, day: date) -> None:
    changelog, project = root / "CHANGELOG.md", root / "pyproject.toml"
    changelog.write_text(released(changelog.read_text(), version, day))
    own = re.compile(r'^version = "[^"]*"$', re.M)
    project.write_text(own.sub(f'version = "{version}"', project.read_text(), count=1))


def _sign(root: Path, tag: str, message: str) -> None:
    _git(root, "tag", "--sign", tag, "--message", message)
    _git(root, "verify-tag", tag)


def _numbers(version: str) -> Numbers:
    return tuple(map(int, version.split(".")))


def _run(root: Path, *words: str) -> None:
    if subprocess.run(words, cwd=root, check=False).returncode:
        raise Refused(f"{' '.join(words[-3:])} failed, see above; mend it, commit, and ask again")


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise Refused(f"git {words[0]} failed: {said}")
    return done.stdout


if __name__ == "__main__":
    main()
