"""The command line: what each command takes, and how its errors are said.

An error is one line on stderr that names the thing and the remedy, and below it a picture of where,
if it stands in an expression: exit status 2 for a wrong command or configuration file, 1 for all
else. GUESTSTAR_DEBUG=1 adds the traceback.
"""

# Each command imports what it needs when it runs: `gueststar --help` shall not load a compiler.
# ruff: noqa: PLC0415

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from broker.errors import SettingsError
from gueststar.anomalies.command import app as anomalies
from gueststar.credentials.command import app as credentials
from gueststar.dead_letters.command import app as dead_letters
from gueststar.filtering.command import Bootstrap as ReadersBootstrap
from gueststar.filtering.command import Config as ReadersConfig
from gueststar.filtering.command import app as filters
from gueststar.followup.command import app as followup
from gueststar.lake_command import app as lakes
from gueststar.likeness_command import add_to as add_likeness
from gueststar.logs import announce, complain
from gueststar.messengers.command import app as messengers
from gueststar.modelling.command import app as models
from gueststar.night_commands import add_to
from gueststar.reclassify_command import reclassify
from gueststar.reconcile_command import reconcile
from gueststar.report_command import report, reports
from gueststar.sentences import sentence
from gueststar.telescope_command import app as telescope
from schemas.errors import GueststarError

app = typer.Typer(
    help="A real-time broker for astronomical transient alerts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.add_typer(anomalies, name="anomalies")
app.add_typer(filters, name="filter")
app.add_typer(followup, name="followup")
app.add_typer(credentials, name="credentials")
app.add_typer(dead_letters, name="dead-letters")
app.add_typer(lakes, name="lake")
app.add_typer(messengers, name="messenger")
app.add_typer(models, name="model")
app.add_typer(telescope, name="telescope")
add_to(app)
for command in (reconcile, report, reports, reclassify):
    app.command()(command)
add_likeness(app)

Config = Annotated[Path, typer.Argument(metavar="CONFIG.toml", help="The broker's configuration.")]
Topics = Annotated[
    list[str],
    typer.Argument(
        metavar="TOPIC...", help="Topics of enriched alerts, or a pattern: '^gueststar[.]filter'."
    ),
]
Bootstrap = Annotated[
    str, typer.Option(envvar="GUESTSTAR_BOOTSTRAP", help="Kafka's address, host:port.")
]
PACKETS = "A packet, a folder, a tar or zip archive, a Parquet table of alerts, or a lake."
Packets = Annotated[Path, typer.Argument(help=PACKETS)]
Registry = Annotated[
    str | None, typer.Option(metavar="URL", help="The schema registry, if records are bare.")
]
Seed = Annotated[int, typer.Option(help="Of the invented night: the same seed, the same night.")]


def main() -> None:
    """Run the command that was typed, and exit."""
    try:
        app()
    except Exception as error:
        sys.exit(explain(error))


def explain(error: Exception) -> int:
    """Say an error in one line on stderr; the exit status it calls for."""
    picture = error.picture if isinstance(error, GueststarError) else ""
    complain("\n".join(filter(None, (sentence(error), picture))), error)
    return 2 if isinstance(error, SettingsError) else 1


@app.command()
def demo(
    *,
    seconds: Annotated[float, typer.Option(min=1, help="How long alerts are sent.")] = 60,
    rate: Annotated[float, typer.Option(min=0.1, help="Alerts a second.")] = 30,
    seed: Seed = 1,
    archive: Annotated[
        Path | None, typer.Option(help=f"Real packets to play instead. {PACKETS}")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Save the last screen there, as SVG.")
    ] = None,
) -> None:
    """Play a night of alerts through the whole broker, with a Kafka of its own, on the screen."""
    from gueststar.demo.show import play

    play(seconds=seconds, rate=rate, seed=seed, archive=archive, picture=picture)


@app.command()
def run(
    config: Config,
    *,
    worker: Annotated[str, typer.Option(help="Its stable name, unique among the living.")],
    start: Annotated[
        str | None,
        typer.Option(
            metavar="WHERE",
            help="Move the group first, once: to earliest, latest, a time (2026-11-21T03:00, UTC),"
            " 6h ago, or offsets (0=1500,1=1700). Start the other workers afterwards, without.",
        ),
    ] = None,
    letters: Annotated[
        bool,
        typer.Option(
            "--letters",
            help="Read the dead letters that were sent again, in place of the survey's own Kafka;"
            " workers without [source] read both.",
        ),
    ] = False,
) -> None:
    """Run one worker of the broker until it is told to stop."""
    announce(config, worker)
    from gueststar.service import serve

    serve(config, worker, start=start, letters=letters)


@app.command()
def check(config: Config) -> None:
    """Build and print all that a configuration names, and change nothing."""
    from gueststar.service import inspect

    if not inspect(config):
        raise typer.Exit(1)


@app.command()
def subscribe(
    topics: Topics,
    *,
    config: ReadersConfig = None,
    bootstrap: ReadersBootstrap = None,
    group: Annotated[str | None, typer.Option(help="Resume where this group stopped.")] = None,
    registry: Registry = None,
    start: Annotated[
        str,
        typer.Option(
            metavar="WHERE",
            help="earliest, latest, a time (2026-11-21T03:00, UTC), 6h ago, or offsets"
            " (0=1500,1=1700); the last three move the group.",
        ),
    ] = "latest",
    from_start: Annotated[bool, typer.Option(help="The same as --start earliest.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many alerts.")] = None,
    until_end: Annotated[
        bool, typer.Option(help="Stop where the topics ended when this began.")
    ] = False,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Stop when none came for so long.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON an alert.")] = False,
    save: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the packets there, a file each.")
    ] = None,
    save_max: Annotated[int, typer.Option(min=1, help="Packets that DIR may hold.")] = 10_000,
) -> None:
    """Show topics' alerts as they come: a live table, or lines of JSON for a pipe."""
    from gueststar.configured import Configured
    from gueststar.subscribe_command import Wanted, watch

    broker = Configured.of(config, bootstrap)
    wanted = Wanted(
        group=group,
        registry=registry or broker.settings.own_registry,
        start="earliest" if from_start else start,
        limit=limit,
        until="end" if until_end else None,
        timeout_s=timeout,
        as_json=as_json,
        save=save,
        save_max=save_max,
    )
    watch(broker.named(topics), broker.connection, wanted)


