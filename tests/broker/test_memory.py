"""The behaviour suite over the twin in memory: it may stand in for the real Kafka."""

from __future__ import annotations

import pytest

from tests.broker.behaviours import PublishingBehaviours, ReadingBehaviours
from tests.broker.clusters import TwinCluster


@pytest.fixture
def cluster() -> TwinCluster:
    """A twin."""
    return TwinCluster()


class TestReading(ReadingBehaviours):
    """What a poll of the twin brings."""


class TestPublishing(PublishingBehaviours):
    """What a transaction of the twin holds."""
