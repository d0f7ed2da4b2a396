"""Reads the real supernovae of ZTF that a spectrum classified: one entry an object.

The archive is alerce_ztf_sne_by_type.tar.xz: a folder a type of the Transient Name Server, a file
an object, and in each file a section a band (g and r only) with the rows of ALeRCE's database
(Foerster et al. 2021, AJ 161, 242), which came from ZTF's alert packets:

    MJD  MAG  MAGERR  Upperlimit  Instrument  Telescope  Source

With Upperlimit F a row is a detection of ZTF's own pipeline: MAG is magpsf, always of the absolute
difference, so a fading (isdiffpos f) cannot be told from a brightening and every flux here is
positive. With T it is a non-detection: MAG is diffmaglim, MAGERR is nan. Times are rounded to
0.001 day and rise within a band. Limits reach back 30 days at most before the first detection, as
the packets did that brought them; 79 files have none at all. 5,331 of 604,502 rows repeat another
and are read once. Limits beyond LIMIT_MAG_MAX (13) are no measurements.

ZTF's release of type Ia supernovae is not learnt from: 172 of its 305 light curves are in the
archive, the others would add to the largest class alone, and its points are forced photometry
without the limits that packets hold. Its names take part in the split.
"""

from __future__ import annotations

import tarfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from types import MappingProxyType

import numpy as np

from schemas.batch import Floats
from schemas.columns import BANDS
from schemas.errors import ModelError
from schemas.light_curves import Points, light_curves
from schemas.photometry import FLUX_ERR_PER_MAG, njy
from training.lightcurve.labels import ZTF
from training.lightcurve.objects.objects import Objects
from training.workers import shown

ARCHIVE = "lightcurves/alerce_ztf_sne_by_type.tar.xz"
OBJECT_DETECTIONS_MIN = 3
"""An object with fewer has no third detection, at which the network is judged."""
LIMIT_MAG_MAX = 23.0
"""No exposure of 30 s is as deep; its five sigma are at 20.8 in g (Bellm et al. 2019, PASP 131)."""
FOLDERS = MappingProxyType(
    {
        "SNIa": (
            "SN Ia",
            "SN Ia-91T-like",
            "SN Ia-91bg-like",
            "SN Ia-SC",
            "SN Ia-pec",
            "SN Ia-CSM",
        ),
        "SNII": ("SN II", "SN IIP", "SN IIL", "SN II-pec"),
        "SNIIn": ("SN IIn", "SN IIn-pec"),
        "SLSN-I": ("SLSN-I",),
        "SNIbc": (
            "SN Ib",
            "SN Ic",
            "SN Ibc",
            "SN IIb",
            "SN Ic-BL",
            "SN Ib-pec",
            "SN Ic-pec",
            "SN Ibn",
        ),
    }
)
"""By label. Of files with three detections these hold 6,249, 1,321, 234, 108 and 580.

Left out: SN and SN I, which are no type; Iax and calcium-rich transients, which no longer count as
one of the five; SLSN-II and Icn, for which no label stands.
"""
LABELS = MappingProxyType(
    {folder: ZTF.index(label) for label, folders in FOLDERS.items() for folder in folders}
)
Row = tuple[str, str, str, str, str]
"""Of a file: band, then the words MJD, MAG, MAGERR and Upperlimit."""


def read_supernovae(data: Path) -> Objects:
    """Every supernova with three detections and one of the five types, by rising name.

    Labels are places in labels.ZTF. An object in two folders has the label that they agree on
    (a folder without one has no say) and the fuller file; where two types contradict each other it
    is left out. Raises ModelError where the archive is missing or holds none.
    """
    names: list[str] = []
    labels: list[int] = []
    rows: list[list[Row]] = []
    for name, kinds, own in sorted(_by_name(_archive(data))):
        if len(kinds) == 1 and sum(row[4] == "F" for row in own) >= OBJECT_DETECTIONS_MIN:
            names.append(name)
            labels.extend(kinds)
            rows.append(own)
    if not names:
        raise ModelError(f"{data / ARCHIVE}: holds no supernova; name the folder of the real data")
    curves = light_curves(len(rows), _points(rows))
    unknown = np.full((len(rows), 3), np.nan)
    return Objects(np.array(names), np.array(labels, np.int64), curves, unknown)


def archive_names(data: Path) -> frozenset[str]:
    """The names of all objects in the archive, of whatever type; empty where it is missing."""
    if not (data / ARCHIVE).exists():
        return frozenset()
    with tarfile.open(data / ARCHIVE) as archive:
        return frozenset(_name(one) for one in archive.getnames() if one.endswith(".dat"))


def _archive(data: Path) -> Path:
    if not (data / ARCHIVE).exists():
        raise ModelError(f"{data / ARCHIVE}: not there; name the folder of the real data")
    return data / ARCHIVE


def _name(path: str) -> str:
    return PurePosixPath(path).name.split("_")[0]


def _by_name(path: Path) -> Iterator[tuple[str, set[int], list[Row]]]:
    """Each object's name, the labels of its folders and the rows of its fullest file."""
    kinds, fullest = defaultdict[str, set[int]](set), defaultdict[str, list[Row]](list)
    for folder, name, text in shown(_files(path), "reading supernovae"):
        if folder in LABELS:
            kinds[name].add(LABELS[folder])
        fullest[name] = max(fullest[name], _rows(text), key=len)
    return ((name, own, fullest[name]) for name, own in kinds.items())


def _files(path: Path) -> Iterator[tuple[str, str, str]]:
    """Folder, object and text of each file."""
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".dat") else None
            if file:
                folder = PurePosixPath(member.name).parent.name
                yield folder, _name(member.name), file.read().decode()


def _rows(text: str) -> list[Row]:
    """The distinct rows of a file, in the file's order."""
    band = ""
    rows: dict[Row, None] = {}
    for line in text.splitlines():
        words = line.split()
        if words[:2] == ["#", "FILTER"]:
            band = words[2]
        elif len(words) == 7 and words[3] in {"T", "F"}:
            rows[band, words[0], words[1], words[2], words[3]] = None
    return list(rows)


def _points(rows: list[list[Row]]) -> Points:
    """Of all objects; a point beyond LIMIT_MAG_MAX loses its time, and so its place."""
    flat = [row for own in rows for row in own]
    mjd, magnitude, error = np.array([row[1:4] for row in flat], np.float64).T
    limit = np.array([row[4] == "T" for row in flat])
    flux: Floats = np.where(limit, np.nan, njy(magnitude))
    return Points(
        np.repeat(np.arange(len(rows)), [len(own) for own in rows]),
        np.where(limit & (magnitude > LIMIT_MAG_MAX), np.nan, mjd),
        np.array([BANDS.index(row[0]) for row in flat], np.int8),
        flux,
        flux * error * FLUX_ERR_PER_MAG,
        np.where(limit, magnitude, np.nan),
        ~limit,
    )
