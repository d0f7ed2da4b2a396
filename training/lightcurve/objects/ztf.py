"""All that ZTF's network learns from, put together and split once by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.arrays import Columns, Ints, Mask
from training.lightcurve.objects.objects import Objects, joined
from training.lightcurve.objects.others import Others, read_others
from training.lightcurve.objects.plasticc import read_training
from training.lightcurve.objects.simulated_others import PREFIX, simulated_others
from training.lightcurve.objects.splits import ztf_folds, ztf_held_out
from training.lightcurve.objects.supernovae import read_supernovae

FILE = "ztf.npz"
"""In the working folder."""
SUPERNOVA = "supernova"
COPIES = 4
"""Of each simulated object; about a third of them are bright often enough to be a window."""


@dataclass(frozen=True)
class Material(Columns):
    """n rows: whole light curves of supernovae, then windows of what is none."""

    objects: Objects
    kind: NDArray[np.str_]
    """SUPERNOVA, or how a row is known to be none (`others`, `simulated_others`)."""
    fold: Ints
    held_out: Mask

    @property
    def supernova(self) -> Mask:
        """Rows to be cut into windows, bool (n,)."""
        whole: Mask = self.kind == SUPERNOVA
        return whole

    @property
    def real(self) -> Mask:
        """Rows that figures may be quoted on, bool (n,)."""
        return ~np.char.startswith(self.kind, PREFIX)


def read_material(data: Path, random: np.random.Generator) -> Material:
    """Everything below `data`. Raises ModelError where a part of it is missing."""
    supernovae, others = read_supernovae(data), read_others(data)
    limits = others.objects.curves
    return together(
        supernovae, others, simulated_others(read_training(data), limits, COPIES, random)
    )


def together(supernovae: Objects, *others: Others) -> Material:
    """One table of all, split by name: every label spread evenly, and every origin of others."""
    objects = joined([supernovae, *(one.objects for one in others)])
    kind = np.concatenate([np.full(len(supernovae), SUPERNOVA), *(one.kind for one in others)])
    origin = np.repeat(
        np.arange(len(others) + 1), [len(supernovae), *(len(one.objects) for one in others)]
    )
    stratum = objects.label + origin
    return Material(
        objects,
        kind,
        ztf_folds(objects.name, stratum),
        ztf_held_out(objects.name, stratum),
    )
