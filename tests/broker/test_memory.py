"""The behaviour suite over the twin in memory: it may stand in for the real Kafka."""

from __future__ import annotations

import pytest

from tests.broker.behaviours import PublishingBehaviours, ReadingBehaviours
from tests.broker.clusters import TwinCluster
from tests.broker.history_behaviours import HistoryBehaviours
from tests.broker.life_behaviours import LifeBehaviours
from tests.broker.member_behaviours import (
    MemberBehaviours,
    NamesakeBehaviours,
    ZombieBehaviours,
)


@pytest.fixture
def cluster() -> TwinCluster:
    """A twin."""
    return TwinCluster()


class TestReading(ReadingBehaviours):
    """What a poll of the twin brings."""


class TestPublishing(PublishingBehaviours):
    """What a transaction of the twin holds."""


class TestLives(LifeBehaviours):
    """Topics of the twin that are deleted and made anew."""


class TestMembers(MemberBehaviours):
    """Groups of the twin."""


class TestNamesakes(NamesakeBehaviours):
    """Two processes with one name on the twin."""


class TestHistory(HistoryBehaviours):
    """What was there and what appears later, in the twin."""


class TestZombies(ZombieBehaviours):
    """Stopped processes on the twin."""
