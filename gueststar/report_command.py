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
    from gueststar.reporting.making import make

    asked = (nights or night or "").replace("..", ":")
    page = out or Path(f"report-{asked.replace(':', '-')}.html")
    alerts = make(lake, asked, page, config=config, pdf=pdf, objective_s=objective)
    typer.echo(f"{page} tells of {alerts:,} alerts")
    if pdf is not None:
        typer.echo(f"{pdf} is the same as a PDF")


def reports(
    config: Annotated[Path, typer.Argument(metavar="CONFIG.toml", help="The broker's.")],
    *,
    once: Annotated[bool, typer.Option(help="Write what is due now, and end.")] = False,
) -> None:
    """Write each night's report once its morning has come, and each week's, until stopped."""
    from gueststar.reporting.mornings import keep

    keep(config, once=once)
