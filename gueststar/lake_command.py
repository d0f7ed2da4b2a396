"""`gueststar lake …`: a lake written live and kept as it is, asked, drawn, made other things of."""

# Each command imports its own room: `gueststar lake --help` must not wait for all of them.
# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gueststar.lake_discovery import DISCOVERY
from gueststar.lake_exports import COMMANDS, Lake

app = typer.Typer(
    help="Write a lake live, ask it, freeze its nights, make other things of it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Nights = Annotated[list[str] | None, typer.Option(help="20231018, or 20231001:20231031; else all.")]
TABLES = "A table to write: .csv, .parquet, .vot (VOTable)."
To = Annotated[Path | None, typer.Option(metavar="FILE", help=TABLES)]


@app.callback()
def lake() -> None:
    """Write a lake live, ask it, freeze its nights, make other things of it.

    On a terminal an answer is a table; in a pipe all of it is CSV.
    """


@app.command()
def nights(lake: Lake, *, to: To = None) -> None:
    """Say which nights it holds, and how much of each."""
    from gueststar.lake_listing import tell
    from gueststar.open_lake import OpenLake

    tell(OpenLake(lake).nights(), to)


@app.command("object")
def object_(
    lake: Lake,
    object_id: Annotated[str, typer.Argument(metavar="OBJECT", help="ZTF18abcdefg, say.")],
    *,
    light_curve: Annotated[
        bool, typer.Option("--light-curve", help="Its points instead, each exposure once.")
    ] = False,
    revisions: Annotated[
        bool, typer.Option("--revisions", help="Its verdicts that were revised, old beside new.")
    ] = False,
    nights: Nights = None,
    schemas: Annotated[
        Path | None, typer.Option(help="The folder of writer schemas, for stamps of bare records.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help=f"{TABLES[:-1]}; or a picture: .png, .svg.")
    ] = None,
) -> None:
    """Show an object: all its alerts, and its light curve from all of them."""
    from gueststar.lake_listing import show_object, tell
    from gueststar.open_lake import OpenLake

    opened = OpenLake(lake, nights or (), schemas=schemas)
    if revisions:
        tell(opened.revisions(object_id), to)
        return
    show_object(opened, object_id, light_curve=light_curve, to=to)


# A declination may begin with a minus, which shall not be taken for an option.
@app.command(context_settings={"ignore_unknown_options": True})
def cone(
    lake: Lake,
    ra: Annotated[float, typer.Argument(help="Right ascension, ICRS, degrees.")],
    dec: Annotated[float, typer.Argument(help="Declination, ICRS, degrees.")],
    radius: Annotated[str, typer.Argument(help="5arcsec, 2arcmin or 1deg; the border is in it.")],
    *,
    nights: Nights = None,
    to: To = None,
) -> None:
    """List the alerts around a place, the nearest first."""
    from gueststar.lake_listing import tell
    from gueststar.open_lake import OpenLake

    tell(OpenLake(lake, nights or ()).cone(ra, dec, radius), to)


@app.command()
def sql(
    lake: Lake,
    statement: Annotated[str, typer.Argument(metavar="SELECT", help="One SELECT, as DuckDB has.")],
    *,
    nights: Nights = None,
    rows: Annotated[int, typer.Option(min=1, help="Of the answer; it is cut there.")] = 100_000,
    seconds: Annotated[float, typer.Option(min=0.1, help="Then it is stopped.")] = 60,
    memory_mib: Annotated[int, typer.Option(min=512, help="Of its process.")] = 2048,
    to: To = None,
) -> None:
    """Answer a SELECT over the views alerts, light_curves, nights, revisions and variability.

    `DESCRIBE alerts` names the columns; what each means is in the comments of duckdb_columns().
    """
    from gueststar.lake_listing import tell
    from gueststar.open_lake import OpenLake
    from lake.sql import SqlLimits

    limits = SqlLimits(rows_max=rows, seconds_max=seconds, memory_bytes_max=memory_mib * 2**20)
    tell(OpenLake(lake, nights or ()).sql(statement, limits), to)


@app.command()
def sky(
    lake: Lake,
    night: Annotated[str, typer.Argument(help="20231018, or 20231001:20231031.")],
    *,
    to: Annotated[Path, typer.Option(metavar="FILE", help="A picture: .png, .svg, .pdf.")],
) -> None:
    """Draw where on the sky a night's alerts are."""
    from gueststar.lake_listing import save_sky
    from gueststar.open_lake import OpenLake

    save_sky(OpenLake(lake, (night,)), night, to)


@app.command()
def sort(lake: Lake) -> None:
    """Sort nights that were archived before rows were sorted by place, and join small files."""
    from gueststar.release import __version__
    from lake.writing import LakeWriter

    with LakeWriter(lake, version=__version__) as writer:
        writer.sort()
    for night in writer.written:
        typer.echo(f"{night.night}  {night.alerts:>9,} alerts  {night.bytes / 1e6:>9,.1f} MB")
    typer.echo(f"{len(writer.written):,} nights were sorted anew")


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


for name, command in (COMMANDS | DISCOVERY).items():
    app.command(name)(command)
