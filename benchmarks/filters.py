"""`python -m benchmarks.filters`: hundreds of expression filters, judged together and one by one.

The filters are invented by a seed: five clauses each, of kinds that people write, some the same in
many filters and most with limits of their own, the last one tuned so that PASSING of the alerts
pass all five.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from statistics import median
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.cores import cores, pin
from benchmarks.night import night
from filters.alerts import Alerts
from filters.expressions import compiled
from filters.expressions.evaluation import evaluate
from filters.expressions.filter import ExpressionFilter
from filters.expressions.parser import read
from filters.expressions.program import Program, warm_up
from filters.filter_set import ActiveFilter, FilterSet
from gueststar.allocator import keep_freed_memory
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.learned import Learned

SEED = 1
PASSING = 0.002
CLAUSES = 5
SIZES = (1, 50, 500)
BATCH = 256
ALERTS = 4096
ROUNDS = 25
PLAIN_ROUNDS = 5
ROWS = 10_000_000
WIDTH = 72

LOOPS = ("fill_bits", "fill_missing", "count", "gather")

SHARED = (
    'score("realbogus", "real") > 0.8',
    "~((star_distance_arcsec < 1.5) & (star_galaxy_score > 0.5))",
    "~(asteroid_distance_arcsec < 5)",
    "flux_njy > 0",
    "detections >= 2",
    'band in ("g", "r")',
    "~is_missing(magnitude)",
    "abs(flux_njy / flux_err_njy) > 5",
)
"""What many filters ask in the same words."""

OWN = (
    ("magnitude < {:.2f}", 18.0, 21.5),
    ("magnitude > {:.2f}", 14.0, 17.5),
    ('score("realbogus", "real") > {:.3f}', 0.2, 0.6),
    ('score("lightcurve", "SNIa") < {:.3f}', 0.5, 1.0),
    ("age_days < {:.1f}", 50.0, 2000.0),
    ("age_days > {:.3f}", 0.0, 1.0),
    ("detections < {:.0f}", 20.0, 400.0),
    ("~(star_distance_arcsec < {:.2f})", 0.1, 1.5),
    ("~(asteroid_distance_arcsec < {:.1f})", 1.0, 20.0),
    ("~(fwhm_pixels > {:.2f})", 3.0, 8.0),
    ("elongation < {:.2f}", 1.3, 2.5),
    ("magnitude_err < {:.3f}", 0.1, 0.3),
    ("~(survey_real_score < {:.2f})", 0.1, 0.5),
    ("limit_mag - magnitude > {:.2f}", -1.0, 0.5),
    ("magnitude + 2.5 * log10(age_days + {:.2f}) < 24", 0.5, 3.0),
    ("~(days_since_peak() > {:.1f})", 20.0, 60.0),
    ("~(rate_mag_per_day() < {:.2f})", -1.0, -0.2),
    ("~in_cone({:.3f}, 12.4, 1.5)", 150.0, 220.0),
)
"""What a filter asks with a limit of its own, which lies between two numbers."""

TUNED = (
    "magnitude < {:.4f}",
    "age_days < {:.5f}",
    'score("lightcurve", "SNIa") > {:.5f}',
    "limit_mag - magnitude > {:.4f}",
    "amplitude_mag() > {:.4f}",
    "flux_njy / flux_err_njy > {:.4f}",
)
"""Last clauses, whose limit lets PASSING through."""


def invent(alerts: AlertBatch, count: int) -> list[ExpressionFilter]:
    """So many filters of CLAUSES clauses each."""
    random = np.random.default_rng(SEED)
    found: list[ExpressionFilter] = []
    while len(found) < count:
        clauses = [str(each) for each in random.choice(SHARED, 2, replace=False)]
        for kind in random.choice(len(OWN), CLAUSES - 3, replace=False):
            text, low, high = OWN[kind]
            clauses.append(text.format(random.uniform(low, high)))
        last = _tuned(alerts, clauses, str(random.choice(TUNED)))
        if last is not None:
            named = {f"clause-{place}": text for place, text in enumerate([*clauses, last])}
            found.append(ExpressionFilter.of({"name": f"f{len(found)}", "clauses": named}))
    return found


def _tuned(alerts: AlertBatch, clauses: Sequence[str], text: str) -> str | None:
    """The last clause; None where the others let too few through."""
    passing = np.all([_evaluated(alerts, each) for each in clauses], axis=0)
    value, operator, _ = text.rsplit(maxsplit=2)
    sign = 1 if operator == "<" else -1
    values = np.sort(sign * _evaluated(alerts, value + " < 0", number=True)[passing])
    wanted = round(PASSING * len(alerts))
    if np.isfinite(values).sum() <= wanted:
        return None
    return text.format(sign * (values[wanted - 1] + values[wanted]) / 2)


def _evaluated(alerts: AlertBatch, text: str, *, number: bool = False) -> NDArray[Any]:
    """A clause's truths, or the numbers on the left of its comparison."""
    node: Any = read(text)
    return evaluate(node.operands[0] if number else node, Alerts(alerts))


