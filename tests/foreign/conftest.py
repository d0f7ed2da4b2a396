"""The night that all foreign readers read, once a session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kafka_node.listeners import User
from kafka_node.node import KafkaNode
from tests.foreign import tools
from tests.foreign.night import Morning, pass_night
from tests.foreign.packets import night_packets
from tests.foreign.registry import apicurio

USER = User("babamul-ada", "secret")
"""Who the page has, too."""


@pytest.fixture(scope="session")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Morning]:
    """A real Kafka and a real registry after the night."""
    tools.need("java", "mvn")
    folder = tmp_path_factory.mktemp("night")
    named = os.environ.get("GUESTSTAR_DATA", "")
    data = Path(named) if named and Path(named).is_dir() else None
    packets, schemas = night_packets(data, folder / "schemas")
    with (
        apicurio(tools.registry_program(), folder / "registry.log") as registry,
        KafkaNode(folder=folder / "kafka", user=USER, tls=True) as node,
    ):
        yield pass_night(node, folder, packets, schemas, registry)
