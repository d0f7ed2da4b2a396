"""`gueststar messenger …`: what each command takes."""

# Each command imports its own room: `gueststar messenger --help` must not wait for all of them.
# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gueststar.filtering.command import Bootstrap, Config

app = typer.Typer(
    help="Events of other messengers: listen for them, look at them, search a lake for them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Event = Annotated[
    str,
    typer.Argument(metavar="EVENT", help="An event's name, or the file of a notice or a sky map."),
]
Mock = Annotated[bool, typer.Option("--mock", help="Of mock events, which are kept apart.")]
PICTURE = "A picture of its map: .png, .svg, .pdf."


@app.command("list")
def list_(*, mock: Mock = False, config: Config = None, bootstrap: Bootstrap = None) -> None:
    """List the events that are known, the newest first."""
    from gueststar.messengers.listing import tell_all
    from gueststar.messengers.place import newest

    tell_all(newest(config, bootstrap, mock=mock))


@app.command()
def show(
    event: Event,
    *,
    raw: Annotated[bool, typer.Option("--raw", help="The notice as it came.")] = False,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help=PICTURE)] = None,
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Show an event: its newest notice, and where it was."""
    from gueststar.messengers.listing import tell
    from gueststar.messengers.place import event_named

    tell(event_named(event, config, bootstrap), raw=raw, to=to)


@app.command()
def read(
    file: Annotated[Path, typer.Argument(help="A notice (JSON), or a sky map (FITS).")],
    *,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help=PICTURE)] = None,
) -> None:
    """Read a file as the listener would, and say what stands in it."""
    from gueststar.messengers.listing import tell
    from gueststar.messengers.place import read_file

    tell(read_file(file), to=to)


@app.command()
def search(
    event: Event,
    lake: Annotated[Path, typer.Argument(help="What `gueststar archive` or `lake write` wrote.")],
    *,
    level: Annotated[float, typer.Option(help="Of the credible region, 0 to 1.")] = 0.9,
    days: Annotated[float, typer.Option(help="After the event.")] = 14.0,
    filter_: Annotated[
        str | None,
        typer.Option("--filter", metavar="FILTER", help="Such alerts alone: a file, a built-in."),
    ] = None,
    nights: Annotated[
        list[str] | None, typer.Option(help="20231018, or 20231001:20231031; else all.")
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A table (.csv, .parquet, .vot), or a picture (.png)."),
    ] = None,
    notice: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Our own notice of them, in GCN's schema; not sent."),
    ] = None,
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Find the alerts of a lake in an event's region, and say how many are there by chance."""
    from gueststar.messengers.place import event_named
    from gueststar.messengers.sought import Asked, seek

    asked = Asked(lake, tuple(nights or ()), level, days, filter_)
    seek(event_named(event, config, bootstrap), asked, to=to, notice=notice)


@app.command()
def listen(
    config: Annotated[
        Path, typer.Argument(metavar="CONFIG.toml", help="The broker's; see [messengers].")
    ],
) -> None:
    """Take notices as they come and keep them, until it is told to stop."""
    from gueststar.messengers.place import listen as listen_live

    listen_live(config)
