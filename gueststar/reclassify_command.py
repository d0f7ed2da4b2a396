"""`gueststar reclassify LAKE`: a new model, stage or filter over a lake, and what it changes."""

# The command imports its room when it runs: `gueststar --help` shall not load a network.
# ruff: noqa: PLC0415

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from broker.kafka import Connection
    from broker.ports import Message
    from lake.reading import Lake
    from services.reclassify.pieces import Asked
    from services.reclassify.revising import Looked, Revising

TOPIC = "gueststar.revisions"
Bound = Annotated[
    float, typer.Option(min=0, help="By more than this a number has changed; at even odds.")
]
FOREVER = "-1"
"""The topic's retention: what it forgot would be published a second time."""


def reclassify(
    lake: Annotated[Path, typer.Argument(metavar="LAKE", help="What `lake write` wrote.")],
    *,
    stage: Annotated[
        str,
        typer.Option(
            metavar="NAME@VERSION|FILE", help="Served here; or .onnx, .py, .toml, .filter."
        ),
    ],
    nights: Annotated[
        list[str] | None, typer.Option(help="20231018, or 20231001:20231031; else all.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="CONFIG.toml", help="The broker's, for its Kafka.")
    ] = None,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka's address, host:port.")] = None,
    topic: Annotated[str, typer.Option(help="Of revisions; made where it is missing.")] = TOPIC,
    bound: Bound = 0.05,
    rate: Annotated[
        float | None, typer.Option(min=1, metavar="ALERTS", help="A second, at most.")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A Dask scheduler's, whose workers then look."),
    ] = None,
    stand_back: Annotated[
        bool, typer.Option(help="Run only while nobody else would, on one thread.")
    ] = True,
) -> None:
    """Ask a new model, stage or filter about a lake's alerts, and publish again what it changes.

    Each is published once, however often a run is killed; the table `revisions` has old beside new.
    """
    from gueststar.configured import Configured
    from gueststar.priority import let_others_first
    from gueststar.release import __version__
    from lake.reading import Lake
    from schemas.decode import Decoder
    from services.reclassify.candidate import candidate_of
    from services.reclassify.pieces import Asked
    from services.reclassify.revising import Revising

    if stand_back:
        let_others_first()
    broker = Configured.of(config, bootstrap)
    revising = Revising(candidate_of(stage), broker.named(topic)[0], __version__, bound)
    opened = Lake(lake, nights or (), decoder=Decoder(rescore=True))
    with ExitStack() as ends:
        looked = _elsewhere(ends, cluster, opened, Asked.of(stage, revising)) if cluster else None
        _run(opened, revising, broker.connection, rate or float("inf"), looked)


def _elsewhere(ends: ExitStack, cluster: str, lake: Lake, asked: Asked) -> Iterator[Looked]:
    """What the workers of a cluster find, as long as `ends` is open."""
    from gueststar.cluster import connected, flowing
    from services.reclassify.pieces import look, pieces

    client = ends.enter_context(connected(cluster))
    return flowing(client, partial(look, asked=asked), pieces(lake))


def _run(
    lake: object,
    revising: Revising,
    connection: Connection,
    rate: float,
    looked: Iterable[Looked] | None,
) -> None:
    from broker.kafka import KafkaAdmin, KafkaSink, TopicSettings
    from lake.freezing import require_live
    from lake.reading import Lake
    from lake.revisions import RevisionTable
    from services.reclassify.publishing import Pace, keep
    from services.reclassify.publishing import reclassify as run

    assert isinstance(lake, Lake)
    require_live(lake.path)
    KafkaAdmin(connection).create(
        [TopicSettings(revising.topic, settings={"retention.ms": FOREVER})]
    )
    with RevisionTable.opened(lake.path) as table:
        worker = hashlib.sha256(str(lake.path.resolve()).encode()).hexdigest()[:12]
        sink = KafkaSink(connection, group=revising.topic, worker=worker, topics=[revising.topic])
        with closing(sink):
            done = run(
                lake,
                revising,
                sink,
                lambda: _polls(connection, revising),
                Pace(rate),
                looked=looked,
            )
        keep(table, _polls(connection, revising))
    again = f", {done.there:,} were published before" if done.there else ""
    typer.echo(
        f"{done.rows:,} alerts, {done.published:,} published again on {revising.topic}{again}"
    )
    if done.failed:
        typer.echo(f"{done.failed:,} alerts are left as they are: {done.fault}", err=True)
        raise typer.Exit(1)


def _polls(connection: Connection, revising: Revising) -> Iterator[tuple[str, Sequence[Message]]]:
    """What is on the topic, with the id by which it is told from another of its name."""
    from gueststar.ending import polls_to_end
    from gueststar.subscription import reader

    with closing(reader(connection, revising.topic, start="earliest")) as source:
        for messages in polls_to_end(source):
            yield next((each.name for each in source.lives().values()), ""), messages
