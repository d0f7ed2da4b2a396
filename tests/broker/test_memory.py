"""The behaviour suite over the twin in memory: it may stand in for the real Kafka."""

from __future__ import annotations

import pytest

from tests.broker.behaviours import PublishingBehaviours, ReadingBehaviours
from tests.broker.clusters import TwinCluster
from tests.broker.elsewhere_behaviours import (
    MembersElsewhere,
    PublishingElsewhere,
    ZombiesElsewhere,
)
from tests.broker.history_behaviours import HistoryBehaviours
from tests.broker.life_behaviours import LifeBehaviours
from tests.broker.member_behaviours import (
    MemberBehaviours,
    NamesakeBehaviours,
    ZombieBehaviours,
)


class Same:
    """Positions are the group's."""

    @pytest.fixture
    def cluster(self) -> TwinCluster:
        """A twin."""
        return TwinCluster()


class Elsewhere:
    """Positions are where the sink writes."""

    @pytest.fixture
    def cluster(self) -> TwinCluster:
        """A twin."""
        return TwinCluster(elsewhere=True)


class TestReading(Same, ReadingBehaviours):
    """What a poll of the twin brings."""


class TestPublishing(Same, PublishingBehaviours):
    """What a transaction of the twin holds."""


class TestLives(Same, LifeBehaviours):
    """Topics of the twin that are deleted and made anew."""


class TestMembers(Same, MemberBehaviours):
    """Groups of the twin."""


class TestNamesakes(Same, NamesakeBehaviours):
    """Two processes with one name on the twin."""


class TestHistory(Same, HistoryBehaviours):
    """What was there and what appears later, in the twin."""


class TestZombies(Same, ZombieBehaviours):
    """Stopped processes on the twin."""


class TestReadingElsewhere(Elsewhere, ReadingBehaviours):
    """The same, of another cluster's group."""


class TestPublishingElsewhere(Elsewhere, PublishingElsewhere):
    """The same, of another cluster's group."""


class TestLivesElsewhere(Elsewhere, LifeBehaviours):
    """The same, of another cluster's group."""


class TestMembersElsewhere(Elsewhere, MembersElsewhere):
    """The same, of another cluster's group."""


class TestNamesakesElsewhere(Elsewhere, NamesakeBehaviours):
    """The same, of another cluster's group."""


class TestHistoryElsewhere(Elsewhere, HistoryBehaviours):
    """The same, of another cluster's group."""


class TestZombiesElsewhere(Elsewhere, ZombiesElsewhere):
    """The same, of another cluster's group."""
