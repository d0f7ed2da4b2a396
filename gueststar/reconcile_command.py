"""`gueststar reconcile NIGHT`: a night counted from the survey to the lake."""

# The command imports its room when it runs: `gueststar --help` shall not load a compiler.
# ruff: noqa: PLC0415

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broker.errors import SettingsError

if TYPE_CHECKING:
    from gueststar.reconciling.gather import Sides


def reconcile(
    night: Annotated[
        str, typer.Argument(metavar="NIGHT", help="20231018, as its survey dates it.")
    ],
    *,
    config: Annotated[Path, typer.Option(metavar="CONFIG.toml", help="The broker's.")],
    lake: Annotated[
        Path | None, typer.Option(help="A lake that is written live; else that of [lake].")
    ] = None,
    visits: Annotated[
        Path | None,
        typer.Option(metavar="TABLE", help="The survey's own count: visit, count. .csv, .parquet."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All of it as JSON.")] = False,
) -> None:
    """Count a night outward, and name what does not agree: survey, ledger, topics, lake.

    Exit status 1 where something does not balance.
    """
    from gueststar.reconciling.gather import reconcile as count
    from gueststar.reconciling.shown import as_json as told
    from gueststar.reconciling.shown import show
    from lake.visits import read_visits

    if not re.fullmatch(r"\d{8}", night):
        raise SettingsError(f"{night!r} is no night; write it as 20231018")
    sides = _sides(config, int(night), lake)
    if visits is not None:
        sides = replace(sides, visits=read_visits(visits))
    report = count(sides)
    if as_json:
        typer.echo(told(report))
    else:
        show(report)
    if not report.balances:
        raise typer.Exit(1)


def _sides(config: Path, night: int, lake: Path | None) -> Sides:
    from broker.kafka import KafkaAdmin
    from broker.schema_sources import own_registry
    from gueststar.accounts import cluster_at, survey_of
    from gueststar.configured import Configured
    from gueststar.reconciling.gather import Sides
    from schemas.decode import Decoder

    broker = Configured.of(config, None)
    settings, connection = broker.settings, broker.connection
    ours = cluster_at(connection, KafkaAdmin(connection).partitions())
    return Sides(
        night=night,
        ours=ours,
        survey={"": ours, **dict(survey_of(broker))},
        inputs=(*settings.topics.input, *filter(None, (settings.topics.replayed,))),
        enriched=settings.topics.enriched,
        dead_letters=settings.topics.dead_letters,
        ledger=settings.topics.ledger,
        decode=Decoder(schemas=own_registry(settings), rescore=True).decode,
        lake=lake or settings.lake.path,
        from_start=settings.start == settings.lake.start == "earliest",
        lake_topics=settings.lake.topics,
    )
