"""Does a filter use what was not known at an alert's time: later points, or other alerts?

Three trials on a few thousand alerts. Later points that a packet does hold are cut off, and a
decision that changes had used them. Later points are planted, bright and faint, in every band, and
a decision that changes would use them if a packet held any. And alerts are judged in other company.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Alerts, Table
from filters.conformance import violations
from filters.decision import FAULT
from filters.selection import Selection
from schemas.batch import LightCurves
from schemas.columns import BANDS
from schemas.cutouts import Stamps
from schemas.learned import Given
from sky.catalogues import NO_SKY, Sky

SAME_TIME_DAYS = 1e-6
"""A tenth of a second: a point this little later is the alert's own."""

PLANTED_AFTER_DAYS = (0.01, 1.0, 20.0)
"""How long after the last point: the same night, the next, and when a supernova has peaked."""

PLANTED = {
    "bright": (1e7, 1e3, np.nan),
    "faint": (-1e5, 1e3, np.nan),
    "unseen": (np.nan, np.nan, 24.0),
}
"""By kind of planted point: flux and its error in nJy, and the limiting magnitude. Magnitude 13.9,
a fading as deep as magnitude 18.9, and nothing down to 24."""

COMPANY_MAX = 200
"""Alerts that are judged in other company, each of them alone too."""

VIOLATIONS_SHOWN = 3
"""A filter that looks at other alerts breaks the law in nearly every cut."""

Rows = NDArray[np.int64]
Masks = Mapping[str, NDArray[np.bool_]]


@dataclass(frozen=True)
class LookAhead:
    """What the trials found; clauses by name, with the number of alerts that each answered
    otherwise."""

    alerts: int
    """On which it was tried."""
    used: Mapping[str, int]
    """With later points cut off."""
    would_use: Mapping[str, int]
    """With later points planted."""
    company: Mapping[str, int]
    """In other company."""
    violations: Sequence[str]
    """How the law that other rows do not matter is broken, a line each."""

    @property
    def found(self) -> bool:
        """Whether a decision may rest on what was not known."""
        return bool(self.used or self.would_use or self.company or self.violations)

    @property
    def sentences(self) -> Iterator[str]:
        """What was found, a line each; one line that says so where nothing was."""
        of = f"of {self.alerts:,} alerts"
        for clause, count in self.used.items():
            yield f"{clause!r} used points later than the alert: {count:,} {of} change without them"
        for clause, count in self.would_use.items():
            yield f"{clause!r} would use later points if a packet held any: {count:,} {of} change"
        for clause, count in self.company.items():
            yield f"{clause!r} depends on which other alerts are in the batch: {count:,} alerts"
        yield from self.violations[:VIOLATIONS_SHOWN]
        if len(self.violations) > VIOLATIONS_SHOWN:
            yield f"and {len(self.violations) - VIOLATIONS_SHOWN:,} more cuts that change decisions"
        if not self.found:
            yield f"no answer {of} rests on what was not known at the alert's time"


class Altered:
    """A table whose light curves are others."""

    def __init__(self, table: Table, light_curve: LightCurves, forced: LightCurves) -> None:
        """One light curve and one forced one a row."""
        self._table = table
        self.light_curve = light_curve
        self.forced_photometry = forced

    def __len__(self) -> int:
        return len(self._table)

    def column(self, name: str) -> NDArray[Any]:
        return self._table.column(name)

    @property
    def stamps(self) -> Stamps:
        return self._table.stamps

    @property
    def given(self) -> Mapping[str, Given]:
        return self._table.given

    def learned_column(self, name: str, column: str) -> NDArray[np.floating[Any]]:
        """One column of that, as it is: what a stage reads is its own affair."""
        return self._table.learned_column(name, column)

    def take(self, rows: Rows, /) -> Altered:
        curves = self.light_curve.take(rows), self.forced_photometry.take(rows)
        return Altered(self._table.take(rows), *curves)


