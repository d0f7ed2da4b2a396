"""Alerts as tables with units: astropy's, and pandas' frames. The one door to both."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gueststar.row import Row
from schemas.batch import AlertBatch, LightCurves
from schemas.columns import BANDS, CODES, COLUMNS, unit_of
from schemas.errors import GueststarError
from schemas.photometry import FLUX_ERR_PER_MAG, ab_magnitude

if TYPE_CHECKING:
    from astropy.table import Table
    from pandas import DataFrame

    AstropyTable: TypeAlias = Table
    PandasFrame: TypeAlias = DataFrame


def astropy_table(batch: AlertBatch) -> Table:
    """A batch as an astropy Table: one row an alert, a unit a column that has one.

    Columns are those of an `Alert`, then every score as `CLASSIFIER_LABEL`; NaN is not measured,
    +inf in a distance is nothing near. Magnitudes are AB.
    """
    return _table(_columns(batch))


def pandas_frame(batch: AlertBatch) -> DataFrame:
    """The same columns as a pandas DataFrame, without units.

    Raises GueststarError where pandas is not installed.
    """
    frame: DataFrame = _pandas().DataFrame(_columns(batch))
    return frame


def masked_table(table: Any, *, with_units: bool) -> Table:  # noqa: ANN401 - pyarrow has no types
    """An Arrow table as an astropy Table, masked where it has no value."""
    from astropy.table import MaskedColumn, Table  # noqa: PLC0415 - slow

    found = Table()
    for name in table.column_names:
        column = table.column(name)
        unknown = column.is_null().to_numpy()
        values = _filled(column)
        found[name] = MaskedColumn(values, mask=unknown) if unknown.any() else values
        if with_units and (unit := unit_of(name)):
            found[name].unit = unit
    return found


def arrow_frame(table: Any) -> DataFrame:  # noqa: ANN401
    """An Arrow table as a pandas DataFrame. Raises GueststarError where pandas is not installed."""
    _pandas()
    frame: DataFrame = table.to_pandas()
    return frame


def save_votable(table: Any, path: Path, *, with_units: bool) -> None:  # noqa: ANN401
    """An Arrow table as a VOTable. Raises GueststarError."""
    try:
        masked_table(table, with_units=with_units).write(path, format="votable", overwrite=True)
    except (OSError, ValueError, TypeError) as error:
        why = " ".join(str(error).split())
        raise GueststarError(f"{path} cannot be written as a VOTable: {why}") from error


def votable(table: Any, ucds: Mapping[str, str]) -> bytes:  # noqa: ANN401
    """An Arrow table of a lake's columns as a VOTable; `ucds` are what columns are, by name."""
    found = masked_table(table, with_units=True)
    for name in set(ucds).intersection(found.colnames):
        found[name].info.meta = {"ucd": ucds[name]}
    file = BytesIO()
    found.write(file, format="votable")
    return file.getvalue()


def light_curve_columns(light_curve: LightCurves, forced: LightCurves) -> dict[str, NDArray[Any]]:
    """The columns of `light_curve_table`, by time."""
    parts = [_points(light_curve, False), _points(forced, True)]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(joined["mjd"], kind="stable")
    return {name: column[order] for name, column in joined.items()}


def light_curve_table(alert: Row) -> Table:
    """An alert's history, this detection and its forced photometry as an astropy Table, by time.

    A row each: mjd (d), band, flux_njy, flux_err_njy (nJy, difference flux, signed), magnitude,
    magnitude_err (AB, of the absolute flux; NaN where nothing was detected), limit_mag, detected,
    forced.
    """
    return _table(light_curve_columns(alert.light_curve, alert.forced_photometry))


def _pandas() -> Any:  # noqa: ANN401 - pandas has no types here
    try:
        import pandas  # noqa: PLC0415 - slow, and not everyone has it
    except ImportError as error:
        raise GueststarError("pandas is not installed; pip install pandas") from error
    return pandas


def _filled(column: Any) -> NDArray[Any]:  # noqa: ANN401
    """Values without a null: zero, no or no text in its place."""
    kind = str(column.type)
    if kind == "string":
        return np.array([each or "" for each in column.to_pylist()], dtype=np.str_)
    if column.null_count and kind == "bool":
        column = column.fill_null(False)
    elif column.null_count and kind.startswith(("int", "uint", "float", "double")):
        column = column.fill_null(0)
    values: NDArray[Any] = column.to_numpy()
    return values


def _table(columns: dict[str, NDArray[Any]]) -> Table:
    from astropy.table import Table  # noqa: PLC0415 - a second, which most programs need not wait

    units = {name: unit for name in columns if (unit := unit_of(name))}
    return Table(columns, units=units)


def _columns(batch: AlertBatch) -> dict[str, NDArray[Any]]:
    """Every column by name, codes as names, what was learned last."""
    columns = {name: _named(name, batch.column(name)) for name in COLUMNS}
    for name, learned in batch.learned.items():
        columns |= {f"{name}_{column}": learned.column(column) for column in learned.columns}
    return columns


def _named(name: str, column: NDArray[Any]) -> NDArray[Any]:
    """Codes by what they stand for; -1 is the empty text."""
    if name not in CODES:
        return column
    named: NDArray[np.str_] = np.array([*CODES[name], ""])[column]
    return named


def _points(curve: LightCurves, forced: bool) -> dict[str, NDArray[Any]]:
    """The points of one light curve."""
    with np.errstate(all="ignore"):
        magnitude = np.where(curve.detected, ab_magnitude(curve.flux_njy), np.nan)
        error = curve.flux_err_njy / np.abs(curve.flux_njy) / FLUX_ERR_PER_MAG
    return {
        "mjd": curve.mjd,
        "band": np.array([*BANDS, ""])[curve.band],
        "flux_njy": curve.flux_njy,
        "flux_err_njy": curve.flux_err_njy,
        "magnitude": magnitude,
        "magnitude_err": np.where(curve.detected, error, np.nan),
        "limit_mag": curve.limit_mag,
        "detected": curve.detected,
        "forced": np.full(len(curve.mjd), forced),
    }
