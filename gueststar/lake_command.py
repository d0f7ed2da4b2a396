"""`gueststar lake …`: a lake written live, kept as it is, and what is made of one that stands."""

# Each command imports its own room: `gueststar lake --help` must not wait for all of them.
# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Write a lake live, freeze its nights, make other things of it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def lake() -> None:
    """Write a lake live, freeze its nights, make other things of it."""


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


@app.command()
def write(
    config: Annotated[
        Path, typer.Argument(metavar="CONFIG.toml", help="The broker's; [lake] says where and how.")
    ],
    *,
    over_gaps: Annotated[
        bool,
        typer.Option(
            "--over-gaps", help="Leave out, once, what the topic's retention forgot meanwhile."
        ),
    ] = False,
) -> None:
    """Keep every enriched alert as it comes, once, until it is told to stop."""
    from gueststar.lake_service import write_live

    write_live(config, over_gaps=over_gaps)


@app.command()
def freeze(
    lake: Annotated[Path, typer.Argument(help="What `gueststar lake write` wrote.")],
    night: Annotated[str, typer.Argument(metavar="NIGHT", help="20231018")],
) -> None:
    """Have a night's rows stay as they are, with a checksum of them."""
    from lake.freezing import freeze as freeze_night

    frozen = freeze_night(lake, night)
    typer.echo(f"{night}: {frozen.rows:,} alerts are frozen, checksum {frozen.checksum}")


@app.command()
def verify(
    lake: Annotated[Path, typer.Argument(help="What `gueststar lake write` wrote.")],
) -> None:
    """Say whether a lake's log is whole, and frozen nights are what they were: else status 1."""
    from gueststar.lake_service import report

    if not report(lake):
        raise typer.Exit(1)