def look_ahead(selection: Selection, tables: Sequence[Table], sky: Sky = NO_SKY) -> LookAhead:
    """The three trials, on all rows of the tables; rows that make the filter raise are left out."""
    used, would_use, company = Counter[str](), Counter[str](), Counter[str]()
    broken: list[str] = []
    alerts = 0
    for given in tables:
        table = given.take(np.flatnonzero(selection.evaluate(given, sky).trace != FAULT))
        if not len(table):
            continue
        before = _masks(selection, table, sky)
        used.update(_changed(before, [(slice(None), _masks(selection, cut(table), sky))]))
        planted = [(slice(None), _masks(selection, plant(table, kind), sky)) for kind in PLANTED]
        would_use.update(_changed(before, planted))
        if not alerts:
            few = table.take(np.arange(min(len(table), COMPANY_MAX)))
            company.update(_company(selection, few, sky))
            broken += violations(selection, few, sky=sky)
        alerts += len(table)
    return LookAhead(alerts, used, would_use, company, broken)


def cut(table: Table) -> Altered:
    """The table without points later than each alert."""
    mjd = table.column("mjd")
    return Altered(table, _cut(table.light_curve, mjd), _cut(table.forced_photometry, mjd))


def plant(table: Table, kind: str) -> Altered:
    """The table with later points of a kind (PLANTED) in every band."""
    mjd = table.column("mjd")
    curves = table.light_curve, table.forced_photometry
    return Altered(table, *(_planted(each, mjd, PLANTED[kind]) for each in curves))


def _cut(curves: LightCurves, mjd: NDArray[np.float64]) -> LightCurves:
    counts = np.diff(curves.offsets)
    return curves.where(curves.mjd <= np.repeat(mjd, counts) + SAME_TIME_DAYS)


def _planted(
    curves: LightCurves, mjd: NDArray[np.float64], point: tuple[float, float, float]
) -> LightCurves:
    n, each = len(curves), len(BANDS) * len(PLANTED_AFTER_DAYS)
    counts = np.diff(curves.offsets)
    last, has = np.full(n, -np.inf), counts > 0
    last[has] = curves.mjd[curves.offsets[1:][has] - 1]
    after = np.repeat(PLANTED_AFTER_DAYS, len(BANDS))
    flux, error, limit = point
    new = {
        "mjd": (np.fmax(last, mjd)[:, None] + after).ravel(),
        "band": np.tile(np.arange(len(BANDS), dtype=np.int8), n * len(PLANTED_AFTER_DAYS)),
        "flux_njy": np.full(n * each, flux),
        "flux_err_njy": np.full(n * each, error),
        "limit_mag": np.full(n * each, limit),
        "detected": np.full(n * each, np.isfinite(flux)),
    }
    places = np.repeat(curves.offsets[1:], each)
    columns = {name: np.insert(getattr(curves, name), places, new[name]) for name in new}
    return LightCurves(curves.offsets + each * np.arange(n + 1), **columns)


def _masks(selection: Selection, table: Table, sky: Sky) -> Masks:
    """Each clause's answer; where the filter raises, its name says what."""
    try:
        return dict(selection.asked(Alerts(table, sky)))
    except Exception as error:  # a filter may raise anything
        return {f"raised {type(error).__name__}": np.ones(len(table), dtype=np.bool_)}


def _changed(before: Masks, others: Sequence[tuple[Any, Masks]]) -> dict[str, int]:
    """By clause: rows that any of the others answers otherwise; each other is of some rows."""
    differs: dict[str, NDArray[np.bool_]] = {}
    rows = len(next(iter(before.values())))
    for where, masks in others:
        for clause, mask in masks.items():
            # What is raised on altered rows alone was no clause before, and is told as one.
            changed = mask != before[clause][where] if clause in before else mask
            differs.setdefault(clause, np.zeros(rows, dtype=np.bool_))[where] |= changed
    return {clause: int(rows.sum()) for clause, rows in differs.items() if rows.any()}


def _company(selection: Selection, table: Table, sky: Sky) -> dict[str, int]:
    """Clauses that answer a row otherwise in the first half, the second, or alone."""
    everything = np.arange(len(table))
    parts = [*np.array_split(everything, 2), *everything[:, None]]
    before = _masks(selection, table, sky)
    return _changed(before, [(p, _masks(selection, table.take(p), sky)) for p in parts if len(p)])
