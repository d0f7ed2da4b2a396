"""The files of the six-band training's working folder, and how its objects are split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.arrays import Ints, Mask
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.splits import SERVED, folds, held_out, judged
from training.lightcurve.rivals.teacher import SoftLabels
from training.lightcurve.teaching.bank import Bank
from training.lightcurve.teaching.lessons import Lessons

OBJECTS, BANK, TEACHER = "objects.npz", "bank.npz", "teacher.npz"
ORIGINALS_SHARE = 0.3
"""Of what is drawn to learn from; the rest are augmented copies."""
UNSEEN_MIN = 1e-6
"""Below this, what a teacher leaves to the other classes says nothing about them."""


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
            folds(objects.label),
            held_out(objects.label),
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
        return Lessons(
            self.bank.objects.take(rows),
            len(SIX_BAND),
            soft=[_without(one[rows], left_out) for one in self._said(fold)],
            importance=np.where(copies, share, ORIGINALS_SHARE),
        )

    def _said(self, fold: int) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
        if fold == SERVED:
            return self.soft.served_with_z, self.soft.served_without_z
        return self.soft.with_z[fold], self.soft.without_z[fold]


def _without(said: NDArray[np.float16], left_out: str) -> NDArray[np.float16]:
    """The same as if one class were unknown to the teacher too."""
    if not left_out:
        return said
    found = said.astype(np.float32)
    found[:, SIX_BAND.index(left_out)] = 0
    found /= np.maximum(found.sum(axis=1, keepdims=True), UNSEEN_MIN)
    return found.astype(np.float16)
