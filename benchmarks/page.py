"""docs/speed.md: each command of the benchmarks writes its own part, between marks, when asked.

Some have theirs on another page.

What is written is what was printed, with the machine, the versions and the commit.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final, Self

from rich.console import Console
from rich.table import Table

from benchmarks.cores import cores
from benchmarks.processes import Usage
from kafka_node.jars import VERSION

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "speed.md"
DISCOVERY: Final = PAGE.with_name("discovery.md")
PORTAL: Final = PAGE.with_name("portal.md")
PICTURES: Final = ROOT / "docs" / "speed"
LIBRARIES: Final = ("numpy", "numba", "onnxruntime", "confluent-kafka", "deflate")


def add_option(options: argparse.ArgumentParser) -> None:
    """--page, of every command that has a part."""
    options.add_argument("--page", action="store_true", help="write it into docs/speed.md, too")


class Part:
    """What one command tells: on the screen, and in its part of the page.

    `with Part("stretch", written=True) as part:` writes as it ends without a fault.
    timed: whether it says what others took of the machine, which it knows where its processes are
    its own children.
    """

    def __init__(self, name: str, *, written: bool, page: Path = PAGE, timed: bool = True) -> None:
        self._name, self._is_written, self._page, self._is_timed = name, written, page, timed
        self._console, self._told = Console(highlight=False), list[str]()
        self._began = Usage.now()

    def say(self, line: str) -> None:
        """A paragraph."""
        self._console.print(line, markup=False)
        self._told.append(line)

    def show(self, table: Table) -> None:
        """A table."""
        self._console.print(table)
        self._told.append(markdown(table))

    def picture(self, name: str, caption: str) -> Path | None:
        """Where a picture of the part is to be drawn; None where the page is not written."""
        if not self._is_written:
            return None
        PICTURES.mkdir(exist_ok=True)
        self._told.append(f"![{caption}]({PICTURES.name}/{name}.svg)")
        return PICTURES / f"{name}.svg"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            if self._is_timed:
                self.say(f"{self._began.others()}.")
            if self._is_written:
                rewrite(self._name, "\n\n".join([*self._told, surroundings()]), self._page)


def rewrite(name: str, text: str, page: Path = PAGE) -> None:
    """The page with this text between the marks of that name."""
    marks = re.compile(rf"(<!-- {name}: .*? -->\n).*?(\n<!-- end -->)", re.DOTALL)
    old = page.read_text(encoding="utf-8")
    new, count = marks.subn(lambda found: f"{found[1]}\n{text}\n{found[2]}", old)
    assert count == 1, f"{page} has {count} parts called {name}"
    page.write_text(new, encoding="utf-8")


def markdown(table: Table) -> str:
    """A table of the screen in Markdown, its title in bold above."""
    columns = [[str(column.header), *map(str, column.cells)] for column in table.columns]
    rows = [f"| {' | '.join(map(_plain, row))} |" for row in zip(*columns, strict=True)]
    rule = "".join("|---:" if column.justify == "right" else "|---" for column in table.columns)
    title = [f"**{table.title}**", ""] if table.title else []
    return "\n".join([*title, rows[0], f"{rule}|", *rows[1:]])


def _plain(cell: str) -> str:
    """Markdown forgets how far a cell stands in."""
    text = cell.replace("|", "\\|")
    return f"– {text.strip()}" if text.startswith("  ") else text


def surroundings() -> str:
    """When, on what commit, machine and versions something was measured: a line for the page."""
    now = datetime.now(UTC).strftime("%Y-%m-%d")
    packages = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return (
        f"*{now}, commit {commit()}; {processor()}, {os.cpu_count()} cores; {cores()}; "
        f"{system}, {packages}, Kafka {VERSION}.*"
    )


def commit() -> str:
    """The project's, and whether files were changed since."""
    told = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "*.py")
    return f"{told or 'unknown'}{' with changes' if changed else ''}"


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def processor() -> str:
    """Its model, as the system names it."""
    return next(_models(), platform.processor() or platform.machine())


def _models() -> Iterator[str]:
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.exists() else []
    yield from (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
