"""The publishing side of the twin: transactions with epochs, or plain delivery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from broker.errors import OutputTooLarge, ProducerFenced, TransactionAborted
from broker.memory.cluster import MESSAGE_BYTES_MAX, MemoryKafka
from broker.memory.faults import Call
from broker.memory.group import Membership
from broker.memory.log import State, Transaction
from broker.ports import Output, Partition

TRANSACTION_S = 10.0
"""After so long the coordinator aborts an open transaction and fences its producer."""


class MemorySink:
    """A transactional `Sink` of a `MemoryKafka`; `name` is its transactional id."""

    def __init__(
        self,
        kafka: MemoryKafka,
        *,
        name: str,
        transaction_s: float = TRANSACTION_S,
        bytes_max: int = MESSAGE_BYTES_MAX,
    ) -> None:
        """No producer yet: `rebuild` takes the transactional id."""
        self._kafka = kafka
        self.name = name
        self._transaction_s = transaction_s
        self._bytes_max = bytes_max
        self._epoch = -1
        self._transaction: Transaction | None = None
        self._failed = False
        self._gone = False

    @property
    def incarnation(self) -> int:
        """The epoch."""
        return self._epoch

    def rebuild(self) -> None:
        """Take the id: what an earlier holder left open is aborted, and it is fenced."""
        self._strike("rebuild")
        self._epoch = self._kafka.claim(self.name)
        self._transaction, self._failed = None, False

    def begin(self) -> None:
        self._enter("begin")
        assert self._transaction is None, "the last transaction was neither committed nor aborted"
        self._transaction = self._kafka.open(self.name, self._transaction_s)

    def produce(self, outputs: Sequence[Output]) -> None:
        """Write messages that nobody sees yet. Raises OutputTooLarge at the first too large."""
        self._enter("produce")
        for output in outputs:
            require_size(output, self._bytes_max)
            self._kafka.publish(transaction=self._transaction, **output._asdict())

    def send_offsets(self, offsets: Mapping[Partition, int], group: object) -> None:
        """Put offsets into the transaction, pending until it ends."""
        self._enter("send_offsets")
        assert isinstance(group, Membership), "the token is that of MemorySource.group"
        assert self._transaction is not None, "offsets are sent within a transaction"
        if group.positions is not None:
            self.produce(group.positions.outputs(offsets, group.starts, group.lives))
            return
        self._guarded(group)
        self._transaction.offsets.setdefault(group.group, {}).update(group.committed(offsets))

    def commit(self) -> None:
        """Make everything since `begin` visible, offsets included."""
        self._require_epoch()
        if self._failed:
            raise TransactionAborted(f"{self.name}: the transaction failed; abort it")
        fault = self._kafka.faults.due("commit", self.name)
        if fault is None or fault.applied:
            self._kafka.end(self.name, State.COMMITTED)
            self._transaction = None
        if fault is not None:
            self._raise(fault.error, f"fault at commit {fault.nth}")

    def abort(self) -> None:
        """Give up everything since `begin`. Readers pass over what was written."""
        self._enter("abort")
        if self._transaction is not None:
            self._kafka.end(self.name, State.ABORTED)
        self._transaction, self._failed = None, False

    def bytes_max(self, topic: str) -> int:
        return min(self._bytes_max, self._kafka.topic_bytes_max(topic))

    def close(self) -> None:
        """Abort what is open, if it is ours still."""
        if not self._gone and self._transaction is not None and self._is_current():
            self._kafka.end(self.name, State.ABORTED)
        self._gone = True

    def kill(self) -> None:
        """As `kill -9` does: what is open stays open until its time-out."""
        self._gone = True

    def _enter(self, at: Call) -> None:
        """What every call begins with: time's work, the epoch, and the fault that is due."""
        self._require_epoch()
        self._strike(at)

    def _strike(self, at: Call) -> None:
        fault = self._kafka.faults.due(at, self.name)
        if fault is not None:
            self._raise(fault.error, f"fault at {at} {fault.nth}")

    def _raise(self, error: type[Exception], text: str) -> None:
        """Fail as Kafka would: a fenced producer's transaction is aborted by the coordinator."""
        self._failed = True
        if error is ProducerFenced:
            self._kafka.claim(self.name)
        raise error(text)

    def _guarded(self, group: Membership) -> None:
        """A refused membership leaves a transaction that can only be aborted."""
        try:
            self._kafka.group(group.group).require(group)
        except TransactionAborted:
            self._failed = True
            raise

    def _is_current(self) -> bool:
        return self._epoch >= 0 and self._kafka.epoch(self.name) == self._epoch

    def _require_epoch(self) -> None:
        assert not self._gone, "a closed sink does nothing"
        self._kafka.tick()
        if not self._is_current():
            raise ProducerFenced(
                f"{self.name}: the producer's epoch is over; its transaction timed out, or"
                " another process has its name"
            )


def require_size(output: Output, bytes_max: int) -> None:
    """Raises OutputTooLarge where a message is over what the client sends."""
    if output.size_bytes > bytes_max:
        raise OutputTooLarge(
            f"a message of {output.size_bytes} bytes for topic {output.topic}, and the client sends"
            f" {bytes_max} at most; raise message.max.bytes"
        )
