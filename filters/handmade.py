"""Alerts made by hand, so that a filter can be tried on three rows that its author chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.avro import WriterSchema
from schemas.batch import AlertBatch, LightCurves, Spans
from schemas.columns import BANDS, CODE, CODES, COLUMNS, IDENTIFIER
from schemas.dust import extinction_ebv
from schemas.errors import FilterError
from schemas.learned import FLOATS, Kind, Learned
from schemas.nights import dates
from schemas.photometry import magnitude_of_light
from schemas.prior import shares_of
from schemas.suggestion import nearest


class Epoch(NamedTuple):
    """One point of a hand-made light curve. No flux means that nothing was detected."""

    mjd: float
    band: str
    flux_njy: float = np.nan
    flux_err_njy: float = np.nan
    limit_mag: float = np.nan


GIVEN_WHERE_ABSENT: Mapping[str, Any] = {
    "survey": "handmade",
    "object_id": "hand",
    "mjd": 60000.0,
    "band": BANDS.index("r"),
    "detections": 1,
    "age_days": 0.0,
    "exposed_unix_s": 1677283200.0,
}
"""What a column holds where the author gives none; every other value is its kind's of none.

The night is the UTC date of `mjd`, `mjd_utc_mid` is `mjd`, `apparent_magnitude` is what the fluxes
of template and difference make, and `extinction_ebv` what the map of dust has at the position.
"""

SCHEMA = WriterSchema.of('{"type": "record", "name": "handmade", "fields": []}')


def handmade(
    *,
    light_curve: Sequence[Sequence[Epoch]] | None = None,
    scores: Mapping[str, Mapping[str, Sequence[float]]] | None = None,
    values: Mapping[str, Mapping[str, Sequence[float]]] | None = None,
    rows: int | None = None,
    **columns: Sequence[Any],
) -> AlertBatch:
    """A batch of the columns given, each a list of one value a row; the others not measured.

    What is kept as a code, as `band`, may be given by name. `scores` is {classifier: {label:
    values}}, at their natural prior, and `values` the same of other stages. `light_curve` has one
    list of points a row; by default the detection alone. No packets, and no stamps.
    `rows` is needed only where no column is given. Raises FilterError for an unknown column.
    """
    for name in columns:
        if name not in COLUMNS:
            raise FilterError(f"alerts have no column {name!r}{nearest(name, COLUMNS)}")
    if rows is None:
        rows = max((len(values) for values in columns.values()), default=1)
    plain: dict[str, Any] = {name: _column(name, columns.get(name), rows) for name in COLUMNS}
    if "night" not in columns:
        plain["night"] = dates(plain["mjd"])
    if "mjd_utc_mid" not in columns:
        plain["mjd_utc_mid"] = plain["mjd"].copy()
    if "apparent_magnitude" not in columns:
        light_njy = plain["template_flux_njy"] + plain["flux_njy"]
        plain["apparent_magnitude"] = magnitude_of_light(light_njy)
    if "extinction_ebv" not in columns:
        plain["extinction_ebv"] = extinction_ebv(plain["ra_deg"], plain["dec_deg"])
    return AlertBatch(
        **plain,
        light_curve=_curves(_alone(plain) if light_curve is None else light_curve),
        forced_photometry=_curves([[]] * rows),
        buffer=np.zeros(0, dtype=np.uint8),
        spans=Spans.none(rows),
        packets=[b""] * rows,
        source_index=np.arange(rows, dtype=np.int64),
        schema=np.zeros(rows, dtype=np.int32),
        schemas=(SCHEMA,),
        learned={
            **{name: _scores(name, each) for name, each in (scores or {}).items()},
            **{name: _learned("values", each) for name, each in (values or {}).items()},
        },
    )


def _column(name: str, given: Sequence[Any] | None, rows: int) -> NDArray[Any]:
    kind = COLUMNS[name].kind
    if given is None and kind is IDENTIFIER:
        given = range(rows)
    if given is None:
        given = [GIVEN_WHERE_ABSENT.get(name, kind.none)] * rows
    if kind is CODE:
        given = [CODES[name].index(one) if isinstance(one, str) else one for one in given]
    if len(given) != rows:
        raise FilterError(f"column {name!r} has {len(given)} values; the batch has {rows} rows")
    return np.array(given, dtype=kind.dtype)


def _alone(plain: Mapping[str, NDArray[Any]]) -> list[list[Epoch]]:
    """Light curves that hold the detection alone."""
    columns = (plain[name].tolist() for name in ("mjd", "band", "flux_njy", "flux_err_njy"))
    rows = zip(*columns, strict=True)
    return [[Epoch(mjd, BANDS[band], flux, error)] for mjd, band, flux, error in rows]


def _curves(curves: Sequence[Sequence[Epoch]]) -> LightCurves:
    """Ragged columns of lists of epochs; an epoch counts as detected where it has a flux."""
    epochs = [epoch for curve in curves for epoch in curve]
    mjd, bands, flux, error, limit = zip(*epochs, strict=True) if epochs else ((),) * 5
    return LightCurves(
        offsets=np.concatenate(([0], np.cumsum([len(curve) for curve in curves]))).astype(np.int64),
        mjd=np.array(mjd, dtype=np.float64),
        band=np.array([BANDS.index(band) for band in bands], dtype=np.int8),
        flux_njy=np.array(flux, dtype=np.float64),
        flux_err_njy=np.array(error, dtype=np.float64),
        limit_mag=np.array(limit, dtype=np.float64),
        detected=~np.isnan(np.array(flux, dtype=np.float64)),
    )


def _scores(classifier: str, by_label: Mapping[str, Sequence[float]]) -> Learned:
    found = _learned("probabilities", by_label)
    return found._replace(prior=shares_of(classifier, found.columns, "natural"))


def _learned(kind: Kind, by_column: Mapping[str, Sequence[float]]) -> Learned:
    values = np.array([*by_column.values()], dtype=FLOATS[kind]).T
    return Learned(kind, tuple(by_column), values)
