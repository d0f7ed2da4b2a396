"""How far something has come: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

LINE_S = 30.0
"""Between two lines where there is no terminal."""

Advance = Callable[[float, int], None]
"""Takes how much is done, and how many packets that is."""


class _Rate(ProgressColumn):
    """Packets a second since the beginning."""

    def render(self, task: Task) -> Text:
        elapsed_s = task.elapsed or 0.0
        return Text(f"{task.fields['packets'] / elapsed_s:,.0f}/s" if elapsed_s > 0 else "")


@contextmanager
def bar(console: Console, title: str, total: float) -> Iterator[Advance]:
    """A progress bar where there is a terminal; what it gives takes (done, packets so far)."""
    columns: list[ProgressColumn] = [
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[packets]:,} packets"),
        _Rate(),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=total or None, packets=0)
        yield lambda done, packets: progress.update(task, completed=done, packets=packets)


@contextmanager
def told(console: Console, title: str, total: float) -> Iterator[Advance]:
    """As `bar`; where there is no terminal a line each LINE_S says the same."""
    if console.is_terminal:
        with bar(console, title, total) as advance:
            yield advance
        return
    begin_s = line_s = time.monotonic()

    def advance_line(done: float, packets: int) -> None:
        nonlocal line_s
        now_s = time.monotonic()
        if now_s - line_s >= LINE_S:
            line_s = now_s
            console.print(_line(now_s - begin_s, done, total, packets), highlight=False)

    yield advance_line


def _line(elapsed_s: float, done: float, total: float, packets: int) -> str:
    left = f", {elapsed_s * (total - done) / done:,.0f} s left" if 0 < done <= total else ""
    return f"{packets:,} packets, {packets / elapsed_s:,.0f}/s{left}"
