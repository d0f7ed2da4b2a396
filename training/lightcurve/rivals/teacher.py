"""The boosted trees at work: the baseline's predictions, and soft labels for the students.

No row gets a soft label from trees that saw its object, nor from trees that saw an object on
which its student is judged: a bank row of fold j, for the student judged on fold o, is labelled by
trees of the other three folds. One fit so serves o and j both. The student that is served learns
from all but the hold-out, and its trees never see the hold-out either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from functools import lru_cache, partial
from itertools import combinations
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ModelError
from training.lightcurve.judging.metrics import flat_log_loss
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.objects.splits import FOLDS
from training.lightcurve.rivals.bank_rows import GP, PLAIN, Rows
from training.lightcurve.rivals.trees import Recipe, balanced, fitted
from training.progress import shown
from training.workers import each

Mask = NDArray[np.bool_]
Chances = NDArray[np.float32]
SOFT_LABELS, OUTCOME, MARKS = "teacher.npz", "trees.npz", "trees"
"""Names in the working folder; the last is a folder of what each fit gave."""
ACCEPTED_WITH_Z, ACCEPTED_WITHOUT_Z = 0.41, 0.59
"""The flat log-loss above which the trees on Gaussian-process features are no baseline."""


@dataclass(frozen=True)
class Teaching:
    """How trees are fitted to a bank."""

    recipe: Recipe = field(default_factory=Recipe)
    copies: int = 8
    """Augmented copies of each object that the trees learn from, besides the original.

    On an inner split, eight in place of three took the flat log-loss from 0.416 to 0.380 with
    redshift and from 0.580 to 0.549 without; none gave 0.438 and 0.636.
    """


class Job(NamedTuple):
    """One fit, and what it is asked about."""

    kind: str
    with_z: bool
    apart: tuple[int, ...]
    """Two folds: each is labelled for the other's student. One: a baseline or, of the served,
    a fold of the rest that is labelled. None: the hold-out is predicted."""
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
            return among & ~rows.held_out if self.apart else rows.held_out & (rows.copy == 0)
        return among if len(self.apart) == 2 else among & (rows.copy == 0)


@dataclass(frozen=True)
class SoftLabels:
    """What trees that may know neither said of each row of a bank; NaN where nobody may say."""

    with_z: NDArray[np.float16]
    """(5, m, 14), by the fold that the student is judged on; NaN for that fold's rows."""
    without_z: NDArray[np.float16]
    served_with_z: NDArray[np.float16]
    """(m, 14), for the student that is served; NaN for rows of the hold-out."""
    served_without_z: NDArray[np.float16]

    def save(self, path: Path) -> None:
        """Write them as one file of arrays."""
        _save(self, path)

    @classmethod
    def load(cls, path: Path) -> SoftLabels:
        """What `save` wrote."""
        with np.load(path) as kept:
            return cls(**{name: kept[name] for name in kept.files})


@dataclass(frozen=True)
class TreesOutcome:
    """Float32 (n, 14) in the order of the objects, at even odds; NaN where not predicted."""

    gp_with_z: Chances
    """Out of fold, as the next three."""
    gp_without_z: Chances
    plain_with_z: Chances
    plain_without_z: Chances
    held_out_gp_with_z: Chances
    """Of the hold-out, by trees of all the rest, as the next three; NaN for the rest."""
    held_out_gp_without_z: Chances
    held_out_plain_with_z: Chances
    held_out_plain_without_z: Chances

    def save(self, path: Path) -> None:
        """Write it as one file of arrays."""
        _save(self, path)

    @classmethod
    def load(cls, path: Path) -> TreesOutcome:
        """What `save` wrote."""
        with np.load(path) as kept:
            return cls(**{name: kept[name] for name in kept.files})


def _save(arrays: SoftLabels | TreesOutcome, path: Path) -> None:
    """Whole or not at all: a student may be reading the one before."""
    unfinished = path.with_name(f"unfinished_{path.name}")
    np.savez(unfinished, **{one.name: getattr(arrays, one.name) for one in fields(arrays)})
    unfinished.replace(path)


def stages() -> list[list[Job]]:
    """All fits, in the order in which the students need them: fold 0's first, rivals last."""
    pairs = list(combinations(range(FOLDS), 2))
    first = [pair for pair in pairs if 0 in pair]
    return [
        [*_both(GP, first), *_both(GP, [(0,)])],
        [*_both(GP, pairs[len(first) :]), *_both(GP, [(fold,) for fold in range(1, FOLDS)])],
        _both(GP, [*((fold,) for fold in range(FOLDS)), ()], served=True),
        [*_both(PLAIN, [(fold,) for fold in range(FOLDS)]), *_both(PLAIN, [()], served=True)],
    ]


def _both(kind: str, aparts: Iterable[tuple[int, ...]], served: bool = False) -> list[Job]:
    return [Job(kind, with_z, apart, served) for apart in aparts for with_z in (True, False)]


