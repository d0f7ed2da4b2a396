"""Three of the built-in filters as the textbook has them: one alert at a time, over its record.

They need no light-curve network, as the textbook has none.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

Record = dict[str, Any]


def known(value: float | None) -> float:
    """A field's value, NaN where it is missing."""
    return math.nan if value is None or value in {-999.0, -99999.0} else value


def distance(value: float | None) -> float:
    """A distance, infinite where a search found nothing."""
    if value is None:
        return math.nan
    return math.inf if value in {-999.0, -99999.0} else value


def is_positive(detection: Record) -> bool:
    """Whether the source brightened."""
    return detection["isdiffpos"] in {"t", "1"}


def is_on_star(candidate: Record) -> bool:
    """Whether a catalogued star lies under it."""
    near = distance(candidate.get("distpsnr1")) < 1.5
    return near and known(candidate.get("sgscore1")) > 0.5


def rise_mag_per_day(record: Record) -> float:
    """How fast it brightened since the last epoch of its band, half a day to five days back."""
    candidate = record["candidate"]
    if not is_positive(candidate):
        return math.nan
    last_jd, last_mag = -math.inf, math.nan
    for epoch in record["prv_candidates"] or []:
        span = candidate["jd"] - epoch["jd"]
        if epoch["fid"] != candidate["fid"] or not 0.5 <= span <= 5:
            continue
        seen = epoch["magpsf"] is not None and is_positive(epoch)
        magnitude = known(epoch["magpsf"] if seen else epoch["diffmaglim"])
        if epoch["jd"] >= last_jd and not math.isnan(magnitude):
            last_jd, last_mag = epoch["jd"], magnitude
    return float((last_mag - candidate["magpsf"]) / (candidate["jd"] - last_jd))


def fade_mag_per_day(record: Record) -> float:
    """How fast it faded since the brightest detection of its band, half a day back or more."""
    candidate = record["candidate"]
    if not is_positive(candidate):
        return math.nan
    peak = candidate
    for epoch in reversed(record["prv_candidates"] or []):
        seen = epoch["magpsf"] is not None and is_positive(epoch)
        if not seen or epoch["fid"] != candidate["fid"] or epoch["jd"] > candidate["jd"]:
            continue
        if (epoch["magpsf"], epoch["jd"]) < (peak["magpsf"], peak["jd"]):
            peak = epoch
    days = candidate["jd"] - peak["jd"]
    if days == 0:
        return 0.0
    return float((candidate["magpsf"] - peak["magpsf"]) / days) if days >= 0.5 else math.nan


def is_new(record: Record, real: float, days: float) -> bool:
    """Real, brighter than before, seen again within these days, no asteroid, no star."""
    candidate = record["candidate"]
    age = candidate["jd"] - known(candidate.get("jdstarthist"))
    return (
        real > 0.79
        and is_positive(candidate)
        and 0.02 < age < days
        and (candidate.get("ndethist") or 0) >= 2
        and not distance(candidate.get("ssdistnr")) < 5
        and not is_on_star(candidate)
    )


def young_supernovae(record: Record, real: float) -> bool:
    """New within twenty days."""
    return is_new(record, real, 20)


def fast_transients(record: Record, real: float) -> bool:
    """New within two weeks, and risen or faded by 0.3 mag a day or more."""
    speeds = (rise_mag_per_day(record), fade_mag_per_day(record))
    return is_new(record, real, 14) and any(speed > 0.3 for speed in speeds)


def solar_system(record: Record, _: float) -> bool:
    """A known asteroid was predicted here, and light was added."""
    candidate = record["candidate"]
    predicted = distance(candidate.get("ssdistnr")) < 1.5
    return predicted and is_positive(candidate) and not is_on_star(candidate)


FILTERS: dict[str, Callable[[Record, float], bool]] = {
    "fast_transients": fast_transients,
    "solar_system": solar_system,
    "young_supernovae": young_supernovae,
}
TOPICS = {name: name.replace("_", "-") for name in FILTERS}


def passed(record: Record, scores: dict[str, float] | None) -> list[str]:
    """The filters that select an alert."""
    real = scores["real"] if scores else math.nan
    return [name for name, selects in FILTERS.items() if selects(record, real)]
