"""The commands that send nights, past, invented and without an end, and notices of finds."""

# Each command imports what it needs when it runs: `gueststar --help` shall not load a compiler.
# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from broker.defaults import BOOTSTRAP
from gueststar.notices_command import notices

Bootstrap = Annotated[
    str, typer.Option(envvar="GUESTSTAR_BOOTSTRAP", help="Kafka's address, host:port.")
]
Source = Annotated[
    Path,
    typer.Argument(
        help="Packets, a folder, a tar or zip archive, a Parquet table of alerts, a lake, or a"
        " simulation's files; - is standard input."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Make them commands of the command line."""
    for command in (replay, loop, invent, notices):
        app.command()(command)


def replay(
    path: Source,
    *,
    to: Annotated[str, typer.Option(metavar="TOPIC", help="Where the packets go.")],
    rate: Annotated[
        float | None, typer.Option(min=0.1, help="Alerts a second; 100 where no pace is given.")
    ] = None,
    pace: Annotated[
        float | None, typer.Option(metavar="FACTOR", help="So many times as fast as they came.")
    ] = None,
    bursts: Annotated[
        str | None,
        typer.Option(metavar="SIZES", help="So many at once, in turn, as in 10000,40000."),
    ] = None,
    every: Annotated[
        float, typer.Option(metavar="SECONDS", help="Between bursts; 39 between Rubin's visits.")
    ] = 39,
    free: Annotated[bool, typer.Option("--free", help="As fast as Kafka takes them.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop behind so many packets.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where a replay of this to there was killed.")
    ] = False,
    truth: Annotated[
        Path | None, typer.Option(metavar="TABLE", help="Of a simulation: write the truth there.")
    ] = None,
    bootstrap: Bootstrap = BOOTSTRAP,
    partitions: Annotated[int, typer.Option(min=1, help="Of a topic that must be created.")] = 4,
    registry: Annotated[
        str | None, typer.Option(metavar="URL", help="Of a simulation: register its schema there.")
    ] = None,
) -> None:
    """Send a night's packets again, once each, at a pace of your choice."""
    from gueststar.replay_command import Wanted, pace_of, resend

    chosen = pace_of(rate=rate, factor=pace, bursts=bursts, every=every, free=free)
    wanted = Wanted(chosen, limit, resume, truth, registry)
    resend(path, wanted, topic=to, bootstrap=bootstrap, partitions=partitions)


def loop(
    *,
    topic: Annotated[str, typer.Option(help="Where the packets go.")] = "test-alerts",
    survey: Annotated[str, typer.Option(help="ztf, lsst, or both in turn.")] = "both",
    rate: Annotated[
        float | None, typer.Option(min=0.1, help="Alerts a second; 100 where no pace is given.")
    ] = None,
    bursts: Annotated[
        str | None, typer.Option(metavar="SIZES", help="So many at once, as in 10000,40000.")
    ] = None,
    every: Annotated[
        float, typer.Option(metavar="SECONDS", help="Between bursts; 39 between Rubin's visits.")
    ] = 39,
    bootstrap: Annotated[
        str | None,
        typer.Option(help="Kafka's address, host:port; without, a Kafka within this process."),
    ] = None,
    partitions: Annotated[int, typer.Option(min=1, help="Of a topic that must be created.")] = 45,
    registry: Annotated[
        str | None, typer.Option(metavar="URL", help="Register Rubin's schema 11.1 there.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop behind so many packets.")] = None,
    seed: Annotated[int, typer.Option(help="Of what is drawn.")] = 1,
) -> None:
    """Send a test stream without an end: true shapes, fresh ids and times, marked as a test."""
    from gueststar.loop_command import loop as send_endlessly
    from gueststar.loop_command import loop_of

    send_endlessly(
        loop_of(
            topic,
            survey,
            rate=rate,
            bursts=bursts,
            every=every,
            bootstrap=bootstrap,
            partitions=partitions,
            registry=registry,
            limit=limit,
            seed=seed,
        )
    )


def invent(
    alerts: Annotated[int, typer.Argument(min=1, help="How many.")],
    *,
    to: Annotated[
        Path, typer.Option(metavar="NIGHT.tar", help="Where the packets go; - is standard output.")
    ],
    survey: Annotated[str, typer.Option(help="Whose schema: ztf or lsst.")] = "ztf",
    truth: Annotated[
        Path | None, typer.Option(metavar="TABLE", help="Write what is true of each there.")
    ] = None,
    duplicates: Annotated[float, typer.Option(help="Share of alerts that come twice.")] = 0,
    late: Annotated[float, typer.Option(help="Share that comes up to 1,000 alerts late.")] = 0,
    out_of_order: Annotated[
        float, typer.Option(help="Share of parts of 100 that come in any order.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="The same seed, the same night.")] = 1,
) -> None:
    """Invent a night of any number of alerts, with what is true of them in a table beside."""
    from gueststar.invent_command import Invention
    from gueststar.invent_command import invent as write
    from replay.disorder import Disorder

    odd = Disorder(duplicates, late, out_of_order)
    write(Invention(alerts, survey, seed, to, truth, odd))
