"""What an alert's object is known to be: from a spectrum, or from SIMBAD by its position."""

from __future__ import annotations

import csv
import tarfile
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow.parquet

TABLES = (
    ("labels/ztf_bts_all_labeled.csv", "ZTFID", "type"),
    ("labels/superphot_plus_training_set.csv", "NAME", "LABEL"),
)
"""Bright Transient Survey (Fremling et al. 2020, ApJ 895, 32) and Superphot+ (de Soto et al. 2024,
ApJ 974, 169): file, column of the object, column of its class."""
TNS_TABLES = (
    "labels/alerce_itt2022_training_labels.parquet",
    "labels/alerce_itt2022_test_labels.parquet",
    "labels/alerce_itt2022_ztf_confirmed_sn.parquet",
)
"""Rows of the Transient Name Server that a spectrum classified."""
TNS_OBJECT, TNS_CLASS = "Disc. Internal Name", "Obj. Type"
LIGHT_CURVES = "lightcurves/alerce_ztf_sne_by_type.tar.xz"
"""One folder a spectroscopic type, one file an object."""
IA_ARCHIVE = "lightcurves/ztf_ia_dr1.tar.xz"
IA_TABLE = "dr1/samplefiles/Yr1_AllSNe_SampleFile_WithClassSpecCoords.txt"
IA_COLUMNS = ("object", "redshift", "ra", "dec", "class", "spectrum")
"""ZTF's first-year type Ia supernovae (Dhawan et al. 2022, MNRAS 510, 2228); it has no header."""
NO_SPECTRUM = "NoSpec"
SAYS_NOTHING = frozenset({"", "Other", "other", "Galaxy", "Unknown"})
"""Classes that do not say that something there varies."""
TNS_MARK = "(TNS) "
NOT_SIMBAD = frozenset({"", "Unknown", "Inexistent", "nan"})
"""No match, and SIMBAD's class for objects that turned out not to exist."""
FAILED = "Fail"
"""By this begins what Fink writes where SIMBAD did not answer."""
FINK_CANDIDATE = " candidate"
"""By this end Fink's own classes; SIMBAD's begin or end with `Candidate`."""


def simbad_class(record: dict[str, Any]) -> str:
    """What the Fink broker found in SIMBAD at an alert's place; empty where nothing.

    One of the files here has classes in brackets, as `(SIMBAD) QSO`, that contradict the
    spectra of the same objects: those are not believed.
    """
    found = record.get("cdsxmatch") or (record.get("xm") or {}).get("simbad_otype") or ""
    name = str(found)
    doubtful = name.startswith((FAILED, "(")) or name.endswith(FINK_CANDIDATE)
    return "" if name in NOT_SIMBAD or doubtful else name


def tns_class(record: dict[str, Any]) -> str:
    """What the Fink broker found in the Transient Name Server; empty where nothing."""
    marked = str(record.get("tnsclass") or "")
    name = marked.removeprefix(TNS_MARK) if marked.startswith(TNS_MARK) else record.get("tns")
    return "" if not name or name in SAYS_NOTHING else str(name)


def spectroscopic_classes(folder: Path) -> dict[str, str]:
    """The class of each ZTF object that a list below `folder` gives from a spectrum.

    A list that is not there takes no part. Where two disagree the earlier of this file counts.
    """
    classes: dict[str, str] = {}
    for name, kind in _pairs(folder):
        if kind not in SAYS_NOTHING:
            classes.setdefault(name, kind)
    return classes


def _pairs(folder: Path) -> Iterator[tuple[str, str]]:
    """Objects and their classes, list after list."""
    for name, object_column, class_column in TABLES:
        if (folder / name).exists():
            with (folder / name).open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    yield row[object_column], row[class_column]
    for name in TNS_TABLES:
        if (folder / name).exists():
            table = pyarrow.parquet.read_table(folder / name, columns=[TNS_OBJECT, TNS_CLASS])
            for row in table.to_pylist():
                yield row[TNS_OBJECT] or "", row[TNS_CLASS] or ""
    if (folder / LIGHT_CURVES).exists():
        yield from _by_folder(folder / LIGHT_CURVES)
    if (folder / IA_ARCHIVE).exists():
        for row in first_year_ia(folder / IA_ARCHIVE):
            if row["spectrum"] != NO_SPECTRUM:
                yield row["object"], row["class"]


def _by_folder(path: Path) -> Iterator[tuple[str, str]]:
    with tarfile.open(path) as archive:
        for member in archive:
            place = PurePosixPath(member.name)
            if member.isfile():
                yield place.name.split("_")[0], place.parent.name


def first_year_ia(path: Path) -> Iterator[dict[str, str]]:
    """Each object of ZTF's first-year sample, by IA_COLUMNS."""
    with tarfile.open(path) as archive:
        file = archive.extractfile(IA_TABLE)
        assert file, "a plain file of the archive"
        yield from csv.DictReader(TextIOWrapper(file, "utf-8"), IA_COLUMNS, restkey="more")
