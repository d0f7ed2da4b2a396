"""`python -m benchmarks.dry_run`: a filter of five clauses over a lake, against Arrow's own scan.

The lake is of real alerts (of an invented night, where there are none) drawn again and again, each
number a little changed so that it compresses as new ones would. Every contender reads the same
files, page cache warm, and is timed in CPU seconds of all threads, in turn.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset
from rich.console import Console
from rich.table import Table

from benchmarks.cores import cores, pin
from benchmarks.night import night
from filters.alerts import Alerts
from filters.expressions.filter import ExpressionFilter
from filters.selection import Clauses, Selection, selection
from gueststar.batches import decode, score
from gueststar.filtering.candidates import Candidate
from gueststar.filtering.report import ReportBuilder
from gueststar.filtering.sources import decoder_of, kept
from gueststar.filtering.waterfall import Waterfall, judge
from lake.layout import PLAIN, ROWS_PER_GROUP
from lake.reading import Lake
from lake.writing import LakeWriter
from schemas.batch import AlertBatch, LightCurves

SEED = 1
ORIGINALS = 800
"""Alerts that the lake's are drawn from."""

CHANGE = 1e-4
"""By how much each number is changed, relative, one standard deviation."""

OBJECTS = 100_000
"""From which a night's alerts are; few come twice."""

GROUPS_A_NIGHT = 4
FIRST_NIGHT = 20260101

CLAUSES = {
    "real": 'score("realbogus", "real") > 0.98',
    "brighter": "flux_njy > 0",
    "bright": "magnitude < 18",
    "young": "age_days < 20",
    "no_asteroid": "~(asteroid_distance_arcsec < 5)",
}


@selection(topic="five")
def five(alerts: Alerts) -> Clauses:
    """CLAUSES, in Python."""
    yield "real", alerts.score("realbogus", "real") > 0.98
    yield "brighter", alerts.flux_njy > 0
    yield "bright", alerts.magnitude < 18
    yield "young", alerts.age_days < 20
    yield "no_asteroid", ~(alerts.asteroid_distance_arcsec < 5)


def main() -> None:
    """Write the lake, time every contender over it, and print a table."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.dry_run", description=__doc__)
    options.add_argument("--alerts", type=int, default=2_000_000)
    options.add_argument("--laps", type=int, default=5)
    chosen = options.parse_args()
    pin(cores().client)
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory() as folder:
        groups = max(1, chosen.alerts // ROWS_PER_GROUP)
        origin = write(Path(folder), groups)
        lake = Lake(Path(folder))
        size = sum(path.stat().st_size for path in files(lake)) / len(lake)
        console.print(
            f"{len(lake):,} alerts of {len(lake.nights)} nights, drawn from {origin};"
            f" {size:.0f} bytes an alert in columns; {cores()}"
        )
        console.print(table(measure(lake, chosen.laps), len(lake)))


def write(folder: Path, groups: int) -> str:
    """Fill a lake with so many groups of rows; where the alerts are from."""
    packets, origin = night(ORIGINALS)
    originals = decode(packets)
    score(originals)
    random = np.random.default_rng(SEED)
    with LakeWriter(folder, version="benchmark", with_packets=False) as writer:
        for group in range(groups):
            writer.add(drawn(originals, random, group // GROUPS_A_NIGHT))
    return origin


def drawn(originals: AlertBatch, random: np.random.Generator, night_number: int) -> AlertBatch:
    """A group of rows, without light curves, which no clause here reads."""
    bare = replace(
        originals, light_curve=none(len(originals)), forced_photometry=none(len(originals))
    )
    batch = bare.take(random.integers(0, len(bare), ROWS_PER_GROUP))
    changed: dict[str, Any] = {
        name: batch.column(name) * random.normal(1, CHANGE, len(batch))
        for name in PLAIN
        if batch.column(name).dtype == np.float64
    }
    changed["night"] = np.full(len(batch), FIRST_NIGHT + night_number, np.int32)
    learned = {
        name: each._replace(
            values=(each.values * random.normal(1, CHANGE, each.values.shape)).astype(np.float32)
        )
        for name, each in batch.learned.items()
    }
    changed["alert_id"] = random.integers(0, 2**62, len(batch))
    named = np.array([f"ZTF26{number:07}" for number in range(OBJECTS)])
    changed["object_id"] = named[random.integers(0, OBJECTS, len(batch))]
    return replace(batch, **changed, learned=learned)


def none(rows: int) -> LightCurves:
    """Light curves without a point."""
    empty = np.zeros(0)
    band, detected = empty.astype(np.int8), empty.astype(np.bool_)
    return LightCurves(np.zeros(rows + 1, np.int64), empty, band, empty, empty, empty, detected)


def measure(lake: Lake, laps: int) -> Mapping[str, float]:
    """CPU seconds of each contender, the median of laps after one that warms up.

    All must select as many.
    """
    contenders = dict(offered(lake))
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for lap in range(laps + 1):
        selected = set[int]()
        for name, contender in contenders.items():
            begin = time.process_time()
            selected.add(contender())
            if lap:
                seconds[name].append(time.process_time() - begin)
        assert len(selected) == 1, selected
    return {name: median(each) for name, each in seconds.items()}


def offered(lake: Lake) -> Iterator[tuple[str, Callable[[], int]]]:
    """Who is timed; each opens the files anew and says how many alerts it selected."""
    expressions = ExpressionFilter.of({"name": "five", "clauses": CLAUSES}).selection("five")
    yield "waterfall, a Python filter", lambda: waterfall(five, lake)
    yield "waterfall, an expression filter", lambda: waterfall(expressions, lake)
    yield "the whole dry run, nights and examples too", lambda: reported(expressions, lake)
    yield "pyarrow.dataset, which counts and no more", lambda: scanned(lake)


def waterfall(one: Selection, lake: Lake) -> int:
    """Clause by clause, refused and unknown."""
    falls = Waterfall()
    for rows in Lake(lake.path).tables():
        falls.add(*judge(one, rows))
    return falls.selected


def reported(one: Selection, lake: Lake) -> int:
    """All that `gueststar filter test` gathers on its way through an archive."""
    decoder = decoder_of(None)
    candidate = Candidate(one.name, one.sha256, one, "benchmark")
    builder = ReportBuilder(candidate, lambda rows: kept(rows, decoder))
    for rows in Lake(lake.path).tables():
        builder.add(rows)
    return builder.waterfall.selected


def scanned(lake: Lake) -> int:
    """Arrow's own: the five clauses as one expression over the files."""
    field = pc.field
    clauses = (
        (field("score.realbogus.real") > pa.scalar(0.98, pa.float32()))
        & (field("flux_njy") > 0)
        & (field("magnitude") < 18)
        & (field("age_days") < 20)
        & ~(field("asteroid_distance_arcsec") < 5)
    )
    dataset = pyarrow.dataset.dataset([os.fspath(path) for path in files(lake)])
    return int(dataset.count_rows(filter=clauses, use_threads=False))


def files(lake: Lake) -> list[Path]:
    """The lake's files of plain columns."""
    return [each.path for each in lake.parts]


def table(seconds: Mapping[str, float], alerts: int) -> Table:
    """A row a contender."""
    found = Table(title="Five clauses over columns on disk, one core")
    found.add_column("")
    found.add_column("million rows/s", justify="right")
    found.add_column("times Arrow's", justify="right")
    *_, arrow = seconds.values()
    for name, each in seconds.items():
        found.add_row(name, f"{alerts / each / 1e6:.1f}", f"{arrow / each:.2f}")
    return found


if __name__ == "__main__":
    main()
