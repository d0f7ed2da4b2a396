"""How many alerts a night a lake has, by place on the sky: what stands anywhere by chance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lake.reading import Lake, LakeRows
from sky.messengers.rates import SkyRates

Picks = Callable[[LakeRows], NDArray[np.bool_]]
"""Which rows of a table count."""


def rates_of(lake: Lake, picks: Picks | None = None) -> SkyRates:
    """Of all nights of a lake, those without a picked alert included. Raises ArchiveError."""
    found = SkyRates()
    for table in lake.tables():
        ra_deg, dec_deg = table.column("ra_deg"), table.column("dec_deg")
        if picks is not None:
            rows = picks(table)
            ra_deg, dec_deg = ra_deg[rows], dec_deg[rows]
        found.add(table.night, ra_deg, dec_deg)
    return found


def recent_rates(path: Path, nights: int) -> SkyRates:
    """Of a lake's last nights. Raises ArchiveError."""
    last = [*Lake(path).nights][-nights:]
    return rates_of(Lake(path, [f"{min(last)}:{max(last)}"]))
