"""All that ZTF's network learns from, put together and split once by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.observations.layout import HISTORY
from training.arrays import Columns, Floats, Ints, Mask
from training.lightcurve.objects.disruptions import read_disruptions
from training.lightcurve.objects.objects import Objects, joined
from training.lightcurve.objects.others import Others, read_others
from training.lightcurve.objects.plasticc import read_training
from training.lightcurve.objects.simulated_others import PREFIX, simulated_others
from training.lightcurve.objects.splits import check_labels, ztf_folds, ztf_held_out
from training.lightcurve.objects.supernovae import read_supernovae

FILE = "ztf.npz"
"""In the working folder."""
SUPERNOVA, DISRUPTION = "supernova", "disruption, whole"
WHOLE = (SUPERNOVA, DISRUPTION)
"""Kinds of whole light curves, to be cut into windows."""
COPIES = 4
"""Of each simulated object; about a third of them are bright often enough to be a window."""


@dataclass(frozen=True)
class Material(Columns):
    """n rows: whole light curves of supernovae and disruptions, then windows of what is neither."""

    objects: Objects
    kind: NDArray[np.str_]
    """One of WHOLE, or how a row is known to be what it is (`others`, `simulated_others`)."""
    history: Floats
    """(n, 2), as `layout.HISTORY` says; NaN for whole light curves."""
    fold: Ints
    held_out: Mask

    @property
    def supernova(self) -> Mask:
        """Rows of supernovae, bool (n,)."""
        found: Mask = self.kind == SUPERNOVA
        return found

    @property
    def whole(self) -> Mask:
        """Rows to be cut into windows, bool (n,)."""
        return np.isin(self.kind, WHOLE)

    @property
    def real(self) -> Mask:
        """Rows that figures may be quoted on, bool (n,)."""
        return ~np.char.startswith(self.kind, PREFIX)


def read_material(
    data: Path, random: np.random.Generator, disruptions: Path | None = None
) -> Material:
    """Everything below `data`; disruptions: a copy of manyTDE, where it is not there.

    Raises ModelError where a part of it is missing.
    """
    whole = {SUPERNOVA: read_supernovae(data), DISRUPTION: read_disruptions(data, disruptions)}
    others = read_others(data)
    simulated = simulated_others(read_training(data), others, COPIES, random)
    return together(whole, others, simulated)


def together(whole: Mapping[str, Objects], *others: Others) -> Material:
    """One table of all, split by name. Raises ValueError where a name has two labels."""
    objects = joined([*whole.values(), *(one.objects for one in others)])
    check_labels(objects.name, objects.label)
    uncut = [np.full(len(one), kind) for kind, one in whole.items()]
    unknown = np.full((sum(map(len, whole.values())), len(HISTORY)), np.nan)
    return Material(
        objects,
        np.concatenate([*uncut, *(one.kind for one in others)]),
        np.concatenate([unknown, *(one.history for one in others)]),
        ztf_folds(objects.name),
        ztf_held_out(objects.name),
    )
