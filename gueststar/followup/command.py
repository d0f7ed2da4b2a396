"""`gueststar followup …`: what each command takes."""

# Each command imports its own room: `gueststar followup --help` must not wait for all of them.
# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gueststar.filtering.command import Bootstrap, Config

app = typer.Typer(
    help="Follow-up: programmes, what they ask of telescopes, and how each request stands.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A programme's.")]
Reason = Annotated[str, typer.Option(help="Why; it stays on the record.")]
Broker = Annotated[
    Path, typer.Argument(metavar="CONFIG.toml", help="The broker's; see [followup].")
]


@app.command()
def run(config: Broker) -> None:
    """Ask telescopes as alerts come, and track each request to its end, until told to stop."""
    from gueststar.followup.place import run as run_live

    run_live(config)


@app.command()
def deploy(
    file: Annotated[Path, typer.Argument(help="A programme, TOML.")],
    *,
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Deploy a programme: the job takes it before its next batch."""
    from gueststar.followup.place import deploy_file

    deploy_file(file, config, bootstrap)


@app.command()
def check(file: Annotated[Path, typer.Argument(help="A programme, TOML.")]) -> None:
    """Read a programme and say what it asks; nothing is deployed."""
    from gueststar.followup.place import check_file

    check_file(file)


@app.command()
def pause(
    name: Name, *, reason: Reason = "asked", config: Config = None, bootstrap: Bootstrap = None
) -> None:
    """Make no new requests; what was asked for stands."""
    from gueststar.followup.place import change_to

    change_to(name, "paused", reason, config, bootstrap)


@app.command()
def resume(
    name: Name, *, reason: Reason = "asked", config: Config = None, bootstrap: Bootstrap = None
) -> None:
    """Go on with a programme that was paused."""
    from gueststar.followup.place import change_to

    change_to(name, "live", reason, config, bootstrap)


@app.command()
def remove(
    name: Name, *, reason: Reason = "asked", config: Config = None, bootstrap: Bootstrap = None
) -> None:
    """Take a programme away, and withdraw what it asked for."""
    from gueststar.followup.place import change_to

    change_to(name, "removed", reason, config, bootstrap)


@app.command("list")
def list_(
    *,
    all_: Annotated[bool, typer.Option("--all", help="Those that have ended, too.")] = False,
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """List programmes, and requests with how each stands and why."""
    from gueststar.followup.listing import tell

    tell(config, bootstrap, everything=all_)


@app.command()
def plan(config: Broker) -> None:
    """Plan what is wanted now, and say of each request why there, and why not elsewhere."""
    from gueststar.followup.listing import tell_plan

    tell_plan(config)


@app.command()
def site(
    name: Annotated[str, typer.Argument(metavar="SITE", help="As [followup.sites] has it.")],
    clear: Annotated[float, typer.Argument(help="The chance that it observes; 0: closed.")],
    *,
    seeing: Annotated[float, typer.Option(help="At the zenith, arcseconds; 0: not known.")] = 0.0,
    why: Annotated[str, typer.Option(help="Where it is closed.")] = "",
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Say how a site is now: requests go elsewhere from one that is closed."""
    import time

    from gueststar.followup.place import say
    from services.followup.conditions import Said

    say(Said(name, time.time(), clear, seeing, why), config, bootstrap)


@app.command()
def answer(
    request: Annotated[str, typer.Argument(help="Its id, as mail or topic had it.")],
    state: Annotated[str, typer.Argument(help="COMPLETED, CANCELED, WINDOW_EXPIRED, …")],
    *,
    results: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What it gave, JSON (docs/followup.md).")
    ] = None,
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Answer for a telescope that was asked by mail or topic."""
    from gueststar.followup.place import answer as say_answer

    say_answer(request, state, results, config, bootstrap)
