"""What tests run as a user does: a worker at a real Kafka, from a configuration, and commands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Thread

from typer.testing import CliRunner

from broker.assembly import worker
from broker.settings import Settings, read_settings
from gueststar.command import app
from tests.broker.clusters import RealCluster

PATIENCE_S = 60.0


def run_until_published(config: Path, packets: Sequence[bytes]) -> None:
    """The survey sends packets, and a worker publishes them all to the topic of all alerts."""
    settings = read_settings(config)
    RealCluster(settings.kafka.bootstrap).publish(settings.topics.input[0], packets)
    run_until(settings, settings.topics.enriched, len(packets))


def run_until(settings: Settings, topic: str, messages: int) -> None:
    """A worker goes on until a topic of ours has so many messages."""
    ours = RealCluster(settings.kafka.bootstrap)
    with worker(settings, "one", version="test") as runner:
        thread = Thread(target=runner.run)
        thread.start()
        try:
            while len(ours.read(topic)) < messages:
                assert thread.is_alive()
        finally:
            runner.stop()
            thread.join(PATIENCE_S)


def said(*words: str) -> str:
    """What a command prints; what it raises is raised."""
    result = CliRunner().invoke(app, list(words))
    if result.exception is not None:
        raise result.exception
    return result.output
