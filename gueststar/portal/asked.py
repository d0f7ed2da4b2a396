"""What a request asks for: its parameters read, each with a bound, and said what is wrong."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from starlette.datastructures import QueryParams

from gueststar.open_lake import OpenLake
from gueststar.portal.answers import FORMS, Page
from schemas.errors import QuestionError

TEXT_MAX = 200
"""Characters of an id or a place."""
ROWS_DEFAULT = 1_000
SEXAGESIMAL = re.compile(
    r"(\d{1,2})[:\sh](\d{1,2})[:\sm](\d{1,2}(?:\.\d*)?)s?[\s,]+"
    r"([+-]?)(\d{1,2})[:\sd°](\d{1,2})[:\sm'](\d{1,2}(?:\.\d*)?)[s\"]?"
)
DECIMAL = re.compile(r"([\d.]+)[\s,]+([+-]?[\d.]+)")


class Centre(NamedTuple):
    """A place that was asked for, ICRS degrees, and how it is said."""

    ra_deg: float
    dec_deg: float


def page_of(query: QueryParams, rows_max: int) -> Page:
    """`offset` and `limit`. Raises QuestionError."""
    limit = _whole(query, "limit", min(ROWS_DEFAULT, rows_max), least=1)
    if limit > rows_max:
        raise QuestionError(f"limit {limit:,} is over {rows_max:,}; go on with next_offset")
    return Page(_whole(query, "offset", 0, least=0), limit)


def form_of(query: QueryParams) -> str:
    """`format`. Raises QuestionError."""
    form = query.get("format", "json")
    if form not in FORMS:
        raise QuestionError(f"format {form!r} is none; it is one of {', '.join(FORMS)}")
    return form


def text_of(query: QueryParams, name: str, *, most: int = TEXT_MAX) -> str:
    """A text that must be there. Raises QuestionError."""
    text = query.get(name, "").strip()
    if not text:
        raise QuestionError(f"the parameter {name!r} is missing")
    if len(text) > most:
        raise QuestionError(f"the parameter {name!r} is over {most:,} characters")
    return text


def alert_of(query: QueryParams) -> tuple[int, str | None]:
    """`id` of an alert, and its `object` where it is named. Raises QuestionError."""
    text = text_of(query, "id")
    if not re.fullmatch(r"-?\d{1,19}", text):
        raise QuestionError(f"{text!r} is no alert's id, which is a whole number")
    return int(text), query.get("object")


def number_of(query: QueryParams, name: str) -> float:
    """A finite number that must be there. Raises QuestionError."""
    text = text_of(query, name)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise QuestionError(f"{name} {text!r} is no number; write it as 353.66")
    return value


def columns_of(query: QueryParams) -> list[str] | None:
    """`columns`, with commas between; None for all."""
    names = [each.strip() for each in query.get("columns", "").split(",")]
    return [*filter(None, names)] or None


def centre_of(text: str, lake: OpenLake) -> Centre:
    """A place in degrees or hours, or where the lake's newest alert of an object is.

    Raises QuestionError.
    """
    if found := DECIMAL.fullmatch(text):
        try:
            return Centre(*map(float, found.groups()))
        except ValueError:
            pass
    if found := SEXAGESIMAL.fullmatch(text):
        hours, minutes, seconds, sign, degrees, arcmin, arcsec = found.groups()
        dec = float(degrees) + float(arcmin) / 60 + float(arcsec) / 3600
        ra = 15 * (float(hours) + float(minutes) / 60 + float(seconds) / 3600)
        return Centre(ra, -dec if sign == "-" else dec)
    table = lake.object(text, columns=["ra_deg", "dec_deg"]).table
    if not len(table):
        raise QuestionError(
            f"{text!r} is no place (write 353.66 +46.65, or 23:34:38.4 +46:39:00) and no object of"
            " the lake; names are looked up nowhere else"
        )
    row = table.slice(len(table) - 1).to_pylist()[0]
    return Centre(row["ra_deg"], row["dec_deg"])


def _whole(query: QueryParams, name: str, default: int, *, least: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not re.fullmatch(r"\d{1,15}", text) or int(text) < least:
        raise QuestionError(f"{name} {text!r} is no whole number from {least} on")
    return int(text)
