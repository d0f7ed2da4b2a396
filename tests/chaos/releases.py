"""gueststar as it stands here and as it was last released, each run as its users run it."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gueststar.release import __version__

ROOT: Final = Path(__file__).resolve().parents[2]
FIRST: Final = "d3f4f87f"
"""What tests/releases/0.1.0 was written at; it stands for a release until there is a tag."""
COMMAND: Final = "from gueststar.command import main; main()"
END_S_MAX: Final = 240.0


@dataclass(frozen=True)
class Release:
    """A tree of gueststar, and what its records call it."""

    tree: Path
    version: str

    def process(self, *words: str, log: Path) -> subprocess.Popen[bytes]:
        """A command of it, which writes to a log."""
        environment = {**os.environ, "PYTHONPATH": str(self.tree)}
        with log.open("ab") as file:
            return subprocess.Popen(
                [sys.executable, "-c", COMMAND, *words],
                cwd=self.tree,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )


def present() -> Release:
    """This one."""
    return Release(ROOT, __version__)


def last(folder: Path) -> Release | None:
    """The newest tag before this commit, laid out in a folder; None where git does not have it."""
    named = _git("describe", "--tags", "--abbrev=0", "--match", "v*", "HEAD^").decode().strip()
    commit = _git("rev-parse", "--short", f"{named or FIRST}^{{commit}}").decode().strip()
    tree = _git("archive", commit) if commit else b""
    if not tree:
        return None
    with tarfile.open(fileobj=io.BytesIO(tree)) as archive:
        archive.extractall(folder, filter="data")
    # As an installation would say which it is, and apart from who stands here.
    version = f"{named.removeprefix('v') or '0.1.0'}+{commit}"
    said = folder / f"gueststar-{version}.dist-info" / "METADATA"
    said.parent.mkdir()
    said.write_text(f"Metadata-Version: 2.1\nName: gueststar\nVersion: {version}\n")
    return Release(folder, version)


def _git(*words: str) -> bytes:
    """What git answers; nothing where it cannot."""
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=False).stdout


@dataclass
class Member:
    """One worker's name, and the releases that bear it in turn."""

    name: str
    config: Path
    borne: list[str] = field(default_factory=list)
    """Their versions."""
    since_unix_ms: float = 0.0
    _process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.config.with_name(f"{self.name}.log")

    def start(self, release: Release) -> None:
        """As this release."""
        self.since_unix_ms = time.time() * 1e3
        self.borne.append(release.version)
        words = ("run", str(self.config), "--worker", self.name)
        self._process = release.process(*words, log=self.log)

    def stop(self) -> None:
        """In order, as one that is about to be replaced."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(END_S_MAX)
        assert code == 0, f"worker {self.name} ended with {code}:\n{self.log.read_text()[-6_000:]}"

    def require_life(self) -> None:
        """Raises AssertionError where it has ended by itself."""
        code = self._process.poll() if self._process else None
        assert code is None, (
            f"worker {self.name} ended with {code}:\n{self.log.read_text()[-6_000:]}"
        )

    def end(self) -> None:
        """Make sure that nothing of it is left."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(END_S_MAX)
