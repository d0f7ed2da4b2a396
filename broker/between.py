"""What changes between two batches, and at no other time: filters, models, events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol


class Changing(Protocol):
    """Something that a worker looks after."""

    def look(self) -> None:
        """See what changed since the last batch."""
        ...


def between(changing: Sequence[Changing | None]) -> Callable[[], None] | None:
    """What a runner calls between two batches; nothing where nothing changes."""
    there = [each for each in changing if each is not None]

    def look() -> None:
        for each in there:
            each.look()

    return look if there else None
