"""The behaviour suite over a real Kafka whose groups are taken for those of another cluster."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kafka_node.node import KafkaNode
from tests.broker.behaviours import ReadingBehaviours
from tests.broker.clusters import RealCluster
from tests.broker.elsewhere_behaviours import (
    MembersElsewhere,
    PublishingElsewhere,
    ZombiesElsewhere,
)
from tests.broker.history_behaviours import HistoryBehaviours
from tests.broker.life_behaviours import LifeBehaviours
from tests.broker.member_behaviours import NamesakeBehaviours


@pytest.fixture
def cluster(kafka: KafkaNode) -> Iterator[RealCluster]:
    """A real Kafka, with what the test opens closed at its end."""
    cluster = RealCluster(kafka.address, elsewhere=True)
    yield cluster
    cluster.close()


class TestReading(ReadingBehaviours):
    """What a poll brings."""


class TestPublishing(PublishingElsewhere):
    """What a transaction holds."""


class TestLives(LifeBehaviours):
    """Topics that are deleted and made anew."""


class TestMembers(MembersElsewhere):
    """Groups."""


class TestNamesakes(NamesakeBehaviours):
    """Two processes with one name."""


class TestHistory(HistoryBehaviours):
    """What was there and what appears later."""


class TestZombies(ZombiesElsewhere):
    """Stopped processes."""
