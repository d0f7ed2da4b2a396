"""When the events happened that labels speak of: a supernova's label is of no other outburst."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet
from numpy.typing import NDArray

from schemas.batch import AlertBatch
from training.realbogus.alerts.classes import TNS_OBJECT, TNS_TABLES

BEFORE_DAYS_MAX = 100
"""An alert may be so much older than its event's peak or discovery: a superluminous one's rise."""
AFTER_DAYS_MAX = 730
"""And so much younger, or if nobody says when, than its object's first detection: two years later
the slowest supernovae and disruptions are too faint, and what is seen there is something else."""
TNS_DATE = "Discovery Date (UT)"
MJD_ZERO = datetime(1858, 11, 17)
BRIGHT = "labels/ztf_bts_all_labeled.csv"
BRIGHT_ZERO_MJD = 57999.5
"""The Bright Transient Survey's peaks are in days from JD 2458000."""
YEAR = re.compile(r"\d{4}")
YEAR_2000_MJD, YEAR_DAYS = 51544.0, 365.25


def of_its_event(batch: AlertBatch, dates: Mapping[str, Sequence[float]]) -> NDArray[np.bool_]:
    """The alerts that are of the event which their object's label names, if it names one, (n,).

    dates: by object, of its event, MJD; without one the age since the first detection decides.
    """
    rows = zip(batch.object_id.tolist(), batch.mjd.tolist(), batch.age_days.tolist(), strict=True)
    return np.array(
        [
            any(-BEFORE_DAYS_MAX <= mjd - date <= AFTER_DAYS_MAX for date in dates[name])
            if dates.get(name)
            else not age > AFTER_DAYS_MAX
            for name, mjd, age in rows
        ],
        np.bool_,
    )


def event_dates(data: Path) -> dict[str, list[float]]:
    """By ZTF object when lists below `data` saw its event, MJD: discoveries and peaks.

    A list that is not there takes no part; most labels have no date.
    """
    dates = defaultdict[str, list[float]](list)
    for name, date in (*_discoveries(data), *_peaks(data)):
        dates[name].append(date)
    return dict(dates)


def _discoveries(data: Path) -> Iterator[tuple[str, float]]:
    for path in (data / name for name in TNS_TABLES):
        if path.exists():
            rows = pyarrow.parquet.read_table(path, columns=[TNS_OBJECT, TNS_DATE]).to_pylist()
            for row in rows:
                if row[TNS_OBJECT] and row[TNS_DATE]:
                    since = datetime.fromisoformat(row[TNS_DATE]) - MJD_ZERO
                    yield row[TNS_OBJECT], since.total_seconds() / 86400


def _peaks(data: Path) -> Iterator[tuple[str, float]]:
    """Of the survey of bright transients, or where that is another event's, the name's year.

    45 of its peaks are of years that the names are not: ZTF's light curve is of a later outburst.
    """
    if (data / BRIGHT).exists():
        with (data / BRIGHT).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                peak = float(row["peakt"] or "nan") + BRIGHT_ZERO_MJD
                named = _middle_of_year(row["IAUID"])
                yield row["ZTFID"], peak if abs(peak - named) < YEAR_DAYS else named


def _middle_of_year(name: str) -> float:
    """MJD of the middle of the year that stands in an event's name; NaN where none does."""
    year = YEAR.search(name)
    return YEAR_2000_MJD + (int(year[0]) - 2000 + 0.5) * YEAR_DAYS if year else np.nan
