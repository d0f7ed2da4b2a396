"""`gueststar lake hats …`: a lake made other things of, that other tools open."""

# Each command imports its own room: `gueststar lake --help` must not wait for all of them.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lake.hats.versions import Version

WROTE = "What `gueststar archive` or `lake write` wrote."
Lake = Annotated[Path, typer.Argument(metavar="LAKE", help=WROTE)]
CLOSED = "20231018, or 20231001:20231031; else all, of a lake written live those frozen."
Closed = Annotated[list[str] | None, typer.Option(help=CLOSED)]
Collection = Annotated[
    Path, typer.Argument(metavar="COLLECTION", help="What `gueststar lake hats` wrote.")
]


def hats(
    lake: Lake,
    *,
    to: Annotated[
        Path, typer.Option(metavar="COLLECTION", help="The folder to make, or to add nights to.")
    ],
    nights: Closed = None,
    stage: Annotated[
        bool, typer.Option("--stage", help="Leave it to hats-promote to have readers see them.")
    ] = False,
) -> None:
    """Bring nights into a HATS collection, which LSDB and others open: all at once, or none.

    Nights that it has stay, unless the lake's are others by now.
    """
    from gueststar.release import __version__
    from lake.hats.collection import add_nights

    added = add_nights(lake, to, nights or (), version=__version__, promote=not stage)
    if added is None:
        typer.echo(f"{to} has these nights as they are")
        return
    came = f"{added.nights[0]} to {added.nights[-1]}" if len(added.nights) > 1 else added.nights[0]
    typer.echo(f"{to}: {came} came; {told(added.version)}")
    if added.version.placeless:
        typer.echo(f"{added.version.placeless:,} alerts without a position were left out")
    if stage:
        typer.echo(f"readers see it after gueststar lake hats-promote {to} {added.version.number}")


def hats_versions(collection: Collection) -> None:
    """List the versions of a HATS collection, and which one readers see."""
    from lake.hats.collection import versions
    from lake.hats.versions import promoted

    seen = promoted(collection)
    for version in versions(collection):
        typer.echo(f"{told(version)}{', which readers see' if version.number == seen else ''}")


def hats_promote(
    collection: Collection, version: Annotated[int, typer.Argument(metavar="VERSION")]
) -> None:
    """Have readers of a HATS collection see a version, earlier or later, in one step."""
    from lake.hats.collection import promote_version

    typer.echo(f"readers of {collection} see {told(promote_version(collection, version))}")


def hats_rollback(collection: Collection) -> None:
    """Have readers of a HATS collection see what they saw before, in one step."""
    from lake.hats.collection import roll_back

    typer.echo(f"readers of {collection} see {told(roll_back(collection))}")


def delta(lake: Lake, *, nights: Closed = None) -> None:
    """Write Delta logs over the files of closed nights, for tools of Delta Lake; copy nothing."""
    from lake.delta import write_logs

    for log in write_logs(lake, nights or ()):
        came = f"version {log.version}" if log.changed else f"still version {log.version}"
        typer.echo(f"{lake / log.table}: {came}, {log.rows:,} rows in {log.files:,} files")


def told(version: Version) -> str:
    """A version in one line."""
    cells = len(version.catalogues.alerts)
    nights = f"{len(version.nights):,} nights"
    return f"version {version.number}, {version.rows:,} alerts of {nights} in {cells:,} cells"


COMMANDS: dict[str, Callable[..., None]] = {
    "hats": hats,
    "hats-versions": hats_versions,
    "hats-promote": hats_promote,
    "hats-rollback": hats_rollback,
    "delta": delta,
}
