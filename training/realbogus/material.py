"""All that networks are fitted to and scored on, made once and kept in one file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ArchiveError
from training.arrays import Columns, Ints, Singles
from training.realbogus.alerts.examples import Examples
from training.realbogus.alerts.splits import night_folds
from training.realbogus.drawing.clouds import clouds
from training.realbogus.drawing.pool import Pool, pool
from training.realbogus.drawing.variants import variants
from training.realbogus.exam.setting import ExamSet, exam
from training.realbogus.fitting import Images, seen
from training.realbogus.model import RealBogusNet
from training.workers import shown

FOLDS = 5
EXAM_STAMPS = 6000
"""Over all folds, each in proportion to its alerts."""
EXAM_SEED_OFFSET = 1000
"""The exam's randomness is not the training's."""


@dataclass(frozen=True)
class Material(Columns):
    """Real alerts, what was drawn on them to learn from, and an exam."""

    examples: Examples
    fold: Ints
    """(n,) of each example: what is drawn on it goes with it."""
    images: Images
    """(n, 6, 21, 21) of the examples."""
    variants: Images
    """(n, VARIANTS, 6, 21, 21) of the examples a little otherwise, to learn from."""
    pool: Pool
    exam: ExamSet
    """Without stamps: what networks see of them is `exam_images`."""
    exam_images: Images

    def save(self, path: Path) -> None:
        """Write all but the native stamps."""
        none: NDArray[Any] = np.empty((len(self.examples), 0))
        kept = replace(self, examples=replace(self.examples, native=none))
        super(Material, kept).save(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote. Raises ArchiveError where there is nothing."""
        if not path.exists():
            raise ArchiveError(f"{path}: is not there; run the step `draw` first")
        return super().load(path)


def material(
    examples: Examples,
    seed: int,
    exam_stamps: int = EXAM_STAMPS,
    build: Callable[[], RealBogusNet] = RealBogusNet,
) -> Material:
    """Draw everything; what is drawn on an alert depends on the seed, not on the folds.

    Images are what a network that `build` gives makes of the stamps, whatever its weights.
    """
    see, fold = partial(seen, build().eval()), night_folds(examples, FOLDS)
    asked = _exams(examples, fold, seed, exam_stamps)
    return Material(
        examples=examples,
        fold=fold,
        images=see(examples.stamps),
        variants=_variants(see, examples, seed),
        pool=Pool.joined([draw(examples, seed, see) for draw in (pool, clouds)]),
        exam=replace(asked, stamps=np.empty((0, *asked.stamps.shape[1:]), np.float32)),
        exam_images=see(asked.stamps),
    )


def _variants(see: Callable[[Singles], Images], examples: Examples, seed: int) -> Images:
    rows = shown(range(len(examples)), "varying")
    return np.stack([see(variants(examples, row, seed)) for row in rows])


def _exams(examples: Examples, fold: Ints, seed: int, stamps: int) -> ExamSet:
    """One for each fold, drawn on that fold's own alerts."""
    present = np.unique(fold)
    parts = []
    for one in shown(present.tolist(), "setting the exam", len(present)):
        rows = np.flatnonzero(fold == one)
        random = np.random.default_rng([EXAM_SEED_OFFSET + seed, one])
        parts.append(exam(examples, rows, random, round(stamps * len(rows) / len(fold))))
    return ExamSet.joined(parts)
