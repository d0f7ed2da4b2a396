"""docs/journey.md, typed block by block against a real Kafka and real alerts."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from broker.node import KafkaNode

pytestmark = [pytest.mark.kafka, pytest.mark.data]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "journey.md"
BLOCK = re.compile(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCK_S_MAX = 180


class Block(NamedTuple):
    """A fenced block: a file to write where `what` names one, else a command line."""

    language: str
    what: str
    text: str


def blocks() -> list[Block]:
    """The page's blocks, in its order."""
    return [Block(*each) for each in BLOCK.findall(PAGE.read_text())]


class Shell:
    """A terminal in a folder of its own, with gueststar on its path."""

    def __init__(self, folder: Path, kafka: KafkaNode, night: Path) -> None:
        self.folder = folder
        self.took_s: dict[str, float] = {}
        self._running: list[subprocess.Popen[bytes]] = []
        self._environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "GUESTSTAR_BOOTSTRAP": kafka.address,
            "GUESTSTAR_STATE": str(folder / "state"),
            "NIGHT": str(night),
        }

    def type(self, block: Block) -> None:
        """Write a file, run a command to its end, or start one that stays."""
        if block.language != "bash":
            (self.folder / block.what).write_text(block.text)
        elif block.what == "stays":
            self._start(block.text)
        else:
            self._run(block)

    def close(self) -> None:
        """End what still runs, as Ctrl-C does."""
        for process in self._running:
            process.send_signal(signal.SIGINT)
        for process in self._running:
            process.wait(BLOCK_S_MAX)

    def _start(self, text: str) -> None:
        with (self.folder / f"log{len(self._running)}").open("wb") as log:
            command = ["bash", "-c", f"exec {text}"]
            self._running.append(
                subprocess.Popen(
                    command, cwd=self.folder, env=self._environment, stdout=log, stderr=log
                )
            )

    def _run(self, block: Block) -> None:
        began_s = time.monotonic()
        done = subprocess.run(
            ["bash", "-e", "-c", block.text],
            cwd=self.folder,
            env=self._environment,
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


@pytest.fixture(scope="module")
def shell(
    kafka: KafkaNode, data_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shell]:
    """The whole page, typed."""
    night = data_folder / "ztf" / "ZwickyTransientFacility+ztfss18" / "alerts.tar.xz"
    typed = Shell(tmp_path_factory.mktemp("journey"), kafka, night)
    try:
        for block in blocks():
            typed.type(block)
        yield typed
    finally:
        typed.close()


def said(shell: Shell) -> str:
    """All that the commands wrote."""
    return (shell.folder / "transcript").read_text()


def test_the_page_can_be_typed(shell: Shell) -> None:
    assert "balances" in said(shell)


def test_a_misspelt_column_is_shown_where_it_stands(shell: Shell) -> None:
    assert "star_galaxy_score" in said(shell).split("$ python -m pytest")[0].split("misspelt")[-1]


def test_the_dry_run_leaves_a_page(shell: Shell) -> None:
    page = (shell.folder / "risers.html").read_text()
    assert "rising" in page
    assert "<img" in page or "<svg" in page


def test_the_filter_selects_while_the_broker_runs(shell: Shell) -> None:
    assert re.search(r"filter=?.*risers.*version", said(shell))


def test_why_names_the_clause(shell: Shell) -> None:
    assert "refused" in said(shell).split("$ gueststar subscribe gueststar.enriched")[1]


def test_the_plot_is_drawn(shell: Shell) -> None:
    assert (shell.folder / "alert.png").read_bytes().startswith(b"\x89PNG")


def test_the_broker_says_nothing_alarming(shell: Shell) -> None:
    assert "Traceback" not in (shell.folder / "log0").read_text()
