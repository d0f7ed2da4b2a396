"""The templates of the pages, and how numbers, times and bands are written in them."""

from __future__ import annotations

import hashlib
import math
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gueststar.portal.sky_map import HEIGHT, WIDTH, hour_labels

HERE = Path(__file__).parent
ASSETS = HERE.parent / "assets"
DASH = "–"
MJD_EPOCH_UNIX_S = -3_506_716_800.0
"""MJD 0, 17 November 1858, in UTC since 1970."""
DAY_S = 86_400.0
HASH_DIGITS = 10


def render(name: str, /, **given: Any) -> str:  # noqa: ANN401
    """A template with all that it names; everything in it is escaped."""
    return _environment().get_template(name).render(**given)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        number=number, near=near, utc=utc, iso=iso, mjd_utc=mjd_utc, duration=duration, query=query
    )
    made.globals.update(asset=asset, sky_width=WIDTH, sky_height=HEIGHT, hours=hour_labels())
    return made


def number(value: float | int | None, form: str = ".6g") -> str:
    """A number as people read it; a dash where there is none."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return DASH
    return format(value, form)


def near(arcsec: float) -> str:
    """A distance; +inf is that nothing was found, NaN that nobody looked."""
    return "none found" if math.isinf(arcsec) else f"{number(arcsec, '.2f')} ″".replace("– ″", DASH)


def utc(unix_s: float | None) -> str:
    """A time, UTC, to the second."""
    return _written(unix_s, "%Y-%m-%d %H:%M:%S")


def iso(unix_s: float | None) -> str:
    """The same as a machine reads it."""
    return _written(unix_s, "%Y-%m-%dT%H:%M:%SZ")


def mjd_utc(mjd: float | None) -> float | None:
    """An MJD in seconds since 1970; None where it is none."""
    return None if mjd is None or not math.isfinite(mjd) else MJD_EPOCH_UNIX_S + mjd * DAY_S


def duration(seconds: float | None) -> str:
    """A duration with its unit."""
    if seconds is None or not math.isfinite(seconds):
        return DASH
    if abs(seconds) < 1:
        return f"{seconds * 1e3:.0f} ms"
    return f"{seconds:.1f} s" if abs(seconds) < 100 else f"{seconds:,.0f} s"


def query(values: dict[str, Any]) -> str:
    """As a link has it behind its question mark."""
    return urlencode(values)


@cache
def asset(name: str) -> str:
    """An asset's address, which is another when it changes."""
    digest = hashlib.sha256((ASSETS / name).read_bytes()).hexdigest()
    return f"/assets/{name}?{digest[:HASH_DIGITS]}"


def _written(unix_s: float | None, form: str) -> str:
    if unix_s is None or not math.isfinite(unix_s):
        return DASH
    try:
        return datetime.fromtimestamp(unix_s, UTC).strftime(form)
    except (OverflowError, OSError, ValueError):
        return DASH
