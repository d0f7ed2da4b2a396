"""What was predicted out of fold: everything that tables, cards and pictures are made from.

Probabilities are float32 of a flat prior, as the networks give them, and out of fold: an object's
are of networks that learnt from other folds. A row of NaN is a declined object. The first axis is
the seeds of the training; trees and others of one seed have one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ModelError
from training.bootstrap import Floats, Ints

Predictions = NDArray[np.float32]
Mask = NDArray[np.bool_]
WHOLE = np.inf
"""Days of a light curve that is not cut."""
DAYS = (3.0, 10.0, 30.0, WHOLE)
"""Since the first detection: how much of a light curve was shown."""


class Redshift(StrEnum):
    """What a network was told of the host's photo-z."""

    WITH = "with"
    WITHOUT = "without"
    MASKED = "masked"
    """Hidden at the same rate in every class, and 0 taken as unknown."""


SERVED = "this network, as served"
FLOAT = "this network in float32"
TREES_GP = "boosted trees, Gaussian process"
TREES = "boosted trees, no Gaussian process"
T2 = "t2, re-trained"
RIVALS = (T2, TREES, TREES_GP)
"""How the six-band models are called, in `Outcome.model`."""


@dataclass(frozen=True)
class Outcome:
    """One six-band model's answers about n PLAsTiCC objects, in the order of the metadata."""

    model: str
    label: Ints
    """(n,) place in labels.SIX_BAND."""
    fold: Ints
    """(n,) the fold that an object's networks did not learn from."""
    held_out: Mask
    """(n,) looked at once, at the end."""
    answers: Mapping[tuple[Redshift, float], Predictions]
    """(seeds, n, 14) by what was told and by days shown; what was not tried is not there."""

    def of(self, redshift: Redshift, days: float = WHOLE) -> Predictions | None:
        """(seeds, n, 14), or None where it was not tried."""
        return self.answers.get((redshift, days))

    def save(self, path: Path) -> None:
        """Write it as one .npz."""
        arrays: dict[str, Any] = {
            f"{one}|{days:g}": array for (one, days), array in self.answers.items()
        }
        own = {name: column for name, column in vars(self).items() if name != "answers"}
        np.savez_compressed(path, **own, **arrays)

    @classmethod
    def load(cls, path: Path) -> Outcome:
        """Read what `save` wrote; ModelError where a column is missing."""
        told = {f"{one}|{days:g}": (one, days) for one, days in product(Redshift, DAYS)}
        with np.load(path) as kept:
            answers = {key: kept[name] for name, key in told.items() if name in kept.files}
            label, fold, held_out = (
                _column(kept, name, path) for name in ("label", "fold", "held_out")
            )
            return cls(str(_column(kept, "model", path)), label, fold, held_out, answers)


WINDOWS = ("third detection", "+20 d", "+40 d")
"""Where ZTF's windows of 30 days end: at the third detection, or at the last one up to then."""


@dataclass(frozen=True)
class ZtfOutcome:
    """One ZTF model's answers about n spectroscopic supernovae and m real other objects."""

    model: str
    """SERVED or another name."""
    object_name: NDArray[np.str_]
    label: Ints
    """(n,) place in labels.SUPERNOVAE."""
    fold: Ints
    held_out: Mask
    types: Predictions
    """(windows, seeds, n, 5) of a supernova's types, so without the label "not shown"."""
    not_shown: Predictions
    """(windows, seeds, n) probability of "not shown to be a supernova"; NaN where a model has no
    such label, or declined."""
    present: Mask
    """(windows, n) whether the object has such a window."""
    other_kind: NDArray[np.str_]
    """(m,) what an object that is no supernova is."""
    other_not_shown: Predictions
    """(seeds, m)."""

    def save(self, path: Path) -> None:
        """Write it as one .npz."""
        np.savez_compressed(path, **vars(self))

    @classmethod
    def load(cls, path: Path) -> ZtfOutcome:
        """Read what `save` wrote; ModelError where a column is missing."""
        with np.load(path) as kept:
            model, *columns = (_column(kept, name, path) for name in cls.__annotations__)
            return cls(str(model), *columns)


@dataclass(frozen=True)
class LeftOut:
    """Answers of networks that never saw one class: about all of it, and out of fold of others."""

    name: str
    """Of the class."""
    redshift: Redshift
    """What the networks were told."""
    unseen: Mask
    """(n,) whether an object is of that class."""
    probabilities: Predictions
    """(seeds, n, 14); the column of the class that was left out is whatever the network says."""

    def save(self, path: Path) -> None:
        """Write it as one .npz."""
        np.savez_compressed(path, **vars(self))

    @classmethod
    def load(cls, path: Path) -> LeftOut:
        """Read what `save` wrote; ModelError where a column is missing."""
        with np.load(path) as kept:
            name, told, *arrays = (_column(kept, one, path) for one in cls.__annotations__)
            return cls(str(name), Redshift(str(told)), *arrays)


@dataclass(frozen=True)
class ThreeTypes:
    """Answers about supernovae of PLAsTiCC's test set, of which none was learnt from."""

    label: Ints
    """(n,) place in labels.SIX_BAND."""
    answers: Mapping[Redshift, Predictions]
    """(seeds, n, 14), with and without photo-z."""

    def save(self, path: Path) -> None:
        """Write it as one .npz."""
        arrays: dict[str, Any] = {str(one): array for one, array in self.answers.items()}
        np.savez_compressed(path, label=self.label, **arrays)

    @classmethod
    def load(cls, path: Path) -> ThreeTypes:
        """Read what `save` wrote; ModelError where a column is missing."""
        with np.load(path) as kept:
            told = {one: kept[one] for one in Redshift if one in kept.files}
            return cls(_column(kept, "label", path), told)


def priors(label: Ints, fold: Ints, classes: int) -> Floats:
    """(n, C): the shares of the classes in the folds that an object's networks learnt from."""
    one_hot = label[:, None] == np.arange(classes)
    shares = np.stack([one_hot[fold != one].mean(axis=0) for one in range(int(fold.max()) + 1)])
    return shares[fold]


def _column(kept: Mapping[str, Any], name: str, path: Path) -> Any:  # noqa: ANN401 - of any kind
    if name not in kept:
        raise ModelError(f"{path.name} has no column {name}: write it again with this version")
    return kept[name]
