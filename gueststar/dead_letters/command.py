"""`gueststar dead-letters …`: what could not be published, looked at and sent again."""

# Each command imports its own room: `gueststar dead-letters --help` must not wait for all of them.
# ruff: noqa: PLC0415

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from gueststar.filtering.command import Bootstrap, Config

app = typer.Typer(
    help="Look at what could not be published, and send it again once it can be.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Reasons = Annotated[
    list[str] | None,
    typer.Option(
        "--reason", help="Those of this reason alone, or a beginning: 'unknown schema: schema id'."
    ),
]
Since = Annotated[
    str | None, typer.Option(help="Those since then alone: 6h ago, or 2026-11-21T03:00 (UTC).")
]
Topic = Annotated[str | None, typer.Option(help="Those of packets from this topic alone.")]


@app.command("list")
def list_(
    *,
    reason: Reasons = None,
    since: Since = None,
    topic: Topic = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON a letter.")] = False,
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Count dead letters by reason and topic: lines divided by tabs where it is no terminal."""
    from rich.console import Console

    from gueststar.dead_letters import listing
    from gueststar.dead_letters.place import Place, choice_of

    chosen = replace(choice_of(reason, since, topic), as_set=True)
    found = Place.of(config, bootstrap).chosen(chosen)
    console = Console()
    if as_json:
        for each in found:
            typer.echo(listing.json_line(*each))
    elif console.is_terminal:
        console.print(listing.table(listing.groups(found)))
    else:
        for line in listing.lines(listing.groups(found)):
            typer.echo(line)


@app.command()
def show(
    letter: Annotated[
        str, typer.Argument(metavar="LETTER", help="Where its packet lay: TOPIC-PARTITION-OFFSET.")
    ],
    *,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the whole packet there.")
    ] = None,
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Show one letter: why, where its packet lies, and how that begins."""
    from gueststar.dead_letters import listing
    from gueststar.dead_letters.place import Place

    place = Place.of(config, bootstrap)
    found, mark = place.letter(letter)
    for line in listing.described(found, mark):
        typer.echo(line)
    if save is not None:
        place.save(found, save)
        typer.echo(f"its packet stands in {save}")


@app.command()
def replay(
    *,
    reason: Reasons = None,
    since: Since = None,
    topic: Topic = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Send so many at most.")] = None,
    to: Annotated[
        str | None, typer.Option(metavar="TOPIC", help="Where to; else [topics] replayed.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and send nothing.")] = False,
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Send the packets of dead letters again, each once however often this is asked.

    Workers read them from the topic [topics] replayed. Exit status 1 where some cannot be sent.
    """
    from gueststar.dead_letters import listing
    from gueststar.dead_letters.place import Place, choice_of

    place, choice = Place.of(config, bootstrap), choice_of(reason, since, topic)
    if dry_run:
        due = sum(mark is None for _, mark in place.chosen(choice))
        typer.echo(f"{due if limit is None else min(due, limit):,} letters would be sent again")
        return
    done = place.replay(choice, to=to, limit=limit)
    for line in listing.told(done, to or place.settings.topics.replayed):
        typer.echo(line)
    if done.missed:
        raise typer.Exit(1)
