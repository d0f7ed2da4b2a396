"""A catalogue of galaxies with sizes: which of its columns say what, in which form.

HyperLeda's forms are known (Makarov et al. 2014, A&A 570, A13): log_d25, the decimal logarithm of
the isophote's diameter in units of 0.1 arcmin, and log_r25, that of major by minor axis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from schemas.errors import FilterError
from sky.catalogue_files import column_names, read_catalogue
from sky.hosts.ellipses import Ellipses, Floats
from sky.positions import ARCSEC_PER_DEG

Form = Callable[[Floats], Floats]

SIZE: Mapping[str, Form] = {
    "semi_major_arcsec": lambda size: size,
    "log_d25": lambda logarithm: 3.0 * 10.0**logarithm,
}
"""Columns of a size, the preferred first, and how each becomes a semi-major axis in arcsec."""
AXIS_RATIO: Mapping[str, Form] = {
    "axis_ratio": lambda ratio: ratio,
    "log_r25": lambda logarithm: 10.0**-logarithm,
}
"""The same of minor by major axis."""
ANGLE: Mapping[str, Form] = {"angle_deg": lambda angle: angle, "pa_deg": lambda angle: angle}
"""The same of the major axis' angle, degrees from north through east."""
REDSHIFT: Mapping[str, Form] = {"redshift": lambda z: z, "z_spec": lambda z: z, "z": lambda z: z}
REDSHIFT_ERR: Mapping[str, Form] = {"redshift_err": lambda err: err}
"""GLADE+'s `z_err` is none of these: in the table at hand it is 0.3 z in every row."""

REDSHIFT_ERR_DEFAULT = 0.001
"""Of a catalogue that says none: the scatter of GLADE+'s about those of 1,600 supernovae."""
MAJOR_ARCSEC_MIN, MAJOR_ARCSEC_MAX = 0.05, 2.0 * ARCSEC_PER_DEG
"""Andromeda's is 1.6 degrees; less than the first is no extended source on the ground."""
AXIS_RATIO_MIN = 0.03
"""Thinner is no galaxy but a misprint."""


class Galaxies(NamedTuple):
    """n galaxies in memory."""

    ellipses: Ellipses
    redshift: Floats
    """NaN where it is not known, (n,)."""
    redshift_err: Floats
    columns: dict[str, Floats]
    """What is carried beside."""
    sha256: str


def read_galaxies(path: Path, columns: Sequence[str], redshift_err: float) -> Galaxies:
    """The galaxies of a Parquet file, or a folder of them, that have a usable size.

    redshift_err: of a redshift where the file has no `redshift_err`. Raises FilterError naming
    file, column and remedy.
    """
    there = column_names(path)
    chosen = {
        what: next((name for name in forms if name in there), None) for what, forms in FORMS.items()
    }
    if chosen["size"] is None:
        raise FilterError(f"{path}: it has no size of galaxies; call it {' or '.join(SIZE)}")
    named = [name for name in chosen.values() if name is not None]
    table = read_catalogue(path, list(dict.fromkeys([*named, *columns])))
    rows = len(table.ra_deg)

    def read(what: str, default: float) -> Floats:
        name = chosen[what]
        if name is None:
            return np.full(rows, default)
        return FORMS[what][name](table.columns[name].astype(np.float64))

    major, ratio = read("size", np.nan), read("axis_ratio", 1.0)
    ratio = np.clip(np.where(np.isnan(ratio), 1.0, ratio), AXIS_RATIO_MIN, 1.0)
    ellipses = Ellipses(table.ra_deg, table.dec_deg, major, ratio, read("angle", np.nan))
    found = Galaxies(
        ellipses,
        read("redshift", np.nan),
        read("redshift_err", redshift_err),
        {name: table.columns[name].astype(np.float64) for name in columns},
        table.sha256,
    )
    return _sized(path, found)


FORMS: Mapping[str, Mapping[str, Form]] = {
    "size": SIZE,
    "axis_ratio": AXIS_RATIO,
    "angle": ANGLE,
    "redshift": REDSHIFT,
    "redshift_err": REDSHIFT_ERR,
}
"""By what is read: the columns that say it."""


def _sized(path: Path, found: Galaxies) -> Galaxies:
    """Those whose size is one of a galaxy."""
    major = found.ellipses.major_arcsec
    rows = np.flatnonzero((major >= MAJOR_ARCSEC_MIN) & (major <= MAJOR_ARCSEC_MAX))
    if not len(rows):
        raise FilterError(
            f"{path}: no galaxy has a size of {MAJOR_ARCSEC_MIN:g} to {MAJOR_ARCSEC_MAX:g} arcsec; "
            "semi_major_arcsec is in arcsec, log_d25 in the logarithm of 0.1 arcmin"
        )
    return Galaxies(
        found.ellipses.take(rows),
        found.redshift[rows],
        found.redshift_err[rows],
        {name: column[rows] for name, column in found.columns.items()},
        found.sha256,
    )