def taught(folder: Path, teaching: Teaching, workers: int) -> tuple[SoftLabels, TreesOutcome]:
    """All fits over the bank in a working folder; both files are written after each stage.

    What an interrupted run has fitted is not fitted again. The same whatever `workers`.
    """
    rows = loaded(folder)
    marks = folder / MARKS / fingerprint(rows, teaching)
    marks.mkdir(parents=True, exist_ok=True)
    soft, outcome = gathered(rows, marks)
    for number, jobs in enumerate(stages(), 1):
        done = each(partial(marked, folder, marks, teaching), jobs, workers)
        for _ in shown(done, f"fitting trees, {number} of {len(stages())}", len(jobs)):
            pass
        soft, outcome = gathered(rows, marks)
        soft.save(folder / SOFT_LABELS)
        outcome.save(folder / OUTCOME)
    return soft, outcome


def accepted(rows: Rows, outcome: TreesOutcome) -> None:
    """Raises ModelError where the trees with a Gaussian process are too poor to be held against."""
    bars = (
        ("with", outcome.gp_with_z, ACCEPTED_WITH_Z),
        ("without", outcome.gp_without_z, ACCEPTED_WITHOUT_Z),
    )
    for name, given, bar in bars:
        mean, error = figure(rows, given)
        if not mean <= bar:
            raise ModelError(
                f"boosted trees {name} redshift: flat log-loss {mean:.3f} +- {error:.3f} is above "
                f"{bar}; give them better features or a better recipe"
            )


def figure(rows: Rows, given: Chances) -> tuple[float, float]:
    """The flat log-loss of predictions (n, 14), mean over the folds and its standard error."""
    original = rows.copy == 0
    label, fold = rows.label[original], rows.fold[original]
    each_fold = [
        flat_log_loss(given[fold == one], label[fold == one], len(SIX_BAND)) for one in range(FOLDS)
    ]
    return float(np.mean(each_fold)), float(np.std(each_fold, ddof=1) / np.sqrt(FOLDS))


def fingerprint(rows: Rows, teaching: Teaching) -> str:
    """Eight letters that are others for other rows or other settings."""
    so_far = crc32(repr(teaching).encode())
    for column in rows.columns():
        so_far = crc32(np.ascontiguousarray(column).tobytes(), so_far)
    return f"{so_far:08x}"


def marked(folder: Path, marks: Path, teaching: Teaching, job: Job) -> Path:
    """Fit one job's trees, and keep what they say of its rows; nothing where that is kept."""
    path = marks / f"{job.name}.npy"
    if not path.is_file():
        unfinished = path.with_name(f"unfinished_{path.name}")
        np.save(unfinished, said(loaded(folder), teaching, job))
        unfinished.replace(path)
    return path


def said(rows: Rows, teaching: Teaching, job: Job) -> Chances:
    """What a job's trees say of the rows that it is asked about, in their order."""
    features = rows.features(job.kind, job.with_z)
    learnt, asked = job.learnt(rows, teaching.copies), job.asked(rows)
    label = rows.label[learnt]
    trees = fitted(
        features[learnt], label, balanced(label, len(SIX_BAND)), teaching.recipe, len(SIX_BAND)
    )
    return trees.probabilities(features[asked])


@lru_cache(maxsize=1)
def loaded(folder: Path) -> Rows:
    """Once a process."""
    return Rows.load(folder)


def gathered(rows: Rows, marks: Path) -> tuple[SoftLabels, TreesOutcome]:
    """What the fits that are done have said, each in its place; NaN for the others."""
    soft, outcome = _unsaid(rows)
    for job, given in _kept(marks):
        asked = job.asked(rows)
        z = "with_z" if job.with_z else "without_z"
        if job.served and job.apart:
            getattr(soft, f"served_{z}")[asked] = given
        elif len(job.apart) == 2:
            _exchange(getattr(soft, z), rows.fold, job, given)
        else:
            name = f"{'held_out_' if job.served else ''}{job.kind}_{z}"
            getattr(outcome, name)[rows.parent[asked]] = given
    return soft, outcome


def _exchange(soft: NDArray[np.float16], fold: NDArray[np.int64], job: Job, given: Chances) -> None:
    """Each fold of the pair is labelled for the student that is judged on the other."""
    where = fold[np.isin(fold, job.apart)]
    for judged, labelled in (job.apart, job.apart[::-1]):
        soft[judged, fold == labelled] = given[where == labelled]


def _kept(marks: Path) -> Iterator[tuple[Job, Chances]]:
    for job in (one for stage in stages() for one in stage):
        path = marks / f"{job.name}.npy"
        if path.is_file():
            yield job, np.load(path)


def _unsaid(rows: Rows) -> tuple[SoftLabels, TreesOutcome]:
    """All NaN."""
    classes, m = len(SIX_BAND), len(rows.parent)
    of_bank = [np.full((*shape, m, classes), np.nan, np.float16) for shape in ((FOLDS,), ()) * 2]
    of_objects = [
        np.full((rows.objects, classes), np.nan, np.float32) for _ in fields(TreesOutcome)
    ]
    crossed, served = of_bank[::2], of_bank[1::2]
    return SoftLabels(*crossed, *served), TreesOutcome(*of_objects)
