"""The files of the six-band training's working folder, and how its objects are split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.arrays import Floats, Ints, Mask
from training.lightcurve.answers import SERVED
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.seen import is_deep
from training.lightcurve.objects.splits import judged, six_band_folds, six_band_held_out
from training.lightcurve.rivals.teacher import SoftLabels
from training.lightcurve.teaching.bank import Bank
from training.lightcurve.teaching.lessons import Lessons
from training.lightcurve.teaching.wear import Wear

OBJECTS, BANK, TEACHER = "objects.npz", "bank.npz", "teacher.npz"
ORIGINALS_SHARE = 0.3
"""Of what is drawn to learn from; the rest are augmented copies."""
UNSEEN_MIN = 1e-6
"""Below this, what a teacher leaves to the other classes says nothing about them."""
WEAR = Wear(spoilt_share=0.3)
DEEP_SHARE = 0.05
"""Of what is drawn of a class, that is seen as in a deep field: alike in all, as a third of
PLAsTiCC's supernovae Ia are there but a fiftieth of the kilonovae and disruptions."""


@dataclass(frozen=True)
class Material:
    """Originals, their copies, and what the teacher said of both."""

    objects: Objects
    bank: Bank
    soft: SoftLabels
    fold: Ints
    held_out: Mask

    @classmethod
    def load(cls, work: Path) -> Material:
        """What the steps before left."""
        objects = Objects.load(work / OBJECTS)
        return cls(
            objects,
            Bank.load(work / BANK),
            SoftLabels.load(work / TEACHER),
            six_band_folds(objects.name),
            six_band_held_out(objects.name),
        )

    def judged(self, fold: int) -> Mask:
        """(n,): the objects that a fold's network does not learn from."""
        return judged(self.fold, self.held_out, fold)

    def lessons(self, fold: int, left_out: str = "") -> Lessons:
        """All that a fold's network learns from; without one class, where one is named."""
        known = ~self.judged(fold)
        if left_out:
            known &= self.objects.label != SIX_BAND.index(left_out)
        rows = self.bank.of(known, int(self.bank.copy.max()))
        copies = self.bank.copy[rows] > 0
        share = (1 - ORIGINALS_SHARE) / max(int(self.bank.copy.max()), 1)
        taught, importance = self.bank.objects.take(rows), np.where(copies, share, ORIGINALS_SHARE)
        return Lessons(
            taught,
            len(SIX_BAND),
            soft=[_without(one[rows], left_out) for one in self._said(fold)],
            wear=WEAR,
            importance=importance,
            thinned=thinned(taught, importance),
        )

    def _said(self, fold: int) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
        if fold == SERVED:
            return self.soft.served_with_z, self.soft.served_without_z
        return self.soft.with_z[fold], self.soft.without_z[fold]


def thinned(objects: Objects, importance: Floats) -> Floats:
    """(m,): how likely each is seen as outside deep fields, so that DEEP_SHARE is left inside."""
    deep, classes = is_deep(objects.curves), int(objects.label.max()) + 1
    inside = np.bincount(objects.label, importance * deep, classes)
    share = inside / np.maximum(np.bincount(objects.label, importance, classes), UNSEEN_MIN)
    chance = 1 - DEEP_SHARE / np.maximum(share, DEEP_SHARE)
    return np.where(deep, chance[objects.label], 0.0)


def _without(said: NDArray[np.float16], left_out: str) -> NDArray[np.float16]:
    """The same as if one class were unknown to the teacher too."""
    if not left_out:
        return said
    found = said.astype(np.float32)
    found[:, SIX_BAND.index(left_out)] = 0
    found /= np.maximum(found.sum(axis=1, keepdims=True), UNSEEN_MIN)
    return found.astype(np.float16)
