"""Positions with radii out of a file, in one unit and checked."""

# ruff: noqa: PLC0415 - astropy is waited for only where a file states units
from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schemas.errors import FilterError
from sky.column_names import Chosen
from sky.files import in_one_line
from sky.formats import Column, Columns, reader_of
from sky.positions import Positions, RadiusRule, check


def read_positions(path: Path, rule: RadiusRule) -> Positions:
    """The positions of a CSV, FITS, Parquet or VOTable file.

    Columns are found by name (`column_names.RA`, `DEC`, `RADIUS`); all others are left
    alone. A radius is in the unit of its name, else of the file, else in arcsec; a position in the
    file's unit, else in degrees, ICRS. Raises FilterError naming file, row or column, and remedy.
    """
    try:
        chosen, columns = reader_of(path)(path)
        positions = _positions(chosen, columns, rule)
        check(positions, rule)
    except FilterError as error:
        raise FilterError(f"{path}: {error}") from error
    except Exception as error:
        # Three libraries and their parsers, of which each has errors of its own.
        raise FilterError(f"{path}: it cannot be read: {in_one_line(error)}") from error
    return positions


def _positions(chosen: Chosen, columns: Columns, rule: RadiusRule) -> Positions:
    ra, dec = (_in_unit(name, columns[name], "deg", "deg") for name in (chosen.ra, chosen.dec))
    if chosen.radius is not None:
        column = columns[chosen.radius]
        stated = chosen.radius_unit or column.unit
        radius = _in_unit(chosen.radius, column._replace(unit=stated), "arcsec", "arcsec")
    elif rule.default_arcsec is not None:
        radius = np.broadcast_to(np.float64(rule.default_arcsec), ra.shape)
    else:
        raise FilterError("it has no column of radii; call it 'radius_deg'")
    return Positions(ra, dec, radius)


def _in_unit(name: str, column: Column, wanted: str, default: str) -> NDArray[np.float64]:
    """A column's values in the unit wanted."""
    stated = column.unit or default
    if stated == wanted:
        return column.values
    from astropy import units

    try:
        factor = units.Unit(stated).to(wanted)
    except (ValueError, TypeError) as error:
        raise FilterError(
            f"column {name!r} is in {stated!r}, which is no unit of angle; write degrees"
        ) from error
    return column.values * float(factor)
