"""Progress bars, so that whoever waits for a network knows for how long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import track

T = TypeVar("T")
CONSOLE = Console(stderr=True)


def shown(items: Iterable[T], doing: str, count: int | None = None) -> Iterator[T]:
    """The same items, with a bar on the standard error while they pass."""
    return iter(track(items, doing, total=count, console=CONSOLE, transient=True))
