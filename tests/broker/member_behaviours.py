"""Groups, restarts and zombies: the second half of the suite that behaviours.py begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from broker.errors import MemberFenced, MembershipOver, ProducerFenced, TransactionAborted
from broker.ports import Partition
from schemas.errors import BrokerError
from tests.broker.behaviours import numbered, poll_until, values
from tests.broker.building import SESSION_S, TRANSACTION_S
from tests.broker.clusters import Cluster
from tests.broker.workers import LocalWorker, StoppableWorker, Worker

LONG_S = max(SESSION_S, TRANSACTION_S) + 1
SHORT_S = 0.5
MARKS_S = 0.1
TURNS_MAX = 200


def drive(cluster: Cluster, workers: Sequence[Worker], output: str, count: int) -> list[bytes]:
    """Let the workers take turns until that many messages are out; all that is out then."""
    published = 0
    for _ in range(TURNS_MAX):
        published += sum(worker.step(output, 0.1) for worker in workers)
        if published >= count:
            break
    return whole(cluster, output, count)


def whole(cluster: Cluster, output: str, count: int) -> list[bytes]:
    """All that is out, once so much is: a commit is answered before its marks can be read."""
    for _ in range(TURNS_MAX):
        if len(found := cluster.read(output)) >= count:
            break
        cluster.rest(MARKS_S)
    return found


def shared(workers: Sequence[LocalWorker], output: str, wanted: list[int]) -> list[set[Partition]]:
    """Let the workers take turns until they have so many partitions each; which they are then."""
    for _ in range(TURNS_MAX):
        shares = [set(worker.source.positions()) for worker in workers]
        if [len(share) for share in shares] == wanted:
            return shares
        for worker in workers:
            worker.step(output, 0.1)
    raise AssertionError(f"the members do not come to have {wanted} partitions: {shares}")


def fault_of(*steps: Callable[[], None]) -> BrokerError | None:
    """What the first step that fails raises."""
    try:
        for step in steps:
            step()
    except BrokerError as error:
        return error
    return None


def revive(zombie: Worker, fault: BrokerError, other: Worker, output: str) -> int:
    """Let it recover while the other one takes turns, as a rebalance waits for all."""
    published = 0
    with ThreadPoolExecutor() as pool:
        recovery = pool.submit(zombie.recover, fault)
        while True:
            try:
                recovery.result(SHORT_S)
            except TimeoutError:
                published += other.step(output, 0.1)
            else:
                return published


class MemberBehaviours:
    """Who owns a partition, and who may commit."""

    def test_two_members_share_the_partitions_and_double_nothing(self, cluster: Cluster) -> None:
        topic, output = cluster.create(cluster.name(), partitions=4), cluster.create(cluster.name())
        for partition in range(4):
            cluster.publish(topic, numbered(50, start=50 * partition), partition=partition)
        first = cluster.worker(topic, name="one", outputs=[output])
        # The second comes later: a member that nobody polls would hold up the first one's entry.
        polls = (len(first.poll(messages_max=30)) for _ in range(TURNS_MAX))
        polled = next(count for count in polls if count)
        second = cluster.worker(topic, name="two", outputs=[output])
        first.produce(output)
        first.send()
        first.commit()
        assert sorted(drive(cluster, [first, second], output, 200 - polled)) == sorted(
            numbered(200)
        )
        shares = shared([first, second], output, [2, 2])
        assert shares[0].isdisjoint(shares[1])
        for partition in range(4):
            start = 200 + 50 * partition
            cluster.publish(topic, numbered(50, start=start), partition=partition)
        assert sorted(drive(cluster, [first, second], output, 200)) == sorted(numbered(400))
        assert shared([first, second], output, [2, 2]) == shares

    def test_a_member_at_work_may_commit_while_another_one_enters(self, cluster: Cluster) -> None:
        topic, output = cluster.create(cluster.name(), partitions=2), cluster.create(cluster.name())
        cluster.publish(topic, numbered(10))
        first = cluster.worker(topic, name="one", outputs=[output])
        poll_until(first, 10)
        second = cluster.worker(topic, name="two", outputs=[output])
        assert second.poll(timeout_s=1) == []
        first.produce(output)
        first.send()
        first.commit()
        cluster.publish(topic, numbered(10, start=10))
        assert sorted(drive(cluster, [first, second], output, 10)) == sorted(numbered(20))

    def test_a_batch_of_an_earlier_membership_may_not_be_committed(self, cluster: Cluster) -> None:
        topic, output = cluster.create(cluster.name(), partitions=2), cluster.create(cluster.name())
        cluster.publish(topic, numbered(10))
        first = cluster.worker(topic, name="one", outputs=[output])
        poll_until(first, 10)
        earlier = first.source.group()
        ends = first.source.positions()
        second = cluster.worker(topic, name="two", outputs=[output])
        for _ in range(TURNS_MAX):
            first.source.poll(messages_max=1, bytes_max=1, timeout_s=0.1)
            second.poll(timeout_s=0.1)
            if second.source.positions():
                break
        first.sink.rebuild()
        first.sink.begin()
        with pytest.raises(TransactionAborted):
            first.sink.send_offsets(ends, earlier)
        first.sink.abort()

    def test_a_topic_that_appears_later_is_read_from_its_start(self, cluster: Cluster) -> None:
        topic, output = cluster.name(), cluster.create(cluster.name())
        worker = cluster.worker(topic, outputs=[output])
        worker.join()
        assert worker.poll(timeout_s=0.5) == []
        cluster.create(topic)
        cluster.publish(topic, numbered(5))
        assert values(poll_until(worker, 5)) == numbered(5)

    def test_a_killed_worker_has_its_partitions_back_at_once(self, cluster: Cluster) -> None:
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(9))
        worker = cluster.process(topic, outputs=[output], transaction_s=60)
        worker.join()
        worker.poll(messages_max=5)
        worker.produce(output)
        worker.send()
        worker.kill()
        began_s = cluster.clock.monotonic_s()
        again = cluster.worker(topic, outputs=[output])
        again.join()
        assert drive(cluster, [again], output, 9) == numbered(9)
        assert cluster.clock.monotonic_s() - began_s < 30

    def test_what_a_dead_worker_owned_goes_to_the_others(self, cluster: Cluster) -> None:
        topic, output = cluster.create(cluster.name(), partitions=2), cluster.create(cluster.name())
        for partition in range(2):
            cluster.publish(topic, numbered(10, start=10 * partition), partition=partition)
        dead = cluster.process(topic, outputs=[output], name="dead")
        dead.join()
        dead.poll()
        dead.produce(output)
        dead.kill()
        cluster.rest(LONG_S)
        heir = cluster.worker(topic, outputs=[output], name="heir")
        assert sorted(drive(cluster, [heir], output, 20)) == sorted(numbered(20))


class NamesakeBehaviours:
    """Two live processes with one worker's name."""

    def test_the_older_one_is_fenced_as_a_member(self, cluster: Cluster) -> None:
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(5))
        older = cluster.worker(topic, outputs=[output])
        older.join()
        poll_until(older, 5)
        younger = cluster.worker(topic, outputs=[output])
        younger.join()
        with pytest.raises(MemberFenced, match="one"):
            older.source.confirm_member()
        with pytest.raises(MemberFenced, match="one"):
            for _ in range(TURNS_MAX):
                older.poll(timeout_s=0.1)
        younger.source.confirm_member()
        assert drive(cluster, [younger], output, 5) == numbered(5)

    def test_they_do_not_fence_each_other_in_turn(self, cluster: Cluster) -> None:
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(5))
        older = cluster.worker(topic, outputs=[output])
        older.join()
        poll_until(older, 5)
        older.produce(output)
        younger = cluster.worker(topic, outputs=[output])
        younger.join()
        fault = fault_of(older.send, older.commit)
        assert isinstance(fault, ProducerFenced | MembershipOver)
        with pytest.raises(MemberFenced):
            older.recover(ProducerFenced("whatever was raised"))
        assert drive(cluster, [younger], output, 5) == numbered(5)
        cluster.publish(topic, numbered(5, start=5))
        assert drive(cluster, [younger], output, 5) == numbered(10)

    def test_one_that_was_stopped_meanwhile_does_not_take_its_name_back(
        self, cluster: Cluster
    ) -> None:
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(5))
        older = cluster.process(topic, outputs=[output])
        older.join()
        assert len(older.poll()) == 5
        older.suspend()
        cluster.rest(LONG_S)
        younger = cluster.worker(topic, outputs=[output])
        younger.join()
        older.resume()
        with pytest.raises(MemberFenced, match="one"):
            for _ in range(TURNS_MAX):
                older.step(output, 0.1)
        younger.source.confirm_member()
        assert drive(cluster, [younger], output, 5) == numbered(5)


