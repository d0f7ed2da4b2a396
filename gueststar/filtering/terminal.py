"""A dry run's report in the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from gueststar.alert import Alert
from gueststar.filtering.report import BATCH, Comparison, Report, Run, Traffic
from gueststar.filtering.scorecard import scorecard_table
from gueststar.filtering.waterfall import Step
from gueststar.table import class_text, plain_table, real_score, score_text

BAR_COLUMNS = 12
NIGHTS_SHOWN = 14
"""Nights in the table; of more, those with the most alerts selected."""


def show(report: Report, run: Run, console: Console) -> None:
    for part in parts(report, run):
        console.print(part)
        console.print()


def parts(report: Report, run: Run) -> Iterator[RenderableType]:
    """The report, from the answer to the details."""
    yield Text(f"{report.candidate.name} ({report.candidate.origin})", style="bold")
    yield Text("\n".join(summary(report, run)))
    yield waterfall_table(report)
    if report.card:
        yield scorecard_table(report.card)
        if report.card.unknown:
            yield Text(f"{report.card.unknown:,} selected alerts are not in the table of truth")
    yield Text("\n".join(ahead_lines(report)), style="red" if report.ahead.found else "green")
    if report.comparison:
        yield Text(comparison_line(report.comparison))
    if report.troubles:
        yield Text("\n".join(trouble_lines(report)), style="red")
    yield nights_table(report)
    if report.objects:
        yield objects_table(report)
    if report.examples:
        yield Text(f"{len(report.examples)} of the alerts selected, drawn at random")
        yield examples_table(report.examples)


def summary(report: Report, run: Run) -> Iterator[str]:
    """What passed, what that is a night, and what it costs."""
    waterfall, nights = report.waterfall, report.nights.values()
    count = len(report.nights)
    yield (
        f"{waterfall.selected:,} of {waterfall.alerts:,} alerts selected, "
        f"{percent(waterfall.pass_rate)}, of {count} {'night' if count == 1 else 'nights'}"
    )
    full, lite = (
        sum(getattr(each, name) for each in nights) for name in ("bytes_full", "bytes_lite")
    )
    yield (
        f"a night: {waterfall.selected / count:,.1f} alerts, {full / count / 1e6:,.2f} MB as full"
        f" records, {lite / count / 1e6:,.2f} MB as lite ones"
    )
    yield (
        f"cost: {report.cost_us:.2f} µs an alert in batches of {BATCH}; over this archive"
        f" {report.alerts_per_s:,.0f} alerts a second"
    )
    if run.rejected:
        yield f"{run.rejected:,} packets are no alerts and were left out"
    if not run.has_stamps:
        yield "the archive holds no packets, so examples have no stamps"


def waterfall_table(report: Report) -> Table:
    """A row a clause: how many reach it, and how many go on."""
    table = plain_table()
    table.add_column("clause", no_wrap=True)
    table.add_column("")
    for name in ("reached", "refused", "unknown", "go on", "alone"):
        table.add_column(name, justify="right", no_wrap=True)
    alerts = max(report.waterfall.alerts, 1)
    for step in report.waterfall.steps:
        table.add_row(*step_cells(step, alerts))
    return table


def step_cells(step: Step, alerts: int) -> tuple[RenderableType, ...]:
    """One clause; `alone` is what it would let pass if it were asked alone."""
    filled = math.ceil(step.passed / alerts * BAR_COLUMNS)
    counts = (step.reached, step.refused, step.unknown, step.passed)
    bar = Text("█" * filled, style="cyan")
    bar.append("░" * (BAR_COLUMNS - filled), style="dim")
    return (
        Text(step.clause),
        bar,
        *(f"{count:,}" for count in counts),
        percent(step.alone / alerts),
    )


def ahead_lines(report: Report) -> Iterator[str]:
    yield "looks ahead:" if report.ahead.found else "does not look ahead:"
    yield from (f"  {line}" for line in report.ahead.sentences)


def comparison_line(one: Comparison) -> str:
    return (
        f"beside {one.version}, which is live: {one.both:,} alerts selected by both,"
        f" {one.only_live:,} by that alone, {one.only_new:,} by this alone"
    )


def trouble_lines(report: Report) -> Iterator[str]:
    yield f"{report.waterfall.at_fault:,} alerts made it raise:"
    for message, trouble in report.troubles.items():
        ids = ", ".join(map(str, trouble.ids))
        more = ", …" if trouble.alerts > len(trouble.ids) else ""
        yield f"  {message}: {trouble.alerts:,} alerts ({ids}{more})"


def nights_table(report: Report) -> Table:
    table = plain_table()
    table.add_column("night", no_wrap=True)
    for name in ("alerts", "selected", "full MB", "lite MB"):
        table.add_column(name, justify="right", no_wrap=True)
    shown = shown_nights(report)
    for night in shown:
        table.add_row(night, *night_cells(report.nights[night]))
    if len(report.nights) > len(shown):
        table.add_row(f"and {len(report.nights) - len(shown):,} more")
    return table


def shown_nights(report: Report) -> list[str]:
    """The nights of which the most was selected, in order."""
    most = sorted(report.nights, key=lambda night: -report.nights[night].selected)
    return sorted(most[:NIGHTS_SHOWN])


def night_cells(one: Traffic) -> tuple[str, ...]:
    megabytes = (f"{size / 1e6:,.2f}" for size in (one.bytes_full, one.bytes_lite))
    return (f"{one.alerts:,}", f"{one.selected:,}", *megabytes)


def objects_table(report: Report) -> Table:
    table = plain_table()
    table.add_column("object", no_wrap=True)
    table.add_column("selected", justify="right")
    for name, count in report.objects:
        table.add_row(Text(name), f"{count:,}")
    return table


def examples_table(examples: Sequence[Alert]) -> Table:
    """A row an example, with the id by which `gueststar why` knows it."""
    table = plain_table()
    for name in ("object", "alert", "mag", "real", "class"):
        numbers = name in {"mag", "real"}
        table.add_column(name, justify="right" if numbers else "left", no_wrap=True)
    for alert in examples:
        table.add_row(
            Text(alert.object_id),
            str(alert.alert_id),
            f"{alert.magnitude:.2f} {alert.band}",
            score_text(real_score(alert)),
            class_text(alert),
        )
    return table


def percent(fraction: float) -> str:
    """A fraction as a percentage of three digits, so that a rare thing is no zero."""
    value = 100 * fraction
    if value == 0 or value >= 10:
        return f"{value:.1f} %"
    return f"{value:.{min(6, 1 - math.floor(math.log10(value)))}f} %"
