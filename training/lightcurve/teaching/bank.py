"""Objects and their copies, made once: every network and every rival learns from the same ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from training.arrays import Columns, Ints, Mask
from training.lightcurve.objects.objects import Objects, joined
from training.lightcurve.teaching.augmentation import copies
from training.workers import each

Chunk = tuple[Objects, Ints]
COPIES = 4
CHUNK = 32
"""Objects a job: a second or two of work."""


@dataclass(frozen=True)
class Bank(Columns):
    """n originals in their order, and after them the copies of each, all of a parent together."""

    objects: Objects
    parent: Ints
    """The place of each row's original, (m,)."""
    copy: Ints
    """0 for an original, 1 to K for its copies, (m,)."""

    def __len__(self) -> int:
        return len(self.parent)

    def of(self, parents: Mask, copies_at_most: int) -> Ints:
        """The rows of some originals, bool (n,), and of their first copies; originals first."""
        return np.flatnonzero(parents[self.parent] & (self.copy <= copies_at_most))


def made(objects: Objects, seed: int, *, count: int = COPIES, side_by_side: int = 1) -> Bank:
    """A bank with `count` copies of each object; the number of workers changes nothing.

    Raises ModelError where an object with a redshift has no measured flux.
    """
    run = partial(_copied, count=count, seed=seed)
    jobs = -(-len(objects) // CHUNK)
    parts = each(run, _chunks(objects), side_by_side, "copying objects", jobs)
    numbers, which = np.arange(len(objects)), np.arange(1, count + 1)
    return Bank(
        joined([objects, *parts]),
        np.concatenate((numbers, np.repeat(numbers, count))),
        np.concatenate((np.zeros_like(numbers), np.tile(which, len(numbers)))),
    )


def _chunks(objects: Objects) -> Iterator[Chunk]:
    for start in range(0, len(objects), CHUNK):
        rows = np.arange(start, min(start + CHUNK, len(objects)))
        yield objects.take(rows), rows


def _copied(chunk: Chunk, *, count: int, seed: int) -> Objects:
    objects, numbers = chunk
    which = range(1, count + 1)
    return joined(
        [
            copies(objects.take(np.array([row])), int(number), which, seed)
            for row, number in enumerate(numbers)
        ]
    )