class ZombieBehaviours:
    """A process that is stopped in a transaction, and goes on when others have given it up."""

    @pytest.mark.parametrize("sent", [False, True], ids=["before_offsets", "after_offsets"])
    def test_stopped_for_less_than_the_time_outs_it_goes_on(
        self, cluster: Cluster, sent: bool
    ) -> None:
        topic, output = cluster.create(cluster.name(), partitions=2), cluster.create(cluster.name())
        cluster.publish(topic, numbered(10))
        zombie = self.stopped(cluster, topic, output, sent=sent)
        cluster.rest(SHORT_S)
        zombie.resume()
        if not sent:
            zombie.send()
        zombie.commit()
        assert cluster.read(output) == numbered(10)

    @pytest.mark.parametrize("sent", [False, True], ids=["before_offsets", "after_offsets"])
    def test_stopped_for_longer_it_doubles_nothing(self, cluster: Cluster, sent: bool) -> None:
        topic, output = cluster.create(cluster.name(), partitions=2), cluster.create(cluster.name())
        cluster.publish(topic, numbered(10))
        zombie = self.stopped(cluster, topic, output, sent=sent)
        cluster.rest(LONG_S)
        heir = cluster.worker(topic, outputs=[output], name="heir")
        assert drive(cluster, [heir], output, 10) == numbered(10)
        zombie.resume()
        fault = fault_of(*(() if sent else (zombie.send,)), zombie.commit)
        assert isinstance(fault, ProducerFenced | TransactionAborted)
        assert revive(zombie, fault, heir, output) == 0
        cluster.publish(topic, numbered(10, start=10), partition=1)
        cluster.publish(topic, numbered(10, start=20), partition=0)
        assert sorted(drive(cluster, [zombie, heir], output, 20)) == sorted(numbered(30))

    def test_offsets_sent_and_its_session_over_it_may_still_commit(self, cluster: Cluster) -> None:
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(10))
        zombie = self.stopped(cluster, topic, output, sent=True, transaction_s=60)
        cluster.rest(LONG_S)
        heir = cluster.worker(topic, outputs=[output], name="heir")
        assert heir.poll(timeout_s=1) == []
        zombie.resume()
        zombie.commit()
        cluster.publish(topic, numbered(10, start=10))
        assert sorted(drive(cluster, [zombie, heir], output, 10)) == sorted(numbered(20))

    def test_offsets_not_sent_and_its_session_over_it_may_not_commit(
        self, cluster: Cluster
    ) -> None:
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(10))
        zombie = self.stopped(cluster, topic, output, sent=False, transaction_s=60)
        cluster.rest(LONG_S)
        heir = cluster.worker(topic, outputs=[output], name="heir")
        heir.join()
        zombie.resume()
        with pytest.raises(TransactionAborted) as fault:
            zombie.send()
        published = revive(zombie, fault.value, heir, output)
        out = drive(cluster, [zombie, heir], output, 10 - published)
        assert sorted(out) == sorted(numbered(10))

    def stopped(
        self, cluster: Cluster, topic: str, output: str, *, sent: bool, transaction_s: float = 3
    ) -> StoppableWorker:
        """A worker that holds ten messages in an open transaction, and is stopped."""
        zombie = cluster.process(
            topic, outputs=[output], name="zombie", transaction_s=transaction_s
        )
        zombie.join()
        assert len(zombie.poll()) == 10
        zombie.produce(output)
        if sent:
            zombie.send()
        zombie.suspend()
        return zombie
