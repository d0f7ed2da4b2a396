"""What becomes of a reader whose topic is deleted and made anew: one suite for both Kafkas.

A stranger adds a way in which topics come and go as one more test; `exactly` asks for the law.
"""

from __future__ import annotations

import pytest

import broker.kafka.lives
import broker.memory.source
from broker.errors import TopicRemade
from broker.ports import Life, Partition
from tests.broker.behaviours import numbered
from tests.broker.clusters import Cluster
from tests.broker.workers import LocalWorker

STEP_S = 0.5
STEPS_MAX = 120
STEPS_AFTER = 4
"""A double would come within them."""


def step(cluster: Cluster, worker: LocalWorker, output: str) -> None:
    """One turn of the loop, as the engine does it."""
    worker.step(output, STEP_S)


def exactly(cluster: Cluster, worker: LocalWorker, output: str, contents: list[bytes]) -> None:
    """Let the worker go on until it has published these, and see that it has, each once."""
    left = STEPS_MAX
    while len(cluster.read(output)) < len(contents):
        step(cluster, worker, output)
        left -= 1
        assert left, f"{len(cluster.read(output))} of {len(contents)} were published"
    for _ in range(STEPS_AFTER):
        step(cluster, worker, output)
    assert sorted(cluster.read(output)) == sorted(contents)


def began(worker: LocalWorker, output: str) -> bool:
    """Whether a poll brought something of which a transaction could be begun."""
    if not worker.poll(STEP_S):
        return False
    try:
        worker.produce(output)
    except TopicRemade as error:
        worker.recover(error)
        return False
    return True


class LifeBehaviours:
    """A topic that bears a name after another, under a worker that reads it."""

    @pytest.mark.parametrize("after", [60, 30, 10])
    def test_a_topic_made_anew_is_read_from_its_beginning(
        self, cluster: Cluster, after: int
    ) -> None:
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(30))
        worker = cluster.worker(topic, outputs=[output])
        worker.join()
        exactly(cluster, worker, output, numbered(30))
        before = worker.source.lives()[Partition(topic, 0)]
        cluster.remake(topic)
        cluster.publish(topic, numbered(after, start=30))
        exactly(cluster, worker, output, numbered(30 + after))
        assert worker.source.positions() == {Partition(topic, 0): after}
        assert worker.source.lives()[Partition(topic, 0)].name != before.name

    def test_a_topic_made_anew_twice_is_read_as_the_last(self, cluster: Cluster) -> None:
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(5))
        worker = cluster.worker(topic, outputs=[output])
        worker.join()
        exactly(cluster, worker, output, numbered(5))
        for _ in range(2):
            cluster.remake(topic)
        cluster.publish(topic, numbered(9, start=5))
        exactly(cluster, worker, output, numbered(14))

    def test_what_was_polled_of_two_topics_of_one_name_is_given_back(
        self, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for room in (broker.kafka.lives, broker.memory.source):
            monkeypatch.setattr(room, "LOOK_INTERVAL_S", 3_600.0)
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(3))
        worker = cluster.worker(topic, outputs=[output])
        worker.join()
        exactly(cluster, worker, output, numbered(3))
        cluster.remake(topic)
        cluster.publish(topic, numbered(8, start=3))
        # The client goes on at its old offset, in the new topic, unless it has heard of that.
        if began(worker, output):
            worker.send()
            worker.commit()
        exactly(cluster, worker, output, numbered(11))

    def test_a_worker_that_was_away_finds_the_new_topic(self, cluster: Cluster) -> None:
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(6))
        worker = cluster.worker(topic, outputs=[output])
        worker.join()
        exactly(cluster, worker, output, numbered(6))
        worker.close()
        cluster.remake(topic)
        cluster.publish(topic, numbered(9, start=6))
        again = cluster.worker(topic, outputs=[output])
        again.join()
        exactly(cluster, again, output, numbered(15))

    def test_what_is_committed_late_of_a_deleted_topic_is_not_believed(
        self, cluster: Cluster
    ) -> None:
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(6))
        worker = cluster.worker(topic, outputs=[output])
        worker.join()
        assert len(worker.poll()) == 6
        worker.produce(output)
        cluster.remake(topic)
        cluster.publish(topic, numbered(9, start=6))
        worker.send()
        worker.commit()
        worker.close()
        again = cluster.worker(topic, outputs=[output])
        again.join()
        exactly(cluster, again, output, numbered(15))

    @pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1)])
    def test_a_topic_made_anew_may_have_another_number_of_partitions(
        self, cluster: Cluster, before: int, after: int
    ) -> None:
        topic, output = cluster.create(cluster.name(), partitions=before), cluster.name()
        cluster.create(output)
        for number in range(before):
            cluster.publish(topic, numbered(4, start=4 * number), partition=number)
        worker = cluster.worker(topic, outputs=[output])
        worker.join()
        exactly(cluster, worker, output, numbered(4 * before))
        cluster.remake(topic, partitions=after)
        for number in range(after):
            cluster.publish(topic, numbered(7, start=100 + 7 * number), partition=number)
        expected = numbered(4 * before) + numbered(7 * after, start=100)
        exactly(cluster, worker, output, expected)

    def test_a_topic_that_stays_deleted_is_waited_for(self, cluster: Cluster) -> None:
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(5))
        worker = cluster.worker(topic, outputs=[output])
        worker.join()
        exactly(cluster, worker, output, numbered(5))
        cluster.delete(topic)
        for _ in range(STEPS_AFTER):
            step(cluster, worker, output)
        cluster.create(topic)
        cluster.publish(topic, numbered(7, start=5))
        exactly(cluster, worker, output, numbered(12))

    def test_an_output_made_anew_gets_what_comes_after(self, cluster: Cluster) -> None:
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(5))
        worker = cluster.worker(topic, outputs=[output])
        worker.join()
        exactly(cluster, worker, output, numbered(5))
        cluster.remake(output)
        cluster.publish(topic, numbered(7, start=5))
        exactly(cluster, worker, output, numbered(7, start=5))

    def test_what_a_deleted_topic_took_with_it_is_told_until_a_commit(
        self, cluster: Cluster
    ) -> None:
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(10))
        worker, partition = cluster.worker(topic, outputs=[output]), Partition(topic, 0)
        worker.join()
        assert len(worker.poll(messages_max=4)) == 4
        worker.produce(output)
        worker.send()
        worker.commit()
        before = worker.source.lives()[partition]
        cluster.remake(topic)
        cluster.publish(topic, numbered(2, start=10))
        while not began(worker, output):
            pass
        life = worker.source.lives()[partition]
        assert (life.before, life.before_end) == (before.name, 10)
        worker.send()
        worker.commit()
        worker.poll(STEP_S)
        assert worker.source.lives()[partition] == Life(life.name)
        assert sorted(cluster.read(output)) == sorted(numbered(4) + numbered(2, start=10))
