"""A dry run's report on one filter, built table by table."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Table
from filters.decision import Fault
from filters.selection import Selection
from gueststar.alert import Alert
from gueststar.filtering.candidates import Candidate
from gueststar.filtering.examples import Sample
from gueststar.filtering.lookahead import LookAhead, look_ahead
from gueststar.filtering.scorecard import Scorecard
from gueststar.filtering.sources import by_night, bytes_of
from gueststar.filtering.waterfall import Waterfall, judge
from lake.reading import LakeRows
from schemas.batch import AlertBatch
from sky.catalogues import NO_SKY, Sky

SEED = 1
"""Of the sample that examples are."""

EXAMPLES = 10
OBJECTS_SHOWN = 10
FAULTY_SHOWN = 3
"""Ids of alerts at fault that are shown with each message."""

TRIAL_TABLE, TRIAL = 512, 2048
"""Alerts on which looking ahead is tried: of one table, and in all; selected ones first."""

BATCH = 256
"""Alerts of the batch on which the cost is taken, as the stream's are."""

TIMINGS = 7
"""Runs of which the median is the cost."""

Rows = NDArray[np.int64]


@dataclass
class Traffic:
    """What a night's alerts came to."""

    alerts: int = 0
    selected: int = 0
    bytes_full: int = 0
    """Of the selected ones' packets."""
    bytes_lite: int = 0
    """The same without cutouts."""


@dataclass
class Trouble:
    """What a filter raised."""

    alerts: int = 0
    ids: list[int] = field(default_factory=list)


@dataclass
class Comparison:
    """With the version that is live."""

    version: str
    both: int = 0
    only_live: int = 0
    only_new: int = 0


@dataclass(frozen=True)
class Report:
    """A dry run's whole result for one filter."""

    candidate: Candidate
    waterfall: Waterfall
    nights: Mapping[str, Traffic]
    objects: Sequence[tuple[str, int]]
    """The objects that were selected most often."""
    troubles: Mapping[str, Trouble]
    """By what was raised."""
    examples: Sequence[Alert]
    ahead: LookAhead
    cost_us: float
    """An alert, in batches of BATCH; NaN where there was no alert."""
    comparison: Comparison | None
    alerts_per_s: float
    """Judged, over the archive; what a lake reads for it is read meanwhile."""
    card: Scorecard | None = None
    """Held to what is true, where that was given."""


@dataclass(frozen=True)
class Run:
    """One dry run: what was read, and how long that took."""

    archive: Path
    nights: Sequence[str]
    """As asked; none for all."""
    sha256: str
    rejected: int
    """Packets that are no alerts."""
    has_stamps: bool
    unix_s: float


class ReportBuilder:
    """Asks one filter, and the version now live, table by table."""

    def __init__(
        self,
        candidate: Candidate,
        kept: Callable[[Table], AlertBatch],
        *,
        sky: Sky = NO_SKY,
        live: Candidate | None = None,
        card: Scorecard | None = None,
    ) -> None:
        """`kept` makes rows of a table stand by themselves in memory."""
        self.card = card
        self.candidate = candidate
        self._kept = kept
        self._sky = sky
        self._live = live
        self.waterfall = Waterfall()
        self._nights: dict[str, Traffic] = {}
        self._objects = Counter[str]()
        self._troubles: dict[str, Trouble] = {}
        self._examples = Sample(kept, seed=SEED, most=EXAMPLES)
        self._trial: list[Table] = []
        self._comparison = Comparison(live.origin) if live else None
        self._seconds = 0.0

    def add(self, table: Table) -> None:
        """Judge a table. Raises ArchiveError where it cannot be read."""
        begin = time.perf_counter()
        decision, alone = judge(self.candidate.selection, table, self._sky)
        self._seconds += time.perf_counter() - begin
        self.waterfall.add(decision, alone)
        selected = np.flatnonzero(decision.selected)
        if self.card:
            self.card.add(table, decision.selected)
        self._count(table, selected)
        for fault in decision.faults:
            self._note(table, fault)
        self._compare(table, decision.selected)
        self._keep(table, selected)

    def report(self) -> Report:
        """The whole; looking ahead is tried, and the cost taken, now."""
        selection, trial = self.candidate.selection, [*map(self._kept, self._trial)]
        return Report(
            self.candidate,
            self.waterfall,
            dict(sorted(self._nights.items())),
            # By name where they have as many: whatever order the alerts came in.
            nsmallest(OBJECTS_SHOWN, self._objects.items(), key=lambda each: (-each[1], each[0])),
            self._troubles,
            self._examples.alerts(self.candidate.name),
            look_ahead(selection, trial, self._sky),
            cost_us(selection, trial, self._sky),
            self._comparison,
            self.waterfall.alerts / max(self._seconds, 1e-9),
            self.card,
        )

    def _count(self, table: Table, selected: Rows) -> None:
        for night, rows in by_night(table):
            self._nights.setdefault(night, Traffic()).alerts += len(rows)
        if not len(selected):
            return
        passing = table.take(selected)
        self._objects.update(passing.column("object_id").tolist())
        self._examples.draw(table, selected)
        full, lite = bytes_of(passing)
        for night, rows in by_night(passing):
            traffic = self._nights[night]
            traffic.selected += len(rows)
            traffic.bytes_full += int(full[rows].sum())
            traffic.bytes_lite += int(lite[rows].sum())

    def _note(self, table: Table, fault: Fault) -> None:
        trouble = self._troubles.setdefault(fault.message, Trouble())
        trouble.alerts += len(fault.rows)
        more = fault.rows[: FAULTY_SHOWN - len(trouble.ids)]
        trouble.ids += table.column("alert_id")[more].tolist()

    def _compare(self, table: Table, new: NDArray[np.bool_]) -> None:
        if self._live is None or self._comparison is None:
            return
        live = self._live.selection.evaluate(table, self._sky).selected
        self._comparison.both += int((live & new).sum())
        self._comparison.only_live += int((live & ~new).sum())
        self._comparison.only_new += int((new & ~live).sum())

    def _keep(self, table: Table, selected: Rows) -> None:
        """Of the first tables, for trials: half selected alerts, where there are as many."""
        if sum(map(len, self._trial)) >= TRIAL:
            return
        refused = np.ones(len(table), dtype=np.bool_)
        refused[selected] = False
        chosen, others = selected[: TRIAL_TABLE // 2], np.flatnonzero(refused)
        rows = np.concatenate((chosen, others[: TRIAL_TABLE - len(chosen)]))
        sampled = table.take(np.sort(rows))
        self._trial.append(sampled if isinstance(table, LakeRows) else self._kept(sampled))


def cost_us(selection: Selection, tables: Sequence[Table], sky: Sky = NO_SKY) -> float:
    """Microseconds an alert, the median of runs on a batch of BATCH alerts; NaN without any."""
    if not tables or not len(tables[0]):
        return float("nan")
    batch = tables[0].take(np.resize(np.arange(len(tables[0])), BATCH))
    seconds = [_seconds(selection, batch, sky) for _ in range(TIMINGS)]
    return statistics.median(seconds) / BATCH * 1e6


def _seconds(selection: Selection, batch: Table, sky: Sky) -> float:
    begin = time.perf_counter()
    selection.evaluate(batch, sky)
    return time.perf_counter() - begin
