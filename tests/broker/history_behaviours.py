"""What was there when a reader came, and what appeared later: a part of the behaviour suite."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing

import pytest

from broker.kafka.connection import Start
from broker.ports import Partition, Source
from tests.broker.behaviours import numbered
from tests.broker.building import PATIENCE_S
from tests.broker.clusters import Cluster

TURNS_MAX = 300
SETTLED_S = 1.0
SETTLING_TURNS = 30
MINE = "durable"
"""A group that outlives its readers; None is a reader that shares nothing."""

with_or_without_a_group = pytest.mark.parametrize("group", [MINE, None])


def take(source: Source, timeout_s: float = 0.1) -> list[bytes]:
    """One poll."""
    came = source.poll(messages_max=1_000, bytes_max=1_000_000, timeout_s=timeout_s)
    return [message.value for message in came]


def arrive(source: Source, *partitions: Partition) -> None:
    """Poll, of which nothing must come, until these partitions are read."""
    assert take(source) == []
    for _ in range(TURNS_MAX):
        if source.positions().keys() >= set(partitions):
            return
        assert take(source) == []
    raise AssertionError(f"{source.positions()}, not {partitions}")


def gather(sources: Sequence[Source], wanted: Sequence[bytes]) -> list[bytes]:
    """What they read in turn until all that is wanted has come, and for a moment after."""
    came: list[bytes] = []
    deadline_s = time.monotonic() + PATIENCE_S
    while Counter(wanted) - Counter(came) and time.monotonic() < deadline_s:
        for source in sources:
            came += take(source)
    for source in sources:
        came += take(source, SETTLED_S)
    return sorted(came)


class HistoryBehaviours:
    """`start` is about what was there; what appears later is read from its first offset."""

    @with_or_without_a_group
    def test_partitions_that_are_added_are_read_whole_and_nothing_twice(
        self, cluster: Cluster, group: str | None
    ) -> None:
        topic = cluster.create(cluster.name())
        cluster.publish(topic, numbered(5))
        with closing(cluster.source([topic], group=group, start="latest")) as source:
            arrive(source, Partition(topic, 0))
            cluster.publish(topic, numbered(3, start=10))
            before = gather([source], numbered(3, start=10))
            assert before == numbered(3, start=10)
            cluster.add_partitions(topic, 3)
            for number in (1, 2):
                cluster.publish(topic, numbered(4, start=20 + 10 * number), partition=number)
            cluster.publish(topic, numbered(2, start=50))
            expected = [*numbered(4, start=30), *numbered(4, start=40), *numbered(2, start=50)]
            came = gather([source], expected)
            # What nobody committed comes again to a group.
            assert (sorted(set(came) - set(before)) if group else came) == expected

    @with_or_without_a_group
    @pytest.mark.parametrize("matched", [0, 1])
    def test_topics_that_a_pattern_comes_to_match_are_read_whole(
        self, cluster: Cluster, group: str | None, matched: int
    ) -> None:
        prefix = cluster.name()
        there = [Partition(f"{prefix}-{night}", 0) for night in range(matched)]
        for partition in there:
            cluster.publish(cluster.create(partition.topic), numbered(5))
        with closing(cluster.source([f"^{prefix}-"], group=group, start="latest")) as source:
            arrive(source, *there)
            topic = cluster.create(f"{prefix}-new", partitions=2)
            for number in range(2):
                cluster.publish(topic, numbered(4, start=10 * number + 10), partition=number)
            expected = [*numbered(4, start=10), *numbered(4, start=20)]
            assert gather([source], expected) == expected

    @with_or_without_a_group
    def test_a_topic_that_was_not_there_is_read_whole(
        self, cluster: Cluster, group: str | None
    ) -> None:
        topic = cluster.name()
        with closing(cluster.source([topic], group=group, start="latest")) as source:
            arrive(source)
            cluster.publish(cluster.create(topic), numbered(5))
            assert gather([source], numbered(5)) == numbered(5)

    @pytest.mark.parametrize("start", ["latest", "earliest"])
    def test_what_appears_while_a_group_is_away_is_read_whole(
        self, cluster: Cluster, start: Start
    ) -> None:
        prefix = cluster.name()
        topic = cluster.create(f"{prefix}-first")
        with closing(cluster.source([f"^{prefix}-"], group=MINE, start=start)) as source:
            arrive(source, Partition(topic, 0))
        cluster.add_partitions(topic, 2)
        cluster.publish(topic, numbered(3, start=10), partition=1)
        cluster.publish(cluster.create(f"{prefix}-second"), numbered(3, start=20))
        with closing(cluster.source([f"^{prefix}-"], group=MINE, start=start)) as source:
            expected = [*numbered(3, start=10), *numbered(3, start=20)]
            assert gather([source], expected) == expected

    def test_a_topic_that_a_group_is_newly_told_of_has_history(self, cluster: Cluster) -> None:
        old, told = cluster.create(cluster.name()), cluster.create(cluster.name())
        with closing(cluster.source([old], group=MINE, start="latest")) as source:
            arrive(source, Partition(old, 0))
        cluster.publish(told, numbered(5))
        with closing(cluster.source([old, told], group=MINE, start="latest")) as source:
            arrive(source, Partition(old, 0), Partition(told, 0))
            cluster.publish(told, numbered(2, start=10))
            assert gather([source], numbered(2, start=10)) == numbered(2, start=10)

    def test_a_topic_made_anew_before_a_member_read_it_is_read_whole(
        self, cluster: Cluster
    ) -> None:
        topic = cluster.create(cluster.name())
        cluster.publish(topic, numbered(5))
        both = [cluster.source([topic], group=MINE, start="latest") for _ in range(2)]
        for _ in range(SETTLING_TURNS):
            assert [take(source) for source in both] == [[], []]
        reads, idle = sorted(both, key=lambda source: len(source.positions()), reverse=True)
        assert (len(reads.positions()), len(idle.positions())) == (1, 0)
        cluster.remake(topic)
        cluster.publish(topic, numbered(3, start=10))
        with closing(idle):
            reads.close()
            assert gather([idle], numbered(3, start=10)) == numbered(3, start=10)

    @pytest.mark.parametrize("nights", [1, 3])
    def test_members_that_come_together_skip_the_same_history(
        self, cluster: Cluster, nights: int
    ) -> None:
        prefix = cluster.name()
        topics = [cluster.create(f"{prefix}-{night}", partitions=3) for night in range(nights)]
        parts = [Partition(topic, number) for topic in topics for number in range(3)]
        for topic, number in parts:
            cluster.publish(topic, numbered(5), partition=number)
        sources = [cluster.source([f"^{prefix}-"], group=MINE, start="latest") for _ in range(2)]
        for _ in range(TURNS_MAX):
            assert [take(source) for source in sources] == [[], []]
            if sum(len(source.positions()) for source in sources) == len(parts):
                break
        for index, (topic, number) in enumerate(parts):
            cluster.publish(topic, [b"part %d" % index], partition=number)
        expected = [b"part %d" % index for index in range(len(parts))]
        # What nobody committed comes again after a rebalance.
        assert sorted(set(gather(sources, expected))) == expected
        for source in sources:
            source.close()

    @pytest.mark.parametrize("start", ["latest", "earliest"])
    def test_a_reader_without_a_group_gets_each_message_once_over_rebalances(
        self, cluster: Cluster, start: Start
    ) -> None:
        prefix = cluster.name()
        topic = cluster.create(f"{prefix}-0")
        cluster.publish(topic, numbered(5, start=10))
        history = numbered(5, start=10) if start == "earliest" else []
        with closing(cluster.source([f"^{prefix}-"], group=None, start=start)) as source:
            came = gather([source], history)
            for night in range(1, 4):
                cluster.publish(topic, numbered(3, start=20 + 10 * night))
                came += gather([source], numbered(3, start=20 + 10 * night))
                cluster.create(f"{prefix}-{night}")
                self.rebalanced(source, night + 1)
            assert came == history + [each for k in (30, 40, 50) for each in numbered(3, start=k)]

    def rebalanced(self, source: Source, count: int) -> None:
        """Poll, of which nothing must come, until it has so many partitions."""
        for _ in range(TURNS_MAX):
            assert take(source) == []
            if len(source.positions()) == count:
                return
        raise AssertionError(f"{source.positions()}, not {count}")
