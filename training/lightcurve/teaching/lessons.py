"""What a network is taught with, batch by batch, drawn without end from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.observations import layout
from classifiers.observations.rows import rows
from training.lightcurve.objects.objects import Objects
from training.lightcurve.teaching.drawing import Wear, worn

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
UNKNOWN_REDSHIFT = slice(0, 1 + len(layout.REDSHIFT))


class Batch(NamedTuple):
    """b drawn light curves and what is said of them."""

    rows: NDArray[np.float32]
    label: Ints
    soft: NDArray[np.float32]
    """(b, classes), as if all classes were equally common."""
    trust: NDArray[np.float32]
    """(b,): how much of the lesson is the soft label; the rest is the label."""


@dataclass(frozen=True)
class Lessons:
    """m light curves of known class, and what a teacher said of each."""

    objects: Objects
    classes: int
    soft: Sequence[NDArray[np.float16]] | None = None
    """(m, classes) twice: told the redshift, and not told; NaN where nobody may say."""
    trust: float = 0.5
    """In the teacher, where it spoke."""
    balance: float = 0.5
    """How often a class comes: as its number of objects to this power; 0 is all alike."""
    hidden_share: float = 0.5
    """Of the light curves whose redshift is hidden."""
    wear: Wear = field(default_factory=Wear)
    importance: Floats | None = None
    """(m,): of each light curve within its class; alike where nothing is said."""

    @property
    def chance(self) -> Floats:
        """(m,) of each light curve to be drawn."""
        own = np.ones(len(self.objects)) if self.importance is None else self.importance
        totals = np.bincount(self.objects.label, own, self.classes)
        powered = np.where(totals > 0, totals, 1.0) ** (self.balance - 1)
        found = own * powered[self.objects.label]
        chance: Floats = found / found.sum()
        return chance

    @property
    def prior(self) -> Floats:
        """(classes,) of the batches; never quite 0."""
        found = np.bincount(self.objects.label, self.chance, self.classes)
        return np.maximum(found, 1e-6)

    def settling(self) -> NDArray[np.float32]:
        """The rows from which a network takes its scales."""
        return rows(self.objects.curves, self.objects.redshift)

    def drawn(self, random: np.random.Generator, size: int, edges: Floats) -> Batch:
        """One batch. `edges` is the running sum of `chance`."""
        places = np.searchsorted(edges, random.random(size) * edges[-1], side="right")
        some = self.objects.take(places)
        curves, short = worn(some.curves, random, self.wear)
        found = rows(curves, some.redshift)
        hidden = random.random(size) < self.hidden_share
        found[hidden, UNKNOWN_REDSHIFT] = 0
        soft = self._said(places, hidden)
        spoken = np.isfinite(soft).all(axis=1) & ~short
        return Batch(
            found,
            some.label,
            np.where(spoken[:, None], soft, 1 / self.classes),
            (self.trust * spoken).astype(np.float32),
        )

    def _said(self, places: Ints, hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
        """By the teacher, of those drawn."""
        if self.soft is None:
            return np.full((len(places), self.classes), np.nan, np.float32)
        told, untold = self.soft
        return np.where(hidden[:, None], untold[places], told[places]).astype(np.float32)
