"""Whether a class that no network was taught is found as a group among all other objects.

Networks without a class, of `leave`, give the vectors. Known are simulated objects that they
learnt of; the lake is what they did not: other classes' objects, and some of the class. An object
stands for itself once, by its whole light curve.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lake.likeness.groups import LIMITS, GroupLimits, Known, groups_of
from training.arrays import Ints, Mask, Singles
from training.embedding.crossing import NETS, Job, jobs, network
from training.embedding.fitting import Recipe, vectors
from training.embedding.material import CLASSES, SIMULATED, Material
from training.lightcurve.answers import SERVED
from training.lightcurve.objects.splits import judged

DRAWS = 4
"""Lakes of each kind."""
COUNTS = (20, 40, 80)
"""Objects of the class that are planted."""
SEED = 1


class Planted(NamedTuple):
    """What became of one class in one lake."""

    left_out: str
    planted: int
    others: int
    """Objects of all other classes."""
    groups: int
    members: Ints
    """Of the group with most of the class, rows of what is simulated and whole; none where no group
    has a tenth of it."""
    purity: float
    completeness: float


def whole(some: Material) -> Material:
    """Each simulated object once."""
    return some.take((some.source == SIMULATED) & some.asked)


def lines(found: Iterable[Planted]) -> Iterator[str]:
    """A line for each class and count: medians over the lakes, and in how many it was found."""
    for (name, count), each in groupby(found, key=lambda one: (one.left_out, one.planted)):
        some = list(each)
        hits = [one for one in some if len(one.members)] or some
        purity, complete = (
            np.median([getattr(one, figure) for one in hits])
            for figure in ("purity", "completeness")
        )
        found_in = sum(len(one.members) > 0 for one in some)
        groups = np.median([one.groups for one in some])
        yield (
            f"| {name} | {count} of {some[0].others + count} | {found_in} of {len(some)}"
            f" | {purity:.2f} | {complete:.2f} | {groups:.0f} |"
        )


def planted(
    work: Path, some: Material, recipe: Recipe, limits: GroupLimits = LIMITS
) -> Iterator[Planted]:
    """Of each network without a class that is there, in DRAWS lakes at each count."""
    part = whole(some)
    for job in jobs():
        if job.fold == SERVED and job.left_out and (work / NETS / job.path).is_file():
            yield from _planted(
                part, vectors(network(work, some, job, recipe), part.rows), job, limits
            )


def _planted(part: Material, found: Singles, job: Job, limits: GroupLimits) -> Iterator[Planted]:
    unseen = part.label == CLASSES.index(job.left_out)
    mine = judged(part.fold, part.held_out, job.fold)
    random = np.random.default_rng(SEED)
    rows = np.flatnonzero(~mine & ~unseen)
    known = Known(found[rows], np.array(CLASSES)[part.label[rows]])
    others, own = np.flatnonzero(mine & ~unseen), np.flatnonzero(unseen)
    for count in COUNTS:
        for _ in range(DRAWS if count <= len(own) else 0):
            lake = np.concatenate([others, random.permutation(own)[:count]])
            groups, _ = groups_of(found[lake], known, limits)
            members = [lake[one.rows] for one in groups]
            yield _judged(job.left_out, members, unseen, count, len(others))


def _judged(left_out: str, groups: list[Ints], unseen: Mask, count: int, others: int) -> Planted:
    """Of a lake's groups, the one with most of the class."""
    hits = [int(unseen[one].sum()) for one in groups]
    best = int(np.argmax(hits)) if hits else 0
    if not hits or hits[best] < 0.1 * count:
        nothing = np.zeros(0, np.int64)
        return Planted(left_out, count, others, len(groups), nothing, 0.0, 0.0)
    purity, complete = hits[best] / len(groups[best]), hits[best] / count
    return Planted(left_out, count, others, len(groups), groups[best], purity, complete)