def alerts_of_a_night() -> tuple[AlertBatch, str]:
    """ALERTS alerts with scores drawn at random, and where they are from."""
    packets, origin = night(ALERTS)
    batch = Decoder().decode(packets)
    random = np.random.default_rng(SEED)
    for name, labels in (("realbogus", ("bogus", "real")), ("lightcurve", ("SNIa", "other"))):
        real = random.beta(2, 1, len(batch)).astype(np.float32)
        batch.learned[name] = Learned.probabilities(labels, np.stack([1 - real, real], axis=1))
    return batch, origin


def filter_set_of(filters: Sequence[ExpressionFilter], *, together: bool) -> FilterSet:
    """Judged together, or one by one in the plain way."""
    active = [
        ActiveFilter(
            each.name, "1", each.sha256, each.name, tuple(one.name for one in each.clauses)
        )
        for each in filters
    ]
    if together:
        return FilterSet((), active, expressions=filters)
    return FilterSet([each.selection(each.name) for each in filters], active)


def cpu_s(run: Callable[[], object]) -> float:
    """CPU seconds of this thread."""
    began = time.thread_time_ns()
    run()
    return (time.thread_time_ns() - began) / 1e9


def us_an_alert_a_filter(
    filter_set: FilterSet, batches: Sequence[AlertBatch], rounds: int
) -> float:
    """The median over rounds; each goes through a few batches."""
    for batch in batches:
        filter_set.judge(batch)
    times = [
        cpu_s(lambda: [filter_set.judge(batch) for batch in batches]) / len(batches)
        for _ in range(rounds)
    ]
    return median(times) * 1e6 / BATCH / len(filter_set.active)


class Parts(NamedTuple):
    """CPU µs a batch."""

    by_part: dict[str, float]
    whole: float


def parts(filter_set: FilterSet, batches: Sequence[AlertBatch]) -> Parts:
    """Where the time goes, each compiled loop by itself."""
    took: dict[str, list[float]] = {}
    with _watched(compiled, LOOPS, took), _watched(Program, ("judge", "_worked_out"), took):
        whole = us_an_alert_a_filter(filter_set, batches, ROUNDS) * BATCH * len(filter_set.active)
    us = {name: median(times) * 1e6 for name, times in took.items()}
    loops = [us[name] for name in LOOPS]
    return Parts(
        {
            "columns, functions, arithmetic": us["_worked_out"],
            "comparisons to bits": loops[0],
            "what was not measured": loops[1],
            "clauses joined and counted": loops[2] + loops[3],
            "calls between these": us["judge"] - us["_worked_out"] - sum(loops),
            "decisions": whole - us["judge"],
        },
        whole,
    )


@contextmanager
def _watched(owner: Any, names: Sequence[str], took: dict[str, list[float]]) -> Iterator[None]:  # noqa: ANN401
    """Note what calls of some functions take."""

    def watch(name: str) -> Callable[..., Any]:
        run, times = getattr(owner, name), took.setdefault(name, [])

        def watched(*given: Any) -> Any:  # noqa: ANN401
            began = time.thread_time_ns()
            found = run(*given)
            times.append((time.thread_time_ns() - began) / 1e9)
            return found

        return watched

    with ExitStack() as stack:
        for name in names:
            stack.enter_context(patch.object(owner, name, watch(name)))
        yield


