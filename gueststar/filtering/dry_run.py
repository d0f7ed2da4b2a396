"""`gueststar filter test`: a filter run over an archive before it is deployed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from broker.deployments.records import DryRun
from broker.errors import TopicMissing
from filters.alerts import Table
from gueststar.configured import settings_of
from gueststar.filtering.candidates import Candidate, candidates
from gueststar.filtering.deployed import active
from gueststar.filtering.place import place_of
from gueststar.filtering.records import keep
from gueststar.filtering.report import Report, ReportBuilder, Run
from gueststar.filtering.scorecard import Scorecard
from gueststar.filtering.sources import Nights, Source, kept, opened
from gueststar.filtering.terminal import show
from lake.simulated.truth import read_truth
from replay.progress import bar
from schemas.errors import ArchiveError, FilterError
from sky.catalogues import Sky
from sky.configuration import open_sky


def dry_run(
    what: str,
    *,
    archive: Path,
    nights: Sequence[str] = (),
    page: Path | None = None,
    truth: Path | None = None,
    config: Path | None = None,
    bootstrap: str | None = None,
    console: Console | None = None,
) -> tuple[DryRun, ...]:
    """Judge every alert of an archive, show the report, and keep a record.

    `what` is a built-in filter's name or the path of a .py, .toml or .filter file; a file of
    several filters gives a record each. `archive` is a lake (`gueststar archive`), a packet, a
    folder of packets or a tar archive. `nights` are of a lake: "20231018", or a range
    "20231001:20231031"; none means all. `page` is where the HTML page goes. `config` names the
    regions and watchlists. With `bootstrap` each filter is compared with the version of its name
    that is live there. `truth` is a table that says what objects or alerts are
    (`lake.simulated.truth`): completeness and purity are then told by class. Raises FilterError for
    a filter that cannot be loaded or does not run, ArchiveError for an archive or a table that
    cannot be read.
    """
    console = console or Console()
    settings, asked = settings_of(config), candidates(what)
    sky = open_sky(settings.filters.regions, settings.filters.watchlists)
    source = opened(archive, nights, schemas=settings.schemas.folder)
    live = _live(asked, config, bootstrap) if bootstrap else {}
    known = read_truth(truth) if truth else None
    builders = [
        ReportBuilder(
            each,
            lambda rows: kept(rows, source.decoder),
            sky=sky,
            live=live.get(each.name),
            card=Scorecard(known) if known else None,
        )
        for each in asked
    ]
    with bar(console, source.path.name, source.size) as tell:
        go_through(source, builders, sky, tell)
    run = Run(archive, nights, source.sha256, source.rejected, source.has_stamps, time.time())
    reports = [each.report() for each in builders]
    for each in reports:
        show(each, run, console)
    if page is not None:
        _write_page(reports, run, page, console)
    return tuple(recorded(each, run) for each in reports)


def _live(asked: Iterable[Candidate], config: Path | None, bootstrap: str) -> dict[str, Candidate]:
    """By name the version that is live."""
    try:
        found = place_of(config, bootstrap).register()
    except TopicMissing:  # nothing was ever deployed there
        return {}
    pairs = ((each.name, active(found, each.name)) for each in asked)
    return {name: version for name, version in pairs if version is not None}


def go_through(
    source: Source,
    builders: Sequence[ReportBuilder],
    sky: Sky,
    tell: Callable[[float, int], None],
) -> None:
    """Every table to every filter; `tell` hears how far it is of `source.size`, and of how many
    alerts. Raises ArchiveError where there is no alert.
    """
    asked = [each.candidate for each in builders]
    with_stamps = isinstance(source, Nights) and _reads_stamps(source.nothing, asked, sky)
    alerts = 0
    for table in source.tables(with_stamps=with_stamps):
        if not alerts:
            _reads_stamps(table.take(np.arange(0)), asked, sky)
        for each in builders:
            each.add(table)
        alerts += len(table)
        tell(source.done, alerts)
    if not alerts:
        raise ArchiveError(f"{source.path} holds no alert that can be decoded")


def _reads_stamps(nothing: Table, asked: Iterable[Candidate], sky: Sky) -> bool:
    """Whether a filter reads stamps, from a run on no alerts at all.

    Raises FilterError for what no alert could make right, as a misspelt column.
    """
    for each in asked:
        decision = each.selection.evaluate(nothing, sky)
        if decision.faults:
            raise FilterError(decision.faults[0].message)
    return "stamps" in vars(nothing)


def recorded(report: Report, run: Run) -> DryRun:
    """What is kept of a dry run, and written to its file."""
    waterfall = report.waterfall
    record = DryRun(
        str(run.archive.resolve()),
        run.sha256,
        waterfall.alerts,
        waterfall.selected,
        waterfall.pass_rate,
        report.ahead.found,
        run.unix_s,
    )
    keep(report.candidate.sha256, record)
    return record


def _write_page(reports: Sequence[Report], run: Run, page: Path, console: Console) -> None:
    from gueststar.filtering.page import html  # noqa: PLC0415 - it loads matplotlib

    try:
        page.write_text(html(reports, run), encoding="utf-8")
    except OSError as error:
        raise ArchiveError(f"the page {page} cannot be written: {error.strerror}") from error
    console.print(f"the page is {page}", markup=False, highlight=False, soft_wrap=True)
