"""What a network is taught with, batch by batch, drawn without end from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.observations import layout
from classifiers.observations.rows import rows, with_history
from schemas.batch import LightCurves
from training.arrays import Floats, Ints, Mask
from training.lightcurve.objects.objects import Objects
from training.lightcurve.teaching.wear import Wear, seldom, shallow, worn

SHALLOW_SHARE = 0.5
"""Of the light curves that are thinned, whose errors grow to those outside deep fields, too."""


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
    history: Floats | None = None
    """(m, 2), as `layout.HISTORY` says, for a network that is told it."""
    thinned: Floats | None = None
    """(m,): how likely each, of a deep field, is seen as outside whenever it is drawn. Of those
    that may be the teacher says nothing: its trees count points."""

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
        return self._rows(self.objects, np.arange(len(self.objects)))

    def drawn(self, random: np.random.Generator, size: int, edges: Floats) -> Batch:
        """One batch. `edges` is the running sum of `chance`."""
        places = np.searchsorted(edges, random.random(size) * edges[-1], side="right")
        some = self.objects.take(places)
        curves, short = worn(self._thinned(some.curves, places, random), random, self.wear)
        found = self._rows(replace(some, curves=curves), places)
        hidden = random.random(size) < self.hidden_share
        found[hidden, UNKNOWN_REDSHIFT] = 0
        soft = self._said(places, hidden)
        spoken = np.isfinite(soft).all(axis=1) & ~short
        if self.thinned is not None:
            spoken &= self.thinned[places] == 0
        return Batch(
            found,
            some.label,
            np.where(spoken[:, None], soft, 1 / self.classes),
            (self.trust * spoken).astype(np.float32),
        )

    def _thinned(
        self, curves: LightCurves, places: Ints, random: np.random.Generator
    ) -> LightCurves:
        if self.thinned is None:
            return curves
        which = random.random(len(places)) < self.thinned[places]
        grown = which & (random.random(len(places)) < SHALLOW_SHARE)
        return shallow(seldom(curves, which, random), grown, random, self.wear.detected_sigmas)

    def _rows(self, some: Objects, places: Ints) -> NDArray[np.float32]:
        found = rows(some.curves, some.redshift)
        return found if self.history is None else with_history(found, self.history[places])

    def _said(self, places: Ints, hidden: Mask) -> NDArray[np.float32]:
        """By the teacher, of those drawn."""
        if self.soft is None:
            return np.full((len(places), self.classes), np.nan, np.float32)
        told, untold = self.soft
        return np.where(hidden[:, None], untold[places], told[places]).astype(np.float32)
