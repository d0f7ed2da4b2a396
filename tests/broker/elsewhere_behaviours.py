"""What is otherwise where positions stand at another cluster: dead and slow workers are fenced.

The rest of the suite (behaviours.py, member_behaviours.py) goes for both.
"""

from __future__ import annotations

import pytest

from broker.errors import ProducerFenced, TransactionAborted
from tests.broker.behaviours import PublishingBehaviours, numbered, poll_until, values
from tests.broker.clusters import Cluster
from tests.broker.member_behaviours import (
    LONG_S,
    TURNS_MAX,
    MemberBehaviours,
    ZombieBehaviours,
    drive,
    fault_of,
    revive,
)


class PublishingElsewhere(PublishingBehaviours):
    """As `PublishingBehaviours`."""

    def test_pending_offsets_hold_up_the_next_owner(self, cluster: Cluster) -> None:
        """They do not: it ends the transaction that they are in."""
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(3))
        dead = cluster.process(topic, outputs=[output], name="dead", transaction_s=60)
        dead.join()
        assert len(dead.poll()) == 3
        dead.produce(output)
        dead.send()
        dead.kill()
        cluster.rest(LONG_S)
        heir = cluster.worker(topic, outputs=[output], name="heir")
        assert values(poll_until(heir, 3)) == numbered(3)


class MembersElsewhere(MemberBehaviours):
    """As `MemberBehaviours`."""

    def test_a_batch_of_an_earlier_membership_may_not_be_committed(self, cluster: Cluster) -> None:
        topic, output = cluster.create(cluster.name(), partitions=2), cluster.create(cluster.name())
        cluster.publish(topic, numbered(10))
        cluster.publish(topic, numbered(10, start=10), partition=1)
        first = cluster.worker(topic, name="one", outputs=[output])
        poll_until(first, 20)
        earlier, ends = first.source.group(), first.source.positions()
        second = cluster.worker(topic, name="two", outputs=[output])
        for _ in range(TURNS_MAX):
            first.source.poll(messages_max=1, bytes_max=1, timeout_s=0.1)
            second.poll(timeout_s=0.1)
            if second.source.positions() and first.source.positions():
                break
        first.sink.begin()
        with pytest.raises(TransactionAborted, match="given back"):
            first.sink.send_offsets(ends, earlier)
        first.sink.abort()

    def test_who_began_another_epoch_claims_anew(self, cluster: Cluster) -> None:
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(10))
        worker = cluster.worker(topic, outputs=[output])
        assert values(worker.poll(messages_max=5)) == numbered(5)
        worker.sink.rebuild()
        worker.produce(output)
        fault = fault_of(worker.send)
        assert isinstance(fault, ProducerFenced)
        worker.recover(fault)
        assert drive(cluster, [worker], output, 10) == numbered(10)


class ZombiesElsewhere(ZombieBehaviours):
    """As `ZombieBehaviours`: whoever takes its partitions over ends what it has open."""

    def test_offsets_sent_and_its_session_over_it_may_still_commit(self, cluster: Cluster) -> None:
        """It may not."""
        self.fenced(cluster, sent=True)

    def test_offsets_not_sent_and_its_session_over_it_may_not_commit(
        self, cluster: Cluster
    ) -> None:
        self.fenced(cluster, sent=False)

    def fenced(self, cluster: Cluster, *, sent: bool) -> None:
        """The heir does not wait for the zombie's transaction, and nothing is doubled."""
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(10))
        zombie = self.stopped(cluster, topic, output, sent=sent, transaction_s=60)
        cluster.rest(LONG_S)
        heir = cluster.worker(topic, outputs=[output], name="heir")
        assert drive(cluster, [heir], output, 10) == numbered(10)
        zombie.resume()
        fault = fault_of(*(() if sent else (zombie.send,)), zombie.commit)
        assert isinstance(fault, ProducerFenced | TransactionAborted)
        published = revive(zombie, fault, heir, output)
        cluster.publish(topic, numbered(10, start=10))
        drive(cluster, [zombie, heir], output, 10 - published)
        assert sorted(cluster.read(output)) == sorted(numbered(20))
