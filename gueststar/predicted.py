"""What the stage of phases says of the days ahead, and in words what is known of host and phase."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from gueststar.row import Row
from schemas.batch import Floats

PHASE, REDSHIFT, LUMINOSITY, SHAPE = "phase", "redshift", "luminosity", "host_shape"
BANDS = ("g", "r")
AHEAD_DAYS = (1.0, 3.0)
PEAK_DAYS_MIN, PEAK_DAYS_MAX = -15.0, 30.0
"""From the alert: a peak outside is not drawn."""
SOURCES = {1.0: "of its host", 2.0: "photometric", 3.0: "by the survey"}


class Predicted(NamedTuple):
    """One band's curve: days from the alert, rising, and AB magnitudes, (k,) each."""

    band: str
    days: Floats
    low: Floats
    """Brighter: 68 % lie between low and high."""
    middle: Floats
    high: Floats


def predicted(alert: Row) -> list[Predicted]:
    """The peak, and one and three days on, of each band; none where nothing is said."""
    said = alert.values.get(PHASE, {})
    curves = (_of_band(said, band) for band in BANDS)
    return [curve for curve in curves if len(curve.days)]


def _of_band(said: Mapping[str, float], band: str) -> Predicted:
    nodes = [(days, f"mag_{band}_in_{days:.0f}d") for days in AHEAD_DAYS]
    peak = said.get(f"days_to_peak_{band}", math.nan)
    if PEAK_DAYS_MIN <= peak <= PEAK_DAYS_MAX:
        nodes.append((peak, f"peak_mag_{band}"))
    found = [
        (days, *(said.get(f"{name}{end}", math.nan) for end in ("_low", "", "_high")))
        for days, name in sorted(nodes)
    ]
    table = np.array([one for one in found if all(map(math.isfinite, one))]).reshape(-1, 4)
    return Predicted(band, *table.T)


def sentences(alert: Row) -> list[str]:
    """Host, redshift, luminosity and phase in a few words each, as far as they are known."""
    return [*_of_hosts(alert), *_of_shape(alert), *_of_redshift(alert), *_of_phase(alert)]


def _of_hosts(alert: Row) -> Iterator[str]:
    for name, said in alert.values.items():
        if "ambiguous" not in said or math.isnan(said.get("found", math.nan)):
            continue
        if not said["found"]:
            yield f"{name}: none"
        else:
            doubt = ", ambiguous" if said["ambiguous"] else ""
            yield f"{name} at {said['offset_light_radii']:.2f} light radii{doubt}"


def _of_shape(alert: Row) -> Iterator[str]:
    said = alert.values.get(SHAPE, {})
    size = said.get("semi_major_arcsec", math.nan)
    if said.get("is_cut") == 1:
        yield "on the template: cut by the edge"
    elif math.isfinite(size):
        yield f"on the template: {size:.1f} arcsec by {said['axis_ratio']:.2f}"


def _of_redshift(alert: Row) -> Iterator[str]:
    said = alert.values.get(REDSHIFT, {})
    source = SOURCES.get(said.get("source", math.nan))
    if source:
        yield f"z {said['redshift']:.4f} ± {said['redshift_err']:.4f} {source}"
    bright = alert.values.get(LUMINOSITY, {}).get("absolute_magnitude", math.nan)
    if math.isfinite(bright):
        yield f"M {bright:.1f}"


def _of_phase(alert: Row) -> Iterator[str]:
    said = alert.values.get(PHASE, {})
    days = said.get("days_to_peak", math.nan)
    if math.isfinite(days):
        ends = f"{said['days_to_peak_low']:+.1f} to {said['days_to_peak_high']:+.1f}"
        yield f"peak {'in' if days > 0 else 'at'} {days:+.1f} d ({ends})"
    young = said.get("days_since_first_light", math.nan)
    if math.isfinite(young):
        yield f"first light {young:.1f} d ago"
