"""SNANA's FITS files, NAME_HEAD.FITS with NAME_PHOT.FITS beside it: ELAsTiCC is published so.

A row of HEAD is an object: SNID, RA, DEC (DECL), and which rows of PHOT are its own, PTROBS_MIN to
PTROBS_MAX, counted from 1. PHOT has MJD, BAND (FLT), FLUXCAL, FLUXCALERR and PHOTFLAG, of which the
bit DETECTED says that a point was detected (SNANA manual, section "FITS format").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lake.simulated.curves import CurveRows, Ints
from schemas.errors import ArchiveError
from schemas.lsst_schema import BANDS
from schemas.photometry import NJY_PER_FLUXCAL
from sky.fits_tables import Stretch, fits_table

DETECTED = 4096
HEAD = "_HEAD.FITS"
_POINTS = ("MJD", "FLUXCAL", "FLUXCALERR", "PHOTFLAG")


def is_head(path: Path) -> bool:
    """Whether a name is that of a file of objects."""
    return path.name.upper().removesuffix(".GZ").endswith(HEAD)


def curve_rows(heads: Sequence[Path]) -> Iterator[CurveRows]:
    """The points of all objects, in the order of the files. Raises ArchiveError."""
    for head in heads:
        about = _whole(head)
        owners = _owners(head, about)
        first = 0
        for rows in fits_table(_phot(head)):
            count = len(next(iter(rows.values())))
            own = owners[first : first + count] if first < len(owners) else owners[:0]
            own = np.pad(own, (0, count - len(own)))
            yield _points(head, rows, own)
            first += count


def objects(heads: Sequence[Path]) -> Iterator[tuple[Ints, NDArray[Any], NDArray[Any]]]:
    """Ids, right ascensions and declinations, degrees."""
    for head in heads:
        about = _whole(head)
        dec = next((about[name] for name in ("DEC", "DECL") if name in about), None)
        if dec is None or "RA" not in about:
            raise ArchiveError(f"{head} has no columns RA and DEC")
        yield _ids(head, about), about["RA"].astype(np.float64), dec.astype(np.float64)


def truths(heads: Sequence[Path]) -> Iterator[dict[str, list[Any]]]:
    """The objects' rows as they stand, with `object_id`: what was simulated is among them."""
    for head in heads:
        about = _whole(head)
        kept = {name: column for name, column in about.items() if column.ndim == 1}
        yield {"object_id": _ids(head, about).tolist(), **{n: c.tolist() for n, c in kept.items()}}


def _whole(head: Path) -> Stretch:
    stretches = list(fits_table(head))
    if not stretches:
        raise ArchiveError(f"{head} holds no objects")
    return {name: np.concatenate([one[name] for one in stretches]) for name in stretches[0]}


def _ids(head: Path, about: Stretch) -> Ints:
    try:
        return np.array([int(name) for name in about["SNID"].tolist()], np.int64)
    except (KeyError, ValueError) as error:
        raise ArchiveError(f"{head} has no column SNID of whole numbers") from error


def _owners(head: Path, about: Stretch) -> Ints:
    """Of each row of PHOT the object that it is of; 0 for the rows between objects."""
    if not {"PTROBS_MIN", "PTROBS_MAX"} <= about.keys():
        raise ArchiveError(f"{head} does not say which points are whose (PTROBS_MIN, PTROBS_MAX)")
    owners = np.zeros(max(int(about["PTROBS_MAX"].max()), 0), np.int64)
    pairs = zip(about["PTROBS_MIN"].tolist(), about["PTROBS_MAX"].tolist(), strict=True)
    for object_id, (begin, end) in zip(_ids(head, about).tolist(), pairs, strict=True):
        owners[begin - 1 : end] = object_id
    return owners


def _phot(head: Path) -> Path:
    at = head.name.upper().rindex(HEAD)
    name = head.name[: at + 1] + head.name[at + 1 :].replace("HEAD", "PHOT").replace("head", "phot")
    if not (head.parent / name).is_file():
        raise ArchiveError(f"{head} lacks the file of its points beside it, {name}")
    return head.parent / name


def _points(head: Path, rows: Stretch, owners: Ints) -> CurveRows:
    bands = rows.get("BAND", rows.get("FLT"))
    if bands is None or not set(_POINTS) <= rows.keys():
        raise ArchiveError(f"{_phot(head)} lacks one of the columns {', '.join(_POINTS)}, BAND")
    fluxes, errors = (rows[name] * NJY_PER_FLUXCAL for name in ("FLUXCAL", "FLUXCALERR"))
    points = CurveRows(
        owners,
        rows["MJD"].astype(np.float64),
        _band_codes(bands),
        fluxes.astype(np.float32),
        errors.astype(np.float32),
        (rows["PHOTFLAG"] & DETECTED) != 0,
    )
    return points.part(np.flatnonzero((owners > 0) & (points.band >= 0)))


def _band_codes(bands: NDArray[Any]) -> NDArray[np.int8]:
    """By the last letter, as in LSST-Y; -1 for a band that is none of Rubin's."""
    names, which = np.unique(bands.astype(str), return_inverse=True)
    codes = [BANDS.find(name.strip()[-1:].lower() or "?") for name in names.tolist()]
    return np.array(codes, np.int8)[which]
