"""Nights at each Kafka that is held, and one in which the newest takes over an older one's data."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kafka_node.jars import HELD, VERSION
from tests.chaos.kafka_nights import Size, pass_night
from tests.chaos.night import Plan
from tests.chaos.nights import Asked, Told
from tests.chaos.sites import Site, one_kafka


def kafka_versions_night(asked: Asked) -> Told:
    """The law at every Kafka that is held; in CI at one that is older, by chance."""
    older = random.Random(asked.seed).choice(HELD[: HELD.index(VERSION)])
    told = {}
    for version in HELD if asked.is_full else (older,):
        folder = asked.folder / version
        folder.mkdir()
        night = _night(asked, folder, {"kafka_killed": 1}, version)
        told[f"Kafka {version}"] = _row(night)
    return Told("Kafka's versions", told)


def kafka_upgrade_night(asked: Asked) -> Told:
    """The oldest that is held is stopped in mid-night, and the newest goes on with its data."""
    troubles = {"kafka_killed": 1, "kafka_upgraded": 1}
    return _night(asked, asked.folder, troubles, HELD[0], HELD[-1])


def _night(asked: Asked, folder: Path, troubles: Mapping[str, int], *versions: str) -> Told:
    size = (
        Size(2_500, 40, Plan(10, 3, 2, asked.seed, troubles), 1, 2)
        if asked.is_full
        else Size(600, 20, Plan(5, 0, 0, asked.seed, troubles), 1, 0)
    )
    return pass_night(f"Kafka {', then '.join(versions)}", _site(*versions), size, folder)


@contextmanager
def _site(*versions: str) -> Iterator[Site]:
    """At a Kafka of the first, which must have been each of them when the night is over."""
    with one_kafka(versions[0]) as site:
        yield site
        said = site.ours.log_file.read_text(errors="replace").split("Kafka version: ")[1:]
    assert {each.split()[0] for each in said} == set(versions)


def _row(night: Told) -> str:
    """All that a night came to, on one line."""
    return "; ".join(f"{what.strip()} {much}" for what, much in night.figures.items())