@app.command()
def archive(
    packets: Packets,
    *,
    to: Annotated[Path, typer.Option(metavar="LAKE", help="The folder where the nights go.")],
    with_packets: Annotated[
        bool,
        typer.Option(
            "--with-packets/--without-packets",
            help="Keep the packets, too: a dry run's examples then have stamps.",
        ),
    ] = True,
    schemas: Annotated[
        Path | None, typer.Option(help="The folder of writer schemas, for bare records (Rubin's).")
    ] = None,
) -> None:
    """Decode and score packets, and keep them as columns by night, for dry runs."""
    from gueststar.archive import archive as write

    write(packets, to, with_packets=with_packets, schemas=schemas)


@app.command()
def why(
    alert: Annotated[
        str, typer.Argument(metavar="ALERT_ID", help="An alert's id, or an object's.")
    ],
    what: Annotated[
        str,
        typer.Argument(metavar="FILTER", help="A file, a built-in's name, or a deployed one's."),
    ],
    *,
    archive: Annotated[
        Path | None, typer.Option(help="Where the alert is: a lake, a folder, a tar; else Kafka.")
    ] = None,
    topic: Annotated[
        str | None, typer.Option(help="Of enriched alerts; else CONFIG.toml's, or the usual one.")
    ] = None,
    hours: Annotated[float, typer.Option(min=0.001, help="How far back the topic is read.")] = 24,
    version: Annotated[int | None, typer.Option(min=1, help="Of a deployed filter.")] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="CONFIG.toml", help="The broker's configuration.")
    ] = None,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka's address, host:port.")] = None,
    registry: Registry = None,
) -> None:
    """Say which clause of a filter refused an alert, and on what value: exit status 3.

    0 where the filter selects the alert, or one of an object's alerts.
    """
    from gueststar.filtering.why import NOT_SELECTED
    from gueststar.filtering.why import why as answer

    selected = answer(
        alert,
        what,
        archive=archive,
        topic=topic,
        hours=hours,
        version=version,
        config=config,
        bootstrap=bootstrap,
        registry=registry,
    )
    if not selected:
        raise typer.Exit(NOT_SELECTED)


@app.command()
def ledger(
    *,
    config: ReadersConfig = None,
    bootstrap: ReadersBootstrap = None,
    topic: Annotated[str | None, typer.Option(help="The ledger's topic.")] = None,
) -> None:
    """Sum the ledger, and say whether it balances: exit status 1 where it does not."""
    from gueststar.accounts import report
    from gueststar.configured import Configured

    if not report(Configured.of(config, bootstrap), topic):
        raise typer.Exit(1)


@app.command()
def status(
    *,
    config: ReadersConfig = None,
    bootstrap: ReadersBootstrap = None,
    topic: Annotated[str | None, typer.Option(help="Else [topics] status.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON a worker.")] = False,
) -> None:
    """Show how each worker stands, as it last said itself."""
    from gueststar.configured import Configured
    from gueststar.status_command import PATIENCE_S, tell

    tell(Configured.of(config, bootstrap, patience_s=PATIENCE_S), topic, as_json=as_json)


@app.command()
def portal(
    config: Config,
    *,
    host: Annotated[str | None, typer.Option(help="Where it listens; else [portal] host.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Likewise; 0 takes any that is free.")
    ] = None,
) -> None:
    """Serve a web page and an HTTP interface over the stream, the lake and the ledger."""
    from gueststar.portal.extra import serve

    serve(config, host=host, port=port)


@app.command()
def token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is.")],
    *,
    role: Annotated[
        str, typer.Option(help="reader, or author, who may deploy filters.")
    ] = "reader",
) -> None:
    """Make a token for the portal: it is told once, and its line is for [portal] tokens."""
    from gueststar.portal.access.command import told

    told(name, role)


@app.command()
def version() -> None:
    """Say which version this is."""
    from gueststar.release import __version__

    typer.echo(f"gueststar {__version__}")
