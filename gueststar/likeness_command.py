"""`gueststar similar`, `likeness` and `label-set`: objects like one, the index, a set of labels."""

# Each command imports its room when it runs: `gueststar --help` shall not load a compiler.
# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

LakeFolder = Annotated[Path, typer.Option("--lake", metavar="LAKE", help="A lake's folder.")]


def similar(
    asked: Annotated[str, typer.Argument(metavar="OBJECT|ALERT", help="By its id or number.")],
    *,
    lake: LakeFolder,
    index: Annotated[
        Path | None, typer.Option(help="As `gueststar likeness` keeps it; without one all are.")
    ] = None,
    night: Annotated[
        str | None,
        typer.Option(help="Only objects with alerts of 20231018, or of 20231001:20231031."),
    ] = None,
    filter_file: Annotated[
        Path | None, typer.Option("--filter", metavar="FILE", help="Only what a filter selects.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="How many.")] = 10,
) -> None:
    """Print the objects of a lake that are most like one of them, likest first."""
    from gueststar.similar import similar as found

    for one in found(asked, lake, index=index, night=night, filter_file=filter_file, count=count):
        typer.echo(
            f"{one.cosine:.4f}  {one.survey}  {one.object_id}  {one.alert_id}  {one.mjd:.5f}"
        )


def likeness(
    lake: LakeFolder,
    *,
    index: Annotated[Path, typer.Option(help="The index's folder, which nothing else writes.")],
    once: Annotated[bool, typer.Option(help="Make it once and end.")] = False,
    every_s: Annotated[float, typer.Option(min=1.0, help="How often it is made again.")] = 86_400.0,
    days: Annotated[
        float, typer.Option(min=1.0, help="Objects not seen for so long are left out.")
    ] = 365.0,
) -> None:
    """Keep an index of a lake's embeddings; searches scan what came since it was made."""
    from services.likeness.job import keep

    keep(lake, index, every_s=every_s, days_max=days, once=once, told=typer.echo)


def label_set(
    labels: Annotated[Path, typer.Argument(metavar="LABELS.csv", help="Objects and classes.")],
    *,
    lake: LakeFolder,
    to: Annotated[Path, typer.Option(metavar="SET.npz", help="For [stages.neighbours] labelled.")],
) -> None:
    """Join labels of your own to a lake's embeddings: what the stage "neighbours" searches."""
    from gueststar.label_set import label_set as made

    found = made(labels, lake, to)
    typer.echo(f"{len(found):,} objects of {len(found.classes)} classes: {to}")


def add_to(app: typer.Typer) -> None:
    """Make them commands."""
    for command in (similar, likeness, label_set):
        app.command()(command)
