"""Columns of the rows of one survey: checked for sense, and merged with other surveys' rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.ascii_text import ascii_texts
from schemas.batch import PLANES, Floats, LightCurves
from schemas.columns import COLUMNS, NUMBER
from schemas.dust import extinction_ebv
from schemas.light_curves import first_detection_mjd
from schemas.photometry import DAY_S, MJD_MIN_DAYS, UNIX_EPOCH_MJD_DAYS, magnitude_of_light
from schemas.survey import MISSING, Ints, Kind, Leaf, Raw, Survey

TURN_DEG, OVER_TURN_DEG = 360.0, 1.0
EARLIEST_UNIX_S = (MJD_MIN_DAYS - UNIX_EPOCH_MJD_DAYS) * DAY_S

Columns = dict[str, Any]
"""By name: an array with one value a row, or LightCurves."""

MADE_HERE = frozenset(
    {"survey", "photometric_system", "history_age_days", "apparent_magnitude", "extinction_ebv"}
)
"""Columns that no adapter gives."""
DISTANCES = tuple(name for name in COLUMNS if name.endswith("_distance_arcsec"))
TEXT_LETTERS_MAX = 32
"""Of a text that a survey sends as it is; a longer one is none."""


class Part(NamedTuple):
    """Rows of one survey: their places among all framed records, and their columns."""

    places: Ints
    columns: Columns


def survey_columns(raw: Raw, survey: Survey) -> Columns:
    """The columns of AlertBatch and Spans that come from the record's fields."""
    columns = _stated(raw, survey) | survey.columns(raw)
    columns |= {
        name: np.full(len(raw), column.kind.none, column.kind.dtype)
        for name, column in COLUMNS.items()
        if name not in columns and name not in MADE_HERE
    }
    columns.setdefault("pixel_arcsec", np.full(len(raw), np.nan))
    columns["ra_deg"] = _within_a_turn(columns["ra_deg"])
    columns |= {name: _distance(columns[name]) for name in DISTANCES}
    first = np.minimum(first_detection_mjd(columns["light_curve"]), columns["mjd"])
    columns["history_age_days"] = columns["mjd"] - first
    columns["apparent_magnitude"] = magnitude_of_light(
        columns["template_flux_njy"] + columns["flux_njy"]
    )
    columns["extinction_ebv"] = extinction_ebv(columns["ra_deg"], columns["dec_deg"])
    columns["survey"] = np.full(len(raw), survey.name)
    columns["photometric_system"] = np.full(len(raw), survey.system_code, np.int8)
    for kind in ("field", "stamp"):
        spans = [raw.alerts.spans(f"{kind} {plane}") for plane in PLANES]
        columns[kind] = np.maximum(np.stack(spans, axis=1), -1)
    columns["annotation"] = np.maximum(raw.alerts.spans("annotation"), -1)
    return columns


def _stated(raw: Raw, survey: Survey) -> Columns:
    """The columns that a survey sends as they are."""
    return {leaf.name: _leaf(raw, survey, leaf) for leaf in survey.stated}


def _leaf(raw: Raw, survey: Survey, leaf: Leaf) -> NDArray[Any]:
    if leaf.kind is Kind.SPAN:
        spans = raw.alerts.spans(leaf.name)
        return ascii_texts(raw.buffer, spans, TEXT_LETTERS_MAX, blanks=True)
    if leaf.kind is Kind.INTEGER:
        whole = raw.alerts.ints(leaf.name)
        is_number = COLUMNS[leaf.name].kind is NUMBER
        return np.where(whole == MISSING, np.nan, whole) if is_number else np.maximum(whole, 0)
    values = raw.alerts.floats(leaf.name)
    for sentinel in survey.sentinels:
        values = np.where(values == sentinel, np.nan, values)
    return values


def _within_a_turn(ra_deg: Floats) -> Floats:
    """Right ascensions in [0, 360), degrees: those from -180 on and to a degree over the turn.

    Some count to both sides of 0, some round over its edge; all else is none, and stays.
    """
    near = (ra_deg >= -TURN_DEG / 2) & (ra_deg <= TURN_DEG + OVER_TURN_DEG)
    wrapped = np.where(near, ra_deg % TURN_DEG, ra_deg)
    # The remainder of a tiny negative number is rounded up to the whole turn.
    return np.where(wrapped == TURN_DEG, 0.0, wrapped)


def _distance(arcsec: Floats) -> Floats:
    """Distances, with NaN for each that is negative, which stands for none somewhere."""
    return np.where(arcsec < 0, np.nan, arcsec)


def unsound(columns: Columns, now_unix_s: float, ahead_days_max: int) -> dict[int, str]:
    """Rows that do not say what, when and where, and the first thing that each does not say.

    A sound time is one from 1990 on that is at most `ahead_days_max` ahead of now.
    """
    exposed = columns["exposed_unix_s"]
    checks = {
        "alert id": columns["alert_id"] != MISSING,
        "object id": columns["object_id"] != "",
        "time": (exposed >= EARLIEST_UNIX_S) & (exposed <= now_unix_s + ahead_days_max * DAY_S),
        "right ascension": (columns["ra_deg"] >= 0) & (columns["ra_deg"] < TURN_DEG),
        "declination": np.abs(columns["dec_deg"]) <= 90,
    }
    sound = np.logical_and.reduce(list(checks.values()))
    return {
        row: next(name for name, fine in checks.items() if not fine[row])
        for row in np.flatnonzero(~sound).tolist()
    }


def take(part: Part, rows: Ints) -> Part:
    """Some rows, in the order given."""
    columns = {
        name: column.take(rows) if isinstance(column, LightCurves) else column[rows]
        for name, column in part.columns.items()
    }
    return Part(part.places[rows], columns)


def merge(parts: Sequence[Part]) -> Part:
    """The rows of several surveys, by place."""
    if len(parts) == 1:
        return parts[0]
    names = parts[0].columns
    columns = {name: _joined([part.columns[name] for part in parts]) for name in names}
    places = np.concatenate([part.places for part in parts])
    return take(Part(places, columns), np.argsort(places))


def _joined(columns: Sequence[Any]) -> Any:  # noqa: ANN401 - as Columns
    if not isinstance(columns[0], LightCurves):
        return np.concatenate(columns)
    starts = np.cumsum([0, *(one.offsets[-1] for one in columns[:-1])])
    offsets = [one.offsets[:-1] + start for one, start in zip(columns, starts, strict=True)]
    end = [starts[-1] + columns[-1].offsets[-1]]
    points = (
        np.concatenate([getattr(one, name) for one in columns])
        for name in LightCurves.__slots__
        if name != "offsets"
    )
    return LightCurves(np.concatenate((*offsets, end)), *points)