class Columns:
    """A table of plain columns in memory, and nothing else."""

    def __init__(self, rows: int) -> None:
        random = np.random.default_rng(SEED)
        self._columns = {
            "magnitude": random.normal(19, 1, rows),
            "age_days": random.exponential(100, rows),
            "star_distance_arcsec": random.exponential(5, rows),
            "flux_njy": random.normal(500, 1000, rows),
            "survey_real_score": random.beta(2, 1, rows),
        }
        self._columns["survey_real_score"][random.random(rows) < 0.4] = np.nan

    def __len__(self) -> int:
        return len(self._columns["magnitude"])

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        raise AttributeError(f"{name} is asked by none of these clauses")

    def column(self, name: str) -> NDArray[Any]:
        return self._columns[name]


ONE = (
    "survey_real_score > 0.65",
    "flux_njy > 0",
    "age_days < 20",
    "~(star_distance_arcsec < 1.5)",
    "magnitude < 18.1",
)


def rows_a_second(rows: int) -> float:
    """One filter of five clauses over many rows in memory, on one core."""
    table, program = Columns(rows), Program([[read(text) for text in ONE]])
    return rows / median(cpu_s(lambda: program.judge(table)) for _ in range(PLAIN_ROUNDS))


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.filters", description=__doc__)
    options.add_argument("--rows", type=int, default=ROWS, help="of the columns in memory")
    chosen = options.parse_args()
    pin(cores().client)
    keep_freed_memory()
    console = Console(highlight=False)
    alerts, origin = alerts_of_a_night()
    filters = invent(alerts, max(SIZES))
    warm_up()
    batches = [alerts.take(np.arange(at, at + BATCH)) for at in range(0, 4 * BATCH, BATCH)]
    console.print(f"{len(alerts)} alerts, {origin}; {cores()}")
    console.print(_filters_line(alerts, filters))
    console.print(_sizes_table(filters, batches))
    console.print(_parts_table(parts(filter_set_of(filters, together=True), batches)))
    speed = rows_a_second(chosen.rows) / 1e6
    console.print(
        f"One filter of {len(ONE)} clauses over {chosen.rows / 1e6:g} million rows in memory:"
        f" {speed:.0f} million rows a second"
    )


def _filters_line(alerts: AlertBatch, filters: Sequence[ExpressionFilter]) -> str:
    nodes = [[clause.node for clause in each.clauses] for each in filters]
    built_ms = median(cpu_s(lambda: Program(nodes)) for _ in range(PLAIN_ROUNDS)) * 1e3
    program = Program(nodes)
    passing = len(program.judge(alerts).selected) / len(alerts) / len(filters)
    return (
        f"{len(filters)} filters of {CLAUSES} clauses, {100 * passing:.2f} % passing each; "
        f"{program.distinct} distinct parts, built in {built_ms:.0f} ms"
    )


def _sizes_table(filters: Sequence[ExpressionFilter], batches: Sequence[AlertBatch]) -> Table:
    table = _table(f"CPU µs an alert a filter, batches of {BATCH}", "filters loaded")
    for name in ("together", "one by one", "ratio"):
        table.add_column(name, justify="right")
    for size in SIZES:
        ours = us_an_alert_a_filter(filter_set_of(filters[:size], together=True), batches, ROUNDS)
        plain = us_an_alert_a_filter(
            filter_set_of(filters[:size], together=False), batches, PLAIN_ROUNDS
        )
        table.add_row(f"{size}", f"{ours:.4f}", f"{plain:.4f}", f"{plain / ours:.1f}")
    return table


def _parts_table(measured: Parts) -> Table:
    table = _table(f"Where the time goes, {max(SIZES)} filters together", "part")
    for name in ("µs a batch", "share"):
        table.add_column(name, justify="right")
    for part, us in measured.by_part.items():
        table.add_row(part, f"{us:.0f}", f"{100 * us / measured.whole:.0f} %")
    table.add_row("all", f"{measured.whole:.0f}", "100 %")
    return table


def _table(title: str, rows: str) -> Table:
    table = Table(title=title, title_justify="left", min_width=WIDTH)
    table.add_column(rows, ratio=1)
    return table


if __name__ == "__main__":
    main()
