"""`gueststar lake …`: what is made of a lake that stands."""

# Each command imports its own room: `gueststar lake --help` must not wait for all of them.
# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Make other things of a lake.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def lake() -> None:
    """Make other things of a lake."""


@app.command()
def hats(
    lake: Annotated[Path, typer.Argument(help="What `gueststar archive` wrote.")],
    *,
    to: Annotated[
        Path, typer.Option(metavar="CATALOGUE", help="The folder to make; its name is its own.")
    ],
    nights: Annotated[
        list[str] | None, typer.Option(help="20231018, or 20231001:20231031; else all.")
    ] = None,
) -> None:
    """Write the alerts as a HATS catalogue, which LSDB and others open."""
    from gueststar.release import __version__
    from lake.hats import write_hats
    from lake.reading import Lake

    written = write_hats(Lake(lake, nights or ()), to, version=__version__)
    typer.echo(f"{written.alerts:,} alerts in {written.cells:,} cells stand in {to}")
    if written.placeless:
        typer.echo(f"{written.placeless:,} alerts without a position were left out")
