"""`gueststar report NIGHT`: what a night brought, as a page to be read in the morning."""

# The command imports its room when it runs: `gueststar --help` shall not load a compiler.
# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from broker.errors import SettingsError

OBJECTIVE_S = 1.0
"""Within which 99 % of alerts shall be published once they were received."""


def report(
    night: Annotated[
        str | None, typer.Argument(metavar="NIGHT", help="20231018, as its survey dates it.")
    ] = None,
    *,
    lake: Annotated[Path, typer.Option(help="What `gueststar lake write` or `archive` wrote.")],
    nights: Annotated[
        str | None, typer.Option(metavar="A..B", help="Several: 20231016..20231022.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="CONFIG.toml", help="The broker's: ledger, dead letters, requests."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Else report-NIGHT.html.")
    ] = None,
    pdf: Annotated[
        Path | None, typer.Option(metavar="FILE.pdf", help="The same as a PDF, by chromium.")
    ] = None,
    objective: Annotated[
        float, typer.Option(min=0.001, help="Seconds within which 99 % shall be published.")
    ] = OBJECTIVE_S,
) -> None:
    """Write what a night brought as one page: finds, sky, latencies, accounts, what is missing."""
    if (night is None) == (nights is None):
        raise SettingsError("name one night as 20231018, or several as --nights 20231016..20231022")
    from gueststar.reporting.facts import facts_of
    from gueststar.reporting.known import known_of
    from gueststar.reporting.page import html
    from gueststar.reporting.printing import print_page

    asked = (nights or night or "").replace("..", ":")
    facts = facts_of(lake, [asked])
    known = known_of(config, facts) if config else None
    page = out or Path(f"report-{asked.replace(':', '-')}.html")
    page.write_text(html(facts, known, objective_s=objective), encoding="utf-8")
    typer.echo(f"{page} tells of {sum(each.alerts for each in facts.surveys):,} alerts")
    if pdf is not None:
        print_page(page, pdf)
        typer.echo(f"{pdf} is the same as a PDF")
