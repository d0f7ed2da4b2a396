"""A dry run's findings in the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from gueststar.alert import Alert
from gueststar.filtering.findings import BATCH, Comparison, Findings, Run, Traffic
from gueststar.filtering.waterfall import Step
from gueststar.table import class_text, plain_table, real_score, score_text

BAR_COLUMNS = 12
NIGHTS_SHOWN = 14
"""Nights in the table; of more, those with the most alerts selected."""


def tell(found: Findings, run: Run, console: Console) -> None:
    """Print what was found of one filter."""
    for part in parts(found, run):
        console.print(part)
        console.print()


def parts(found: Findings, run: Run) -> Iterator[RenderableType]:
    """The report, from the answer to the details."""
    yield Text(f"{found.candidate.name} ({found.candidate.origin})", style="bold")
    yield Text("\n".join(summary(found, run)))
    yield waterfall_table(found)
    yield Text("\n".join(ahead_lines(found)), style="red" if found.ahead.found else "green")
    if found.comparison:
        yield Text(comparison_line(found.comparison))
    if found.troubles:
        yield Text("\n".join(trouble_lines(found)), style="red")
    yield nights_table(found)
    if found.objects:
        yield objects_table(found)
    if found.examples:
        yield Text(f"{len(found.examples)} of the alerts selected, drawn by lot")
        yield examples_table(found.examples)


def summary(found: Findings, run: Run) -> Iterator[str]:
    """What passed, what that is a night, and what it costs."""
    waterfall, nights = found.waterfall, found.nights.values()
    count = len(found.nights)
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
        f"cost: {found.cost_us:.2f} µs an alert in batches of {BATCH}; over this archive"
        f" {found.alerts_per_s:,.0f} alerts a second"
    )
    if run.rejected:
        yield f"{run.rejected:,} packets are no alerts and were left out"
    if not run.has_stamps:
        yield "the archive holds no packets, so examples have no stamps"


def waterfall_table(found: Findings) -> Table:
    """A row a clause: how many reach it, and how many go on."""
    table = plain_table()
    table.add_column("clause", no_wrap=True)
    table.add_column("")
    for name in ("reached", "refused", "unknown", "go on", "alone"):
        table.add_column(name, justify="right", no_wrap=True)
    alerts = max(found.waterfall.alerts, 1)
    for step in found.waterfall.steps:
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


def ahead_lines(found: Findings) -> Iterator[str]:
    """Whether it looks ahead."""
    yield "looks ahead:" if found.ahead.found else "does not look ahead:"
    yield from (f"  {line}" for line in found.ahead.sentences)


def comparison_line(one: Comparison) -> str:
    """Beside the version that is live."""
    return (
        f"beside {one.version}, which is live: {one.both:,} alerts selected by both,"
        f" {one.only_live:,} by that alone, {one.only_new:,} by this alone"
    )


def trouble_lines(found: Findings) -> Iterator[str]:
    """What was raised, and on which alerts."""
    yield f"{found.waterfall.at_fault:,} alerts made it raise:"
    for message, trouble in found.troubles.items():
        ids = ", ".join(map(str, trouble.ids))
        more = ", …" if trouble.alerts > len(trouble.ids) else ""
        yield f"  {message}: {trouble.alerts:,} alerts ({ids}{more})"


def nights_table(found: Findings) -> Table:
    """A row a night."""
    table = plain_table()
    table.add_column("night", no_wrap=True)
    for name in ("alerts", "selected", "full MB", "lite MB"):
        table.add_column(name, justify="right", no_wrap=True)
    shown = shown_nights(found)
    for night in shown:
        table.add_row(night, *night_cells(found.nights[night]))
    if len(found.nights) > len(shown):
        table.add_row(f"and {len(found.nights) - len(shown):,} more")
    return table


def shown_nights(found: Findings) -> list[str]:
    """The nights of which the most was selected, in order."""
    most = sorted(found.nights, key=lambda night: -found.nights[night].selected)
    return sorted(most[:NIGHTS_SHOWN])


def night_cells(one: Traffic) -> tuple[str, ...]:
    """A night's counts and megabytes."""
    megabytes = (f"{size / 1e6:,.2f}" for size in (one.bytes_full, one.bytes_lite))
    return (f"{one.alerts:,}", f"{one.selected:,}", *megabytes)


def objects_table(found: Findings) -> Table:
    """The objects that were selected most often."""
    table = plain_table()
    table.add_column("object", no_wrap=True)
    table.add_column("selected", justify="right")
    for name, count in found.objects:
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
