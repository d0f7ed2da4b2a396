"""What tests run as a user does: a worker at a real Kafka, from a configuration, and commands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from typer.testing import CliRunner

from broker.assembly import worker
from broker.settings import Settings, read_settings
from gueststar.command import app
from tests.broker.clusters import RealCluster
from tests.running import running

CONFIG = """
[kafka]
bootstrap = "{address}"
group = "{name}"
[topics]
input = ["{name}-survey"]
prefix = "{name}."
[metrics]
port = 0
"""


def configured(folder: Path, address: str, sections: str) -> Path:
    """A worker's configuration, with these sections more; its names are made of the folder's."""
    path = folder / "gueststar.toml"
    path.write_text(CONFIG.format(address=address, name=folder.name) + sections)
    return path


def run_until_published(config: Path, packets: Sequence[bytes]) -> None:
    """The survey sends packets, and a worker publishes them all to the topic of all alerts."""
    settings = read_settings(config)
    RealCluster(settings.kafka.bootstrap).publish(settings.topics.input[0], packets)
    run_until(settings, settings.topics.enriched, len(packets))


def run_until(
    settings: Settings, topic: str, messages: int, *, ours: RealCluster | None = None
) -> None:
    """A worker goes on until a topic has so many messages, read from `ours` by another door."""
    ours = ours or RealCluster(settings.kafka.bootstrap)
    with worker(settings, "one", version="test") as runner, running(runner) as thread:
        while len(ours.read(topic)) < messages:
            assert thread.is_alive()


def said(*words: str) -> str:
    """What a command prints; what it raises is raised."""
    result = CliRunner().invoke(app, list(words))
    if result.exception is not None:
        raise result.exception
    return result.output
