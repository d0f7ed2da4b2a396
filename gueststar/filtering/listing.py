"""`gueststar filter list` and `history`: what is deployed, by whom, and how it came to be."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from broker.deployments.records import Change, State, Version
from broker.deployments.register import Register
from gueststar.filtering.deployment import moment, newest
from gueststar.table import plain_table

STYLES = {State.LIVE: "green", State.PAUSED: "yellow", State.REMOVED: "dim"}


def listed(register: Register, *, removed: bool) -> list[Version]:
    """The newest version of each filter; those removed where asked for."""
    states = {*State} if removed else {State.LIVE, State.PAUSED}
    return [each for each in register.latest.values() if register.change(each).state in states]


def filter_table(register: Register, *, removed: bool = False) -> Table:
    table = plain_table()
    for name in ("filter", "version", "status", "topic", "form"):
        table.add_column(name, no_wrap=True)
    table.add_column("dry run", justify="right", no_wrap=True)
    for name in ("by", "since, UTC"):
        table.add_column(name, no_wrap=True)
    table.add_column("reason", ratio=1)
    for version in listed(register, removed=removed):
        name, number, state, *others = cells(register, version)
        table.add_row(name, number, Text(state, style=STYLES[State(state)]), *others)
    return table


def filter_lines(register: Register, *, removed: bool = False) -> Iterator[str]:
    """The same for a pipe: a line a filter, tabs between."""
    return ("\t".join(cells(register, each)) for each in listed(register, removed=removed))


def cells(register: Register, version: Version) -> tuple[str, ...]:
    """A filter's row, in the order of the table's columns."""
    now = register.change(version)
    return (
        *(version.name, str(version.version), now.state, version.topic, version.form),
        *(pass_rate(version), now.by, moment(now.unix_s), why(version, now)),
    )


def why(version: Version, now: Change) -> str:
    """Why it stands as it does; of one that was forced, what was overridden."""
    if now.state is State.LIVE and version.forced:
        return f"forced: {'; '.join(version.overridden)}"
    return now.reason


def pass_rate(version: Version) -> str:
    return "none" if version.dry_run is None else f"{version.dry_run.pass_rate:.2%}"


def history(register: Register, name: str) -> Iterator[str]:
    """Every version of a filter and what was changed of it, the oldest first, line by line.

    Raises FilterError where no filter has that name.
    """
    newest(register, name)
    before: Version | None = None
    for version in register.versions(name):
        yield (
            f"version {version.version}  {moment(version.deployed_unix_s)}  deployed by"
            f" {version.by}  {version.form}  {version.sha256[:12]}"
        )
        yield from (f"  {line}" for line in _particulars(version))
        yield from (f"  {line}" for line in changed_clauses(before, version))
        for each in register.changes(version):
            how = f"by {each.by} ({each.cause}): {each.reason}"
            yield f"  {each.state}  {moment(each.unix_s)}  {how}"
        before = version


def _particulars(version: Version) -> Iterator[str]:
    run = version.dry_run
    yield (
        "no dry run"
        if run is None
        else f"dry run: {run.selected:,} of {run.alerts:,} alerts selected, {run.pass_rate:.2%},"
        f" of {run.archive}"
    )
    yield from (f"forced: {each}" for each in version.overridden)
    if version.catalogues:
        yield f"asks {', '.join(version.catalogues)}"


def changed_clauses(before: Version | None, version: Version) -> Iterator[str]:
    """What a version asks that the one before did not, and the reverse, clause by clause."""
    old, new = before.clauses if before else {}, version.clauses
    for clause, text in old.items():
        if new.get(clause) != text:
            yield f"- {clause}: {text}"
    for clause, text in new.items():
        if old.get(clause) != text:
            yield f"+ {clause}: {text}"
    if before is not None and old == new and [*old] != [*new]:
        yield f"~ the clauses are asked in another order: {', '.join(new)}"
    if before is not None and before.form != version.form:
        yield f"~ its records are {version.form}, and were {before.form}"
