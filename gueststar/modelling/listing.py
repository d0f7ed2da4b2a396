"""Deployed models, comparisons, confusions and drift, as they are told on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import typer
from rich.console import Console
from rich.table import Table

from broker.models.labelled import Marks
from broker.models.records import Change, Comparison, Gate, ModelVersion, State
from broker.models.register import ModelRegister
from classifiers.drift import Drift
from gueststar.filtering.deployment import moment
from gueststar.modelling.deployment import called, chosen
from gueststar.modelling.past import Past
from gueststar.table import plain_table

COLUMNS = ("model", "version", "file says", "status", "sha256", "by", "since, UTC", "reason")
REPLACED = "replaced"
"""In place of live: another was promoted since, and a rollback returns to this one."""


def model_rows(register: ModelRegister, *, everything: bool) -> Iterator[tuple[str, ...]]:
    """A row a version, in the order of COLUMNS; those retired where asked for."""
    for version in register.all:
        now = register.change(version)
        if now.state is State.RETIRED and not everything:
            continue
        is_replaced = now.state is State.LIVE and register.serving(version.name) != version
        state = REPLACED if is_replaced else str(now.state)
        yield (
            *(version.name, str(version.version), version.model_version, state),
            *(version.sha256[:12], now.by, moment(now.unix_s), why(now)),
        )


def why(now: Change) -> str:
    """Why it stands as it does; of what was forced, that it was."""
    forced = now.promotion.forced if now.promotion else ""
    return f"forced: {forced}" if forced else now.reason


def show(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; lines divided by tabs where the output is no terminal."""
    console = Console()
    if console.is_terminal:
        console.print(_table_of(columns, rows))
        return
    for row in rows:
        typer.echo("\t".join(row))


def _table_of(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = plain_table()
    for name in columns:
        table.add_column(name, no_wrap=name != columns[-1])
    for row in rows:
        table.add_row(*row)
    return table


def comparison_lines(version: ModelVersion, found: Comparison) -> Iterator[str]:
    """What a promotion would hold, line by line."""
    yield (
        f"{version.name} version {version.version} ({version.model_version}) beside"
        f" {found.against} ({found.against_sha256[:12]}): {found.alerts:,} alerts"
    )
    yield f"  same most probable label: {_percent(found.agreement)}"
    yield f"  declines {found.declined:.2%}, the live one {found.declined_against:.2%}"
    yield f"  costs {found.cost_us:.1f} µs of CPU an alert beside the live one"
    median, most = found.latency_ms_p50, found.latency_ms_p99
    yield f"  a batch takes {median:.1f} ms, one in a hundred {most:.1f}"
    yield f"  raised on {found.faults:,} alerts"
    if found.marks and found.marks_against:
        yield f"  {_marks(found.marks)}"
        yield f"  the live one: {_marks(found.marks_against)}"
    else:
        yield "  none of these alerts has a label yet"


def gate_lines(gates: Sequence[Gate]) -> Iterator[str]:
    """Each gate, and whether it is passed."""
    for each in gates:
        found = "unknown" if each.found is None else f"{each.found:.4g}"
        yield f"  {'passed' if each.passed else 'FAILED'}  {each.name}: {found} ({each.limit:g})"


def history_lines(register: ModelRegister, name: str) -> Iterator[str]:
    """Every version of a model and what was changed of it, the oldest first.

    Of a promotion, what it holds. Raises ModelError where none of that name was deployed.
    """
    chosen(register, name, None, [*State])
    for version in register.versions(name):
        yield (
            f"{called(version)}  {moment(version.deployed_unix_s)}  deployed by {version.by} "
            f" {version.sha256[:12]}  {version.place}, {version.card}"
        )
        for each in register.changes(version):
            how = f"by {each.by} ({each.cause}): {each.reason}"
            yield f"  {each.state}  {moment(each.unix_s)}  {how}"
            if each.promotion is not None and each.promotion.comparison is not None:
                lines = comparison_lines(version, each.promotion.comparison)
                yield from (f"    {line}" for line in lines)
                yield from (f"    {line}" for line in gate_lines(each.promotion.gates))


def confusion_lines(past: Past) -> Iterator[str]:
    """A version's confusion: a row a label, a column a most probable label."""
    yield f"{past.name} {past.model_version} ({past.sha256[:12]}), {past.what}:"
    if past.marks is None:
        yield "  none of its alerts has a label yet"
        return
    yield f"  {_marks(past.marks)}"
    names = [*past.labels, "declined"]
    yield "\t".join(("  is \\ said", *names))
    for label, row in zip(past.labels, past.confusion.tolist(), strict=True):
        if any(row):
            yield "\t".join((f"  {label}", *map(str, row)))


def drift_rows(
    found: Iterable[tuple[int, Drift]], *, everything: bool
) -> Iterator[tuple[str, ...]]:
    """A row a night and statistic: what is flagged, or everything."""
    for night, each in found:
        if each.is_flagged or everything:
            yield (
                *(str(night), each.group, each.column, each.statistic, f"{each.value:.3f}"),
                *(f"{each.threshold:.3f}", f"{each.alerts:,}", "DRIFT" if each.is_flagged else ""),
            )


DRIFT_COLUMNS = ("night", "survey/band", "column", "statistic", "value", "at most", "alerts", "")


def _marks(marks: Marks) -> str:
    return (
        f"{marks.alerts:,} labelled alerts of {marks.objects:,} objects: mean recall"
        f" {marks.recall:.3f}, log loss {marks.log_loss:.3f}, calibration error"
        f" {marks.calibration_error:.3f}"
    )


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.2%}"
