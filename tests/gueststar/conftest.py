"""What the tests of the public face share: a Kafka in memory with enriched alerts on it."""

from __future__ import annotations

import numpy as np
import pytest

from broker.clock import ManualClock
from broker.memory import MemoryKafka
from replay.invention import invent
from schemas.annotation import Annotations, Catalogue, SelectedBy
from schemas.decode import Decoder
from schemas.enriched import Enricher
from schemas.learned import Learned

TOPIC = "young"
ALERTS = 6
SCORES = {
    "real": 0.75,
    "bad_subtraction": 0.125,
    "cosmic_ray": 0.0625,
    "bad_pixel": 0.03125,
    "satellite_trail": 0.03125,
}
"""Of every alert that is scored; each a sum of powers of two, so that float32 holds it exactly."""
YOUNG = SelectedBy("young", "3", "abc", (Catalogue("galaxies", "def"),))
"""The filter of the first alert."""


@pytest.fixture(scope="session")
def packets() -> list[bytes]:
    """Packets as the survey sends them, of an invented night."""
    return [invented.packet for invented in invent(ALERTS, seed=7)]


@pytest.fixture(scope="session")
def enriched(packets: list[bytes]) -> list[bytes]:
    """The same once enriched: the first selected, the last not scored."""
    batch = Decoder().decode(packets)
    scores = np.tile(np.array([*SCORES.values()], dtype=np.float32), (len(batch), 1))
    scores[-1] = np.nan
    annotations = Annotations(
        broker_version="0",
        models=[("realbogus", "1", "abc")],
        ingest_unix_us=np.zeros(len(batch), dtype=np.int64),
        publish_unix_us=0,
        learned={"realbogus": Learned.probabilities(tuple(SCORES), scores)},
        filters=[("young",), *[()] * (len(batch) - 1)],
        selected_by=[(YOUNG,), *[()] * (len(batch) - 1)],
    )
    return Enricher().encode(batch, annotations, "full")


@pytest.fixture
def memory(enriched: list[bytes]) -> MemoryKafka:
    """A Kafka in memory that holds the enriched alerts, on two partitions, as they came."""
    kafka = MemoryKafka(ManualClock())
    kafka.create_topic(TOPIC, partitions=2)
    for number, packet in enumerate(enriched):
        kafka.publish(TOPIC, packet, partition=number % 2)
    return kafka
