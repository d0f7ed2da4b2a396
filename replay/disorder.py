"""A stream as it never should come: some of it twice, some late, some parts shuffled."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from schemas.errors import ArchiveError

T = TypeVar("T")

PART = 100
"""Items that are shuffled among themselves."""
AWAY_MAX = 1000
"""Items after which at the latest a copy, or what is late, comes."""


@dataclass
class Disorder:
    """Which shares of a stream come how; and afterwards how many did."""

    duplicates: float = 0.0
    """Of items, that come once more, up to AWAY_MAX items later."""
    late: float = 0.0
    """Of items, that come so much later and not before."""
    shuffled: float = 0.0
    """Of parts of PART items, whose items come in any order."""
    duplicated: int = 0
    delayed: int = 0
    parts_shuffled: int = 0

    def __post_init__(self) -> None:
        """Raises ArchiveError where a share is none."""
        for name in ("duplicates", "late", "shuffled"):
            if not 0 <= getattr(self, name) <= 1:
                raise ArchiveError(f"{name}: {getattr(self, name)} is no share; give 0 to 1")

    def of(self, items: Iterable[T], *, seed: int) -> Iterator[T]:
        """The same items, so disordered; the same seed, the same order."""
        rng = np.random.default_rng([seed, 5])
        due: dict[int, deque[T]] = {}
        place = 0
        for part in self._parts(items, rng):
            draws = rng.random((2, len(part))).tolist()
            aways = rng.integers(1, AWAY_MAX + 1, len(part)).tolist()
            for item, copied, delayed, away in zip(part, *draws, aways, strict=True):
                yield from due.pop(place, ())
                if delayed < self.late:
                    self.delayed += 1
                    due.setdefault(place + away, deque()).append(item)
                else:
                    yield item
                    if copied < self.duplicates:
                        self.duplicated += 1
                        due.setdefault(place + away, deque()).append(item)
                place += 1
        for when in sorted(due):
            yield from due[when]

    def _parts(self, items: Iterable[T], rng: np.random.Generator) -> Iterator[list[T]]:
        part: list[T] = []
        for item in items:
            part.append(item)
            if len(part) == PART:
                yield self._shuffled(part, rng)
                part = []
        if part:
            yield self._shuffled(part, rng)

    def _shuffled(self, part: list[T], rng: np.random.Generator) -> list[T]:
        if rng.random() >= self.shuffled:
            return part
        self.parts_shuffled += 1
        return [part[place] for place in rng.permutation(len(part)).tolist()]
