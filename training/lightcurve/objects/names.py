"""One split by ZTF name for all sources, and the names that any list calls a supernova.

The same objects stand in `lightcurves/`, in `ztf/` and in ZTF's release of type Ia supernovae:
172 of that release's 305 light curves, and 114 packets of 75 objects, belong to the archive that is
learnt from. A split by row would measure memory.
"""

from __future__ import annotations

import csv
import tarfile
from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.lightcurve.objects import splits
from training.lightcurve.objects.supernovae import archive_names
from training.realbogus.alerts.classes import IA_ARCHIVE, IA_TABLE

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Names = NDArray[np.str_]
ALERCE_TABLES = ("labels/alerce_lc_2000_labels.csv", "lightcurves/alerce_30_sne_labels.csv")
"""ALeRCE's classes by object (Sanchez-Saez et al. 2021, AJ 161, 141)."""
SUPERNOVA_WORDS = ("SN", "Supernova", "Ca-rich")


def ztf_folds(name: Names, label: Ints) -> Ints:
    """A fold for each row, int64 (n,) in [0, 5): names whole, every label spread evenly.

    The order of the rows is of no matter, but the set of names is: split all sources at once.
    Raises ValueError where a name has two labels, or a label fewer names than there are folds.
    """
    first, row = _names(name, label)
    fold: Ints = splits.folds(label[first])[row]
    return fold


def ztf_held_out(name: Names, label: Ints) -> Mask:
    """The 15 % of every label's names that are looked at once, at the end, bool (n,).

    Raises ValueError as above.
    """
    first, row = _names(name, label)
    apart: Mask = splits.held_out(label[first])[row]
    return apart


def _names(name: Names, label: Ints) -> tuple[Ints, Ints]:
    """A row of each distinct name, by rising name; and for each row the place of its name."""
    names, first, row = np.unique(name, return_index=True, return_inverse=True)
    row = row.ravel()
    if torn := sorted(set(names[row[label != label[first][row]]].tolist())):
        raise ValueError(f"{torn[0]} has more than one label, as have {len(torn) - 1} others")
    return first, row


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
    with tarfile.open(data / IA_ARCHIVE) as archive:
        file = archive.extractfile(IA_TABLE)
        assert file, "a plain file of the archive"
        return frozenset(row[0] for row in csv.reader(TextIOWrapper(file, "utf-8")))


def _alerce_names(data: Path) -> frozenset[str]:
    names: set[str] = set()
    for path in (data / table for table in ALERCE_TABLES):
        if path.exists():
            with path.open(encoding="utf-8", newline="") as file:
                kinds = {row["objectId"]: row["classALeRCE"] for row in csv.DictReader(file)}
            names |= {name for name, kind in kinds.items() if says_supernova(kind)}
    return frozenset(names)
