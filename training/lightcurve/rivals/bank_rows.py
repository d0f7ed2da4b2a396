"""The rows that trees learn from: a bank's features beside each row's object, label and fold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schemas.batch import LightCurves
from schemas.errors import ModelError
from training.arrays import Floats, Ints, Mask
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.splits import six_band_folds, six_band_held_out
from training.lightcurve.rivals.gp_features import (
    NAMES,
    PLAIN_NAMES,
    WITH_REDSHIFT,
    features,
)
from training.lightcurve.rivals.trees import Features
from training.workers import each

GP, PLAIN = "gp", "plain"
BANK, GP_FEATURES, PLAIN_FEATURES = "bank.npz", "gp_features.npy", "plain_features.npy"
"""In the working folder."""


@dataclass(frozen=True)
class Described:
    """Features of m rows."""

    values: Features
    """(m, F)."""
    of_redshift: Mask
    """(F,): those that no one knows who does not know the host's redshift."""


@dataclass(frozen=True)
class Rows:
    """m rows of a bank: originals (copy 0) and augmented copies of n objects."""

    parent: Ints
    """(m,): the place of each row's object."""
    copy: Ints
    label: Ints
    fold: Ints
    """(m,): of the object, as are `label` and `held_out`."""
    held_out: Mask
    gp: Described
    plain: Described

    @property
    def objects(self) -> int:
        """How many."""
        return int(self.parent.max()) + 1

    def features(self, kind: str, with_z: bool) -> Features:
        """(m, F) float32, with the redshift's or without."""
        described = self.gp if kind == GP else self.plain
        return described.values if with_z else described.values[:, ~described.of_redshift]

    def columns(self) -> Iterator[NDArray[np.generic]]:
        """Everything that fits depend on."""
        yield from (self.parent, self.copy, self.label, self.fold, self.held_out)
        for one in (self.gp, self.plain):
            yield from (one.values, one.of_redshift)

    @classmethod
    def load(cls, folder: Path) -> Rows:
        """Of a bank in a working folder, with the splits of its originals.

        Raises ModelError where a file is missing or tells of other rows than the bank's.
        """
        parent, copy, label, name = _numbers(folder / BANK)
        original = name[copy == 0]
        return cls(
            parent=parent,
            copy=copy,
            label=label,
            fold=six_band_folds(original)[parent],
            held_out=six_band_held_out(original)[parent],
            gp=_described(folder / GP_FEATURES, NAMES, len(parent)),
            plain=_described(folder / PLAIN_FEATURES, PLAIN_NAMES, len(parent)),
        )


def _numbers(path: Path) -> tuple[Ints, Ints, Ints, NDArray[np.str_]]:
    """Parent, copy, label and name; the light curves, which are large, are left where they are."""
    if not path.is_file():
        raise ModelError(f"{path}: is missing; make the bank first")
    with np.load(path) as kept:
        return kept["parent"], kept["copy"], kept["objects.label"], kept["objects.name"]


def _described(path: Path, names: tuple[str, ...], rows: int) -> Described:
    if not path.is_file():
        raise ModelError(f"{path}: is missing; describe the bank first")
    values = np.load(path, mmap_mode="r")
    if values.shape != (rows, len(names)):
        wanted = f"{rows} rows of {len(names)} features"
        raise ModelError(f"{path}: holds {values.shape}, not {wanted}; describe the bank again")
    return Described(values, np.array([name in WITH_REDSHIFT for name in names]))


Describe = Callable[[LightCurves, Floats], Features]
CHUNK = 250


def featured(objects: Objects, workers: int, describe: Describe = features) -> Features:
    """(n, F) of n >= 1 objects, in their order and the same whatever `workers`."""
    rows = np.arange(len(objects))
    starts = range(0, len(rows), CHUNK)
    parts = (objects.take(rows[start : start + CHUNK]) for start in starts)
    run, doing = partial(_of_part, describe), "describing light curves"
    return np.concatenate(list(each(run, parts, workers, doing, len(starts))))


def _of_part(describe: Describe, objects: Objects) -> Features:
    return describe(objects.curves, objects.redshift)
