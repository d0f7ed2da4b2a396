"""Splits of the objects, made once by their names and before any copy of an object is made."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedShuffleSplit

from training.arrays import Ints, Mask
from training.lightcurve.answers import SERVED
from training.lightcurve.objects.supernovae import archive_names
from training.realbogus.alerts.classes import IA_ARCHIVE, first_year_ia

Names = NDArray[np.str_]
FOLDS = 5
HELD_OUT_SHARE = 0.15
SIX_BAND_FOLD_SALT = "six-band fold, 29 November 2026"
SIX_BAND_HELD_OUT_SALT = "six-band hold-out, 29 November 2026"
"""This hold-out is the second: the first, of the classes' shares, was looked at more than once."""
FOLD_SALT, HELD_OUT_SALT = "ztf fold, 28 November 2026", "ztf hold-out, 28 November 2026"
"""Of ZTF's splits; this hold-out is the second (the first was looked at three times)."""


def six_band_folds(name: Names) -> Ints:
    """A fold for each PLAsTiCC object, as `ztf_folds`: by a hash of its number alone."""
    return _folds(name, SIX_BAND_FOLD_SALT)


def six_band_held_out(name: Names) -> Mask:
    """The 15 % of all objects that are set apart, bool (n,), by another hash of the number."""
    return _held_out(name, SIX_BAND_HELD_OUT_SALT)


def judged(fold: Ints, apart: Mask, which: int) -> Mask:
    """(n,): what the network of a fold, or of SERVED, does not learn from; `apart` is held out."""
    return apart if which == SERVED else fold == which


def inner(label: Ints, rows: Mask, seed: int, share: float) -> Mask:
    """Of `rows`, the share of every class that is set apart, bool (n,); never outside `rows`.

    For early stopping and calibration within a training fold. Raises ValueError where a class has
    one object only among `rows`.
    """
    among = np.flatnonzero(rows)
    splitter = StratifiedShuffleSplit(1, test_size=share, random_state=seed)
    _, apart = next(splitter.split(among, label[among]))
    mask = np.zeros(len(label), np.bool_)
    mask[among[apart]] = True
    return mask


def sha256_of_folds(fold: Ints) -> str:
    """A fingerprint to write down beside every figure that rests on these folds."""
    return hashlib.sha256(np.ascontiguousarray(fold, "<i8").tobytes()).hexdigest()


ALERCE_TABLES = ("labels/alerce_lc_2000_labels.csv", "lightcurves/alerce_30_sne_labels.csv")
"""ALeRCE's classes by object (Sanchez-Saez et al. 2021, AJ 161, 141)."""
SUPERNOVA_WORDS = ("SN", "Supernova", "Ca-rich")


def ztf_folds(name: Names) -> Ints:
    """A fold for each row, int64 (n,) in [0, 5), by a hash of its name alone.

    So no other object has a say: a row more, or less, deals none of the others anew.
    """
    return _folds(name, FOLD_SALT)


def ztf_held_out(name: Names) -> Mask:
    """The 15 % of all names that are set apart, bool (n,), by another hash of the name."""
    return _held_out(name, HELD_OUT_SALT)


def _folds(name: Names, salt: str) -> Ints:
    return np.array([int(FOLDS * drawn_by_name(one, salt)) for one in name], np.int64)


def _held_out(name: Names, salt: str) -> Mask:
    share = [drawn_by_name(one, salt) for one in name]
    return np.array(share, np.float64) < HELD_OUT_SHARE


def drawn_by_name(name: str, salt: str) -> float:
    """A number in [0, 1) that a name and a salt settle, spread evenly over names."""
    digest = hashlib.sha256(f"{salt}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2.0**64


def check_labels(name: Names, label: Ints) -> None:
    """Raises ValueError where a name has two labels."""
    names, first, row = np.unique(name, return_index=True, return_inverse=True)
    row = row.ravel()
    if torn := sorted(set(names[row[label != label[first][row]]].tolist())):
        raise ValueError(f"{torn[0]} has more than one label, as have {len(torn) - 1} others")


def says_supernova(kind: str) -> bool:
    """Whether a class, of the Transient Name Server or SIMBAD, is or may be a supernova."""
    return any(word in kind for word in SUPERNOVA_WORDS)


def supernova_names(data: Path, spectra: Mapping[str, str]) -> frozenset[str]:
    """Every ZTF object that a list below `data` calls a supernova, of whatever type.

    spectra: what `spectroscopic_classes` read. A list that is not there takes no part.
    """
    names = {name for name, kind in spectra.items() if says_supernova(kind)}
    return frozenset(names | archive_names(data) | release_names(data) | _alerce_names(data))


def release_names(data: Path) -> frozenset[str]:
    """The objects of ZTF's first-year type Ia sample (Dhawan et al. 2022, MNRAS 510, 2228)."""
    if not (data / IA_ARCHIVE).exists():
        return frozenset()
    return frozenset(row["object"] for row in first_year_ia(data / IA_ARCHIVE))


def _alerce_names(data: Path) -> frozenset[str]:
    names: set[str] = set()
    for path in (data / table for table in ALERCE_TABLES):
        if path.exists():
            with path.open(encoding="utf-8", newline="") as file:
                kinds = {row["objectId"]: row["classALeRCE"] for row in csv.DictReader(file)}
            names |= {name for name, kind in kinds.items() if says_supernova(kind)}
    return frozenset(names)
