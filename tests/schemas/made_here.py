"""What the columns that no adapter gives are to be, by plain arithmetic on those that one gave."""

from __future__ import annotations

import math
from typing import Any

from tests.schemas.plain_dust import extinction_ebv

NAN = math.nan


def made_here(found: dict[str, Any]) -> dict[str, Any]:
    """Of one alert, by what its record says."""
    light = found["template_flux_njy"] + found["flux_njy"]
    return {
        "history_age_days": _history_age(found["mjd"], found["light_curve"]),
        "apparent_magnitude": 31.4 - 2.5 * math.log10(light) if light > 0 else NAN,
        "extinction_ebv": extinction_ebv(found["ra_deg"], found["dec_deg"]),
    }


def _history_age(mjd: float, curve: list[Any]) -> float:
    seen = [point[0] for point in curve if point[5]]
    return mjd - min(seen[0], mjd) if seen else NAN


def within_a_turn(ra_deg: float) -> float:
    """0 to 360, of what is a little before or after; 360 itself is 0."""
    return ra_deg % 360 % 360 if -180 <= ra_deg <= 361 else ra_deg


def ten_to(power: float) -> float:
    """A power of ten, infinite where Python's own is an error."""
    try:
        return float(10**power)
    except OverflowError:
        return math.inf
