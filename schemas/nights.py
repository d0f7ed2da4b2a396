"""Nights by their dates: what the adapters make of an instant, and nobody after them asks again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.batch import Floats

NONE = 0
"""In place of a night: the time is none."""

FIRST_MJD_DAYS, LAST_MJD_DAYS = -313_698.0, 2_973_483.0
"""Those that a date of eight digits can name: 1000-01-01 and 9999-12-31."""

MJD_EPOCH = np.datetime64("1858-11-17", "D")


def dates(mjd_days: Floats) -> NDArray[np.int32]:
    """The calendar dates of modified Julian dates, as numbers 20231018 (n,); NONE where none is."""
    named = (mjd_days >= FIRST_MJD_DAYS) & (mjd_days < LAST_MJD_DAYS + 1)
    days = np.floor(np.where(named, mjd_days, 0.0)).astype(np.int64)
    date = MJD_EPOCH + days.astype("timedelta64[D]")
    months = date.astype("datetime64[M]")
    year = months.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    day = (date - months.astype("datetime64[D]")).astype(np.int64) + 1
    return np.where(named, (year * 100 + month) * 100 + day, NONE).astype(np.int32)
