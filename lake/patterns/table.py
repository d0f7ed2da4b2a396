"""A table of an object a row beside a lake: what each does over months, kept by night.

    LAKE/variability/objects.parquet

It is written as a whole and replaced by a rename, so readers see the table before or the one after,
and who is killed leaves the one before. Its footer names the parts of the lake that it has read;
objects with alerts in others are worked out again, with all that the lake has of them. Other limits
than the last run's have all worked out again.
"""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NamedTuple, get_type_hints

from lake.disk import make
from lake.lock import locked
from lake.patterns.changes import Change, Trend, change_of, trend_of
from lake.patterns.gathering import Object, changed_objects
from lake.patterns.periods import LIMITS, Period, PeriodLimits, period_of
from lake.patterns.wandering import LIMITS as SWINGS
from lake.patterns.wandering import Swing, swing_of
from lake.reading import Lake
from lake.saving import replace_parquet
from schemas.errors import ArchiveError

VARIABILITY: Final = "variability"
FILE: Final = "objects.parquet"
FACTS: Final = b"gueststar.patterns"
"""In the footer, as JSON: what was read, and by which limits."""
POINTS_MIN: Final = 20
"""Of fewer an object has no row."""
MEANINGS: Final = {
    "first_mjd": "Its first measurement.",
    "last_mjd": "Its last measurement.",
    "points": "Measurements in all bands, of all its alerts together.",
    "period_days": "Its period, days. NULL: none that is sure, or it rather wanders.",
    "period_power": "Share of chi-squared that the strongest period explains, sure or not.",
    "period_false_alarm": "The probability that white noise gives as much, at most.",
    "alias_days": "The strongest other period, neither half nor double, days.",
    "alias_power": "Share of chi-squared that it explains.",
    "trend_njy_per_year": "Slope of a line through all bands, nJy a year.",
    "trend_sigmas": "That slope over its error, by the scatter about the line.",
    "change_mjd": "When before and after are most unlike.",
    "change_score": "Twice the log of how much likelier two states are than one.",
    "change_level_sigmas": "Level after less before, by the scatter before.",
    "change_scatter_ratio": "Scatter after over scatter before.",
    "wander_days": "How long a damped random walk that describes it remembers; NULL: it is still.",
    "wander_score": "Twice the log of how much likelier walk or swing is than noise or a period.",
    "quasi_period_days": "About which it swings without keeping time. NULL: none that is sure.",
    "quasi_quality": "pi times the cycles in which it forgets its phase, sure or not.",
    "quasi_score": "Twice the log of how much likelier a damped oscillation is than that walk.",
}
"""Of columns that other tables have not."""


class Measured(NamedTuple):
    """An object, and of when its measurements are."""

    survey: str
    object_id: str
    ra_deg: float
    dec_deg: float
    first_mjd: float
    last_mjd: float
    points: int


Row = dict[str, Any]
"""Of one object, by column."""


class Done(NamedTuple):
    """What a run did."""

    parts: int
    """Of the lake, that were new."""
    looked: int
    """Objects that were worked out."""
    rows: int
    """Of the table now."""


def row_of(one: Object, limits: PeriodLimits = LIMITS) -> Row | None:
    """What an object does; None where it has fewer than POINTS_MIN points."""
    points = one.points
    if len(points.mjd) < POINTS_MIN:
        return None
    ends = float(points.mjd[0]), float(points.mjd[-1]), len(points.mjd)
    own = Measured(one.survey, one.object_id, one.ra_deg, one.dec_deg, *ends)
    seen = points.measured
    period = period_of(seen, limits)
    swing = swing_of(seen, period.period_days)
    if swing.wander_score > 0:
        period = period._replace(period_days=math.nan)
    found = (own, period, trend_of(seen), change_of(points), swing)
    return {name: value for each in found for name, value in each._asdict().items()}


def update(path: Path, limits: PeriodLimits = LIMITS) -> Done:
    """Bring a lake's table up to what stands in it now.

    Raises ArchiveError where another process does so, too, or the lake cannot be read.
    """
    lake = Lake(path)
    make(path / VARIABILITY)
    with locked(path / VARIABILITY, wait_s=0):
        known, before = _known(path, limits), read_variability(path)
        marks = {part.standing.mark for part in lake.parts}
        if marks == known:
            return Done(0, 0, len(before))
        rows, looked = list[Row](), set[tuple[str, str]]()
        for one in changed_objects(lake, known):
            looked.add((one.survey, one.object_id))
            found = row_of(one, limits)
            rows.extend([found] if found else [])
        kept = [row for row in before.to_pylist() if _name(row) not in looked]
        facts = {"parts": sorted(marks), "limits": _said(limits)}
        _write(path, sorted([*kept, *rows], key=_name), facts)
        return Done(len(marks - known), len(looked), len(kept) + len(rows))


def read_variability(path: Path, object_id: str = "") -> Any:  # noqa: ANN401 - an Arrow table
    """All rows of a lake's table, or an object's; none where it was never made."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    tables = [pq.read_table(file).replace_schema_metadata() for file in variability_files(path)]
    empty = variability_schema().empty_table()
    found = pa.concat_tables([empty, *tables], promote_options="default")
    return found.filter(pc.equal(found.column("object_id"), object_id)) if object_id else found


def variability_files(path: Path) -> list[Path]:
    """The table's file; none where it was never made."""
    file = path / VARIABILITY / FILE
    return [file] if file.exists() else []


def variability_schema() -> Any:  # noqa: ANN401
    """Of the table."""
    import pyarrow as pa

    kinds = {int: pa.int64(), str: pa.string(), float: pa.float64()}
    own = {
        k: v
        for one in (Measured, Period, Trend, Change, Swing)
        for k, v in get_type_hints(one).items()
    }
    return pa.schema([(name, kinds[kind]) for name, kind in own.items()])


def _name(row: Row) -> tuple[str, str]:
    return row["survey"], row["object_id"]


def _known(path: Path, limits: PeriodLimits) -> set[str]:
    """Marks of parts that the table has read; none where it was made by other limits."""
    import pyarrow.parquet as pq

    for file in variability_files(path):
        facts = pq.read_metadata(file).metadata or {}
        if FACTS not in facts:
            raise ArchiveError(f"{file} is no table of patterns; move it away")
        said = json.loads(facts[FACTS])
        return set(said["parts"]) if said["limits"] == _said(limits) else set()
    return set()


def _said(limits: PeriodLimits) -> dict[str, Any]:
    """By which a table was made: one of before swings were sought is of others."""
    return asdict(limits) | {"swings": asdict(SWINGS)}


def _write(path: Path, rows: Iterable[Row], facts: Mapping[str, Any]) -> None:
    import pyarrow as pa

    schema = variability_schema().with_metadata({FACTS: json.dumps(facts)})
    table = pa.Table.from_pylist([*rows], schema)
    replace_parquet(table, path / VARIABILITY / FILE)
