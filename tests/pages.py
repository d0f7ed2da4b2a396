"""Pages of docs/ typed block by block, as their readers would, in a terminal of their own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self

BLOCK = re.compile(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCK_S_MAX = 180


class Block(NamedTuple):
    """A fenced block: a file to write where `what` names one, else a command line."""

    language: str
    what: str
    text: str


def blocks(page: Path) -> list[Block]:
    """The page's blocks, in its order."""
    return [Block(*each) for each in BLOCK.findall(page.read_text())]


class Shell:
    """A terminal in a folder of its own, with gueststar on its path."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        """`settings` are environment variables besides our own."""
        self.folder = folder
        self.took_s: dict[str, float] = {}
        self._running: list[subprocess.Popen[bytes]] = []
        self._deaf: set[subprocess.Popen[bytes]] = set()
        self.environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "GUESTSTAR_STATE": str(folder / "state"),
            **settings,
        }

    def type(self, block: Block) -> None:
        """Write a file, run a command to its end, or start one that stays."""
        if block.language != "bash":
            (self.folder / block.what).write_text(block.text)
        elif block.what == "stays":
            self.start(block.text)
        else:
            self.run(block)

    @contextmanager
    def typing(self, page: Path) -> Iterator[Self]:
        """The whole page, typed; closed at the end."""
        try:
            for block in blocks(page):
                self.type(block)
            yield self
        finally:
            self.close()

    def close(self) -> None:
        """End what still runs, as Ctrl-C does."""
        for process in self._running:
            process.send_signal(signal.SIGKILL if process in self._deaf else signal.SIGINT)
        for process in self._running:
            process.wait(BLOCK_S_MAX)

    def start(
        self, text: str, settings: Mapping[str, str] | None = None, *, deaf: bool = False
    ) -> Path:
        """Start a command that stays; what it says goes to the file, `log0`, `log1` and so on.

        deaf: whether it may pass over Ctrl-C.
        """
        path = self.folder / f"log{len(self._running)}"
        with path.open("wb") as log:
            command = ["bash", "-c", f"exec {text}"]
            environment = {**self.environment, **(settings or {})}
            process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=log, stderr=log
            )
        self._running.append(process)
        if deaf:
            self._deaf.add(process)
        return path

    def run(self, block: Block, settings: Mapping[str, str] | None = None) -> None:
        """Run a command to its end; what it says goes to `transcript`."""
        began_s = time.monotonic()
        done = subprocess.run(
            ["bash", "-e", "-c", block.text],
            cwd=self.folder,
            env={**self.environment, **(settings or {})},
            capture_output=True,
            text=True,
            timeout=BLOCK_S_MAX,
            check=False,
        )
        self.took_s[block.text] = time.monotonic() - began_s
        with (self.folder / "transcript").open("a") as transcript:
            transcript.write(f"$ {block.text}{done.stdout}{done.stderr}\n")
        failed = done.returncode != 0
        assert failed == (block.what == "fails"), f"{block.text}{done.stdout}{done.stderr}"

    def said(self) -> str:
        """All that the commands wrote."""
        return (self.folder / "transcript").read_text()
