"""Nights of any number of invented alerts, fast: drawings used again, exposure by exposure.

`replay.invention` draws each alert by itself; this makes a million of some thousand drawings
(`replay.fresh`), twenty thousand a second on a core, where none is like another in id, time and
place, and those of one drawing are alike in all else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from replay.exposures_invented import ALERTS_PER_EXPOSURE, EXPOSURE_SPACING_S
from replay.fresh import drawings
from replay.invention import NIGHT_JD, Invented
from replay.kinds import MIX, Kind

DRAWINGS = 2000
"""Six seconds of drawing, 120 MB."""
EXPOSURES_MAX = 900
"""Of a night, 9.5 hours of them; of more alerts each exposure has more."""
FIRST_NUMBER = 1 << 20
DAY_S = 86_400


def invented_night(
    alerts: int,
    survey: str,
    *,
    seed: int,
    drawn: int = DRAWINGS,
    mix: Mapping[Kind, float] = MIX,
    night_jd: float = NIGHT_JD,
) -> Iterator[Invented]:
    """Packets of a survey, "ztf" or "lsst", by time, each with what is true of it.

    The same arguments give the same bytes. Raises ArchiveError where the mix has no share.
    """
    pool = drawings(min(drawn, alerts), survey, seed=seed, mix=mix)
    size = max(ALERTS_PER_EXPOSURE, math.ceil(alerts / EXPOSURES_MAX))
    for number, begin in enumerate(range(0, alerts, size)):
        rng = np.random.default_rng([seed, 4, number])
        count = min(size, alerts - begin)
        chosen = rng.integers(len(pool), size=count).tolist()
        shifts = rng.uniform(0, 360, count).tolist()
        jd = night_jd + number * EXPOSURE_SPACING_S / DAY_S
        for place, (one, shift) in enumerate(zip(chosen, shifts, strict=True), FIRST_NUMBER):
            yield Invented(*pool[one].fresh(begin + place, jd=jd, ra_shift_deg=shift))
