"""Networks of every fold, and without a class: what each says of objects that it never saw."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from classifiers.embedding_layout import CONTEXT_BEGIN, STAMPS_BEGIN
from training.arrays import Mask, Singles
from training.embedding.fitting import Recipe, fitted
from training.embedding.material import CLASSES, NO_CLASS, SIMULATED, Material
from training.embedding.model import EmbeddingNet
from training.lightcurve.answers import SERVED
from training.lightcurve.objects.splits import FOLDS, judged

NETS = "nets"
LEFT_OUT = ("KN", "TDE", "uLens-Single", "SLSN-I", "M-dwarf")
"""Chosen before any was looked at: the three of the classifiers' card, another slow one, another
Galactic one."""
SMALLER = Recipe(unlabelled_steps=500, steps=1_500)
"""Of a network without a class, which learns of simulated objects alone."""
UNLABELLED = Recipe(steps=0)
"""Of the served one as it was before it saw a label."""
MODALITIES = ("light curve", "stamps", "context")


class Job(NamedTuple):
    """One network."""

    fold: int
    seed: int = 0
    left_out: str = ""
    labelled: bool = True
    """False: as it was before it saw a label."""

    @property
    def path(self) -> str:
        """Of its weights."""
        end = "" if self.labelled else "_unlabelled"
        return f"fold{self.fold}_seed{self.seed}_{self.left_out or 'all'}{end}.pt"


def jobs() -> list[Job]:
    """In the order of what is wanted first: the served one, then classes left out.

    No two networks without one class share a fold or a seed.
    """
    folds = (SERVED, *range(FOLDS))
    apart = (Job(fold, seed, one) for seed, fold in enumerate(folds) for one in LEFT_OUT)
    return [Job(SERVED), Job(SERVED, labelled=False), *apart]


def taught(some: Material, job: Job) -> Material:
    """What a network learns of. One without a class learns of simulated objects alone."""
    rows = ~judged(some.fold, some.held_out, job.fold)
    if job.left_out:
        rows &= (some.source == SIMULATED) & (some.label != CLASSES.index(job.left_out))
    return some.take(rows)


def network(work: Path, some: Material, job: Job, recipe: Recipe) -> EmbeddingNet:
    """The one whose weights are kept; fitted and kept where there are none."""
    path = work / NETS / job.path
    if not path.is_file():
        path.parent.mkdir(exist_ok=True)
        own = SMALLER if job.left_out else recipe if job.labelled else UNLABELLED
        trunk, whole = fitted(taught(some, job), replace(own, seed=job.seed))
        if job.left_out:
            torch.save(trunk.state_dict(), path.parent / job._replace(labelled=False).path)
        torch.save((whole if job.labelled else trunk).state_dict(), path.parent / job.path)
    net = EmbeddingNet()
    net.load_state_dict(torch.load(path, weights_only=True))
    net.eval()
    return net


def plain(some: Material, known: Mask) -> Singles:
    """(n, features): the light curves' features in the known objects' spreads, no network."""
    scaling = EmbeddingNet().light.scaling
    with torch.inference_mode():
        scaling.settle(torch.from_numpy(some.rows[known, :STAMPS_BEGIN]))
        parts = torch.from_numpy(some.rows[:, :STAMPS_BEGIN]).split(2_048)
        found: Singles = torch.cat([scaling(one).features for one in parts]).numpy()
    return found


def only(rows: Singles, kept: tuple[str, ...]) -> Singles:
    """The same with the other modalities missing."""
    found = rows.copy()
    if "light curve" not in kept:
        system = found[:, STAMPS_BEGIN - 1].copy()
        found[:, : STAMPS_BEGIN - 1] = 0
        found[:, STAMPS_BEGIN - 1] = system
    if "stamps" not in kept:
        found[:, STAMPS_BEGIN:CONTEXT_BEGIN] = np.nan
    if "context" not in kept:
        found[:, CONTEXT_BEGIN:] = np.nan
    return found


def known_and_asked(some: Material, fold: int, source: NDArray[np.bool_]) -> tuple[Mask, Mask]:
    """Labelled views that a network learnt of, and those that it is asked about."""
    mine = judged(some.fold, some.held_out, fold)
    labelled = source & (some.label != NO_CLASS)
    return labelled & ~mine, labelled & mine & some.asked
