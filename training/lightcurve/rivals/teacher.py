"""The boosted trees at work: the baseline's predictions, and soft labels for the students.

No row gets a soft label from trees that saw its object, nor from trees that saw an object on
which its student is judged: a bank row of fold j, for the student judged on fold o, is labelled by
trees of the other three folds. One fit so serves o and j both. The student that is served learns
from all but the hold-out, and its trees never see the hold-out either.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.arrays import Columns, Mask, fingerprint, kept, once
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.objects.splits import FOLDS
from training.lightcurve.rivals.bank_rows import GP, PLAIN, Rows
from training.lightcurve.rivals.trees import Recipe, balanced, fitted
from training.workers import each

Chances = NDArray[np.float32]
SOFT_LABELS, OUTCOME, MARKS = "teacher.npz", "trees.npz", "trees"
"""Names in the working folder; the last is a folder of what each fit gave."""


@dataclass(frozen=True)
class Teaching:
    """How trees are fitted to a bank."""

    recipe: Recipe = field(default_factory=Recipe)
    copies: int = 8
    """Augmented copies of each object that the trees learn from, besides the original.

    On an inner split, eight in place of three took the flat log-loss from 0.416 to 0.380 with
    redshift and from 0.580 to 0.549 without; none gave 0.438 and 0.636.
    """
    with_z: bool = True
    """Whether trees are fitted that are told the redshift, beside those that are not."""


class Job(NamedTuple):
    """One fit, and what it is asked about."""

    kind: str
    with_z: bool
    apart: tuple[int, ...]
    """Two folds: each is labelled for the other's student. One: a baseline or, of the served,
    a fold of the rest that is labelled."""
    served: bool = False
    """Whether the hold-out is left out of everything."""

    @property
    def name(self) -> str:
        """Of its file, without its ending."""
        parts = (self.kind, "z" if self.with_z else "no_z", "served" if self.served else "crossed")
        return "-".join((*parts, *map(str, self.apart)))

    def learnt(self, rows: Rows, copies: int) -> Mask:
        """Which rows the trees are fitted to, (m,)."""
        seen = (rows.copy <= copies) & ~np.isin(rows.fold, self.apart)
        return seen & ~rows.held_out if self.served else seen

    def asked(self, rows: Rows) -> Mask:
        """Which rows the trees are asked about, (m,)."""
        among = np.isin(rows.fold, self.apart)
        if self.served:
            return among & ~rows.held_out
        return among if len(self.apart) == 2 else among & (rows.copy == 0)


@dataclass(frozen=True)
class SoftLabels(Columns):
    """What trees that may know neither said of each row of a bank; NaN where nobody may say."""

    with_z: NDArray[np.float16]
    """(5, m, 14), by the fold that the student is judged on; NaN for that fold's rows."""
    without_z: NDArray[np.float16]
    served_with_z: NDArray[np.float16]
    """(m, 14), for the student that is served; NaN for rows of the hold-out."""
    served_without_z: NDArray[np.float16]


@dataclass(frozen=True)
class TreesOutcome(Columns):
    """Float32 (n, 14) in the order of the objects, at even odds and out of fold; NaN where not
    predicted."""

    gp_with_z: Chances
    gp_without_z: Chances
    plain_with_z: Chances
    plain_without_z: Chances


def stages(with_z: bool = True) -> list[list[Job]]:
    """All fits, in the order in which the students need them: fold 0's first, rivals last."""
    pairs = list(combinations(range(FOLDS), 2))
    first = [pair for pair in pairs if 0 in pair]
    alone = [(fold,) for fold in range(FOLDS)]
    found = [
        _both(GP, [*first, *alone[:1]]),
        _both(GP, [*pairs[len(first) :], *alone[1:]]),
        _both(GP, alone, served=True),
        _both(PLAIN, alone),
    ]
    return [[job for job in jobs if with_z or not job.with_z] for jobs in found]


def _both(kind: str, aparts: Iterable[tuple[int, ...]], served: bool = False) -> list[Job]:
    return [Job(kind, with_z, apart, served) for apart in aparts for with_z in (True, False)]


def taught(folder: Path, teaching: Teaching, workers: int) -> tuple[SoftLabels, TreesOutcome]:
    """All fits over the bank in a working folder; both files are written after each stage.

    What an interrupted run has fitted is not fitted again. The same whatever `workers`.
    """
    rows = once(Rows.load, folder)
    marks = folder / MARKS / fingerprint(teaching, rows.columns())
    marks.mkdir(parents=True, exist_ok=True)
    todo = stages(teaching.with_z)
    for number, jobs in enumerate(todo, 1):
        doing = f"fitting trees, {number} of {len(todo)}"
        for _ in each(partial(marked, folder, marks, teaching), jobs, workers, doing, len(jobs)):
            pass
        soft, outcome = gathered(rows, marks)
        soft.save(folder / SOFT_LABELS)
        outcome.save(folder / OUTCOME)
    return soft, outcome


def marked(folder: Path, marks: Path, teaching: Teaching, job: Job) -> None:
    """Fit one job's trees, and keep what they say of its rows; nothing where that is kept."""
    rows = once(Rows.load, folder)
    kept(marks / f"{job.name}.npz", lambda: {"said": said(rows, teaching, job)})


def said(rows: Rows, teaching: Teaching, job: Job) -> Chances:
    """What a job's trees say of the rows that it is asked about, in their order."""
    features = rows.features(job.kind, job.with_z)
    learnt, asked = job.learnt(rows, teaching.copies), job.asked(rows)
    label = rows.label[learnt]
    trees = fitted(
        features[learnt], label, balanced(label, len(SIX_BAND)), teaching.recipe, len(SIX_BAND)
    )
    return trees.probabilities(features[asked])


def gathered(rows: Rows, marks: Path) -> tuple[SoftLabels, TreesOutcome]:
    """What the fits that are done have said, each in its place; NaN for the others."""
    classes, m = len(SIX_BAND), len(rows.parent)
    shapes = ((FOLDS, m), (FOLDS, m), (m,), (m,))
    soft = SoftLabels(*(np.full((*one, classes), np.nan, np.float16) for one in shapes))
    outcome = TreesOutcome(
        *(np.full((rows.objects, classes), np.nan, np.float32) for _ in fields(TreesOutcome))
    )
    for job in (one for stage in stages() for one in stage):
        path = marks / f"{job.name}.npz"
        if path.is_file():
            with np.load(path) as found:
                _placed(rows, job, found["said"], soft, outcome)
    return soft, outcome


def _placed(rows: Rows, job: Job, given: Chances, soft: SoftLabels, outcome: TreesOutcome) -> None:
    asked, z = job.asked(rows), "with_z" if job.with_z else "without_z"
    if job.served:
        getattr(soft, f"served_{z}")[asked] = given
    elif len(job.apart) == 2:
        # Each fold of the pair is labelled for the student that is judged on the other.
        where = rows.fold[asked]
        for judged, labelled in (job.apart, job.apart[::-1]):
            getattr(soft, z)[judged, rows.fold == labelled] = given[where == labelled]
    else:
        getattr(outcome, f"{job.kind}_{z}")[rows.parent[asked]] = given
