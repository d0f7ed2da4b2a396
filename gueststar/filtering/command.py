"""`gueststar filter …`: filters tried, deployed, looked at, paused and removed."""

# Each command imports its own room: `gueststar filter --help` must not wait for all of them.
# ruff: noqa: PLC0415

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from broker.topic_names import FilterTopics

app = typer.Typer(
    help="Try filters, deploy them while the broker runs, and take them back.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="A .toml or .filter file.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A deployed filter.")]
Reason = Annotated[str, typer.Option(help="Why, for its record.")]
Config = Annotated[
    Path | None,
    typer.Option(metavar="CONFIG.toml", help="The broker's configuration: Kafka, names of topics."),
]
Bootstrap = Annotated[
    str | None,
    typer.Option(
        help="Kafka's address, host:port; else CONFIG.toml's, else the environment's"
        " GUESTSTAR_BOOTSTRAP."
    ),
]


@app.command()
def test(
    what: Annotated[str, typer.Argument(metavar="FILTER", help="A file, or a built-in's name.")],
    *,
    archive: Annotated[Path, typer.Option(help="Alerts: a lake, or what holds packets.")],
    nights: Annotated[
        list[str] | None, typer.Option(help="Of a lake: 20231018, or 20231001:20231031.")
    ] = None,
    page: Annotated[Path | None, typer.Option(help="Write an HTML page there, too.")] = None,
    truth: Annotated[
        Path | None,
        typer.Option(
            metavar="TABLE",
            help="What objects or alerts are, by object_id or alert_id: prints completeness and"
            " purity by class. Parquet, CSV, or a simulation's folder.",
        ),
    ] = None,
    config: Config = None,
    bootstrap: Annotated[
        str | None, typer.Option(help="Compare with the version live there, host:port.")
    ] = None,
) -> None:
    """Run a filter over an archive, show what it lets pass, and keep a record."""
    from gueststar.filtering.dry_run import dry_run

    dry_run(
        what,
        archive=archive,
        nights=nights or (),
        page=page,
        truth=truth,
        config=config,
        bootstrap=bootstrap,
    )


@app.command()
def deploy(
    file: File,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Whatever its dry run says; it is recorded.")
    ] = False,
    pass_rate_max: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="The most that its dry run may let pass; 0.05 if unsaid."),
    ] = None,
    own_topic: Annotated[
        bool | None,
        typer.Option(
            "--own-topic/--shared-topic",
            help="What it publishes to; if unsaid, as the version before, then as configured.",
        ),
    ] = None,
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Have every worker ask a filter from its next batch on."""
    from gueststar.filtering import deployment
    from gueststar.filtering.place import operator, place_of
    from gueststar.filtering.records import latest

    wanted = deployment.load(file)
    dry_run = latest(wanted.sha256)
    against = deployment.objections(dry_run, pass_rate_max=pass_rate_max)
    deployment.check(file, against, force=force)
    place = place_of(config, bootstrap)
    asked: FilterTopics | None = None if own_topic is None else "own" if own_topic else "shared"
    with place.opened() as control:
        found = deployment.deploy(
            wanted,
            control,
            place_of=partial(place.topic, asked=asked),
            by=operator(),
            dry_run=dry_run,
            overridden=against,
            provide=place.provide_output,
        )
    for line in deployment.lines(found):
        typer.echo(line)
    if found.refusal is not None:
        raise typer.Exit(1)


@app.command("list")
def list_(
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Those that were removed, too.")
    ] = False,
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Show the deployed filters: lines divided by tabs where the output is no terminal."""
    from rich.console import Console

    from gueststar.filtering.listing import filter_lines, filter_table
    from gueststar.filtering.place import place_of

    register = place_of(config, bootstrap).register()
    console = Console()
    if console.is_terminal:
        console.print(filter_table(register, removed=everything))
        return
    for line in filter_lines(register, removed=everything):
        typer.echo(line)


@app.command()
def history(name: Name, *, config: Config = None, bootstrap: Bootstrap = None) -> None:
    """Show every version of a filter: who deployed it, what it changed, and when it was paused."""
    from gueststar.filtering.listing import history as lines
    from gueststar.filtering.place import place_of

    for line in lines(place_of(config, bootstrap).register(), name):
        typer.echo(line)


@app.command()
def pause(
    name: Name, *, reason: Reason = "", config: Config = None, bootstrap: Bootstrap = None
) -> None:
    """Pause a filter until it is resumed."""
    _change(name, "paused", reason, config, bootstrap)


@app.command()
def resume(
    name: Name, *, reason: Reason = "", config: Config = None, bootstrap: Bootstrap = None
) -> None:
    """Make a paused filter active again."""
    _change(name, "live", reason, config, bootstrap)


@app.command()
def remove(
    name: Name, *, reason: Reason = "", config: Config = None, bootstrap: Bootstrap = None
) -> None:
    """Remove a filter for good; its topic and its history stay."""
    _change(name, "removed", reason, config, bootstrap)


def _change(
    name: str, wanted: str, reason: str, config: Path | None, bootstrap: str | None
) -> None:
    from broker.deployments.records import State
    from gueststar.filtering.deployment import change
    from gueststar.filtering.place import operator, place_of

    with place_of(config, bootstrap).opened() as control:
        version = change(control, name, State(wanted), reason=reason, by=operator())
    typer.echo(f"{name} version {version.version} is {wanted}")
