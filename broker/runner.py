"""The loop: poll, process, and publish all of a batch with its offsets in one transaction.

The law: every consumed message ends exactly once, as published or as a dead letter, and the ledger
says so. It rests on five rules, each learnt from a Kafka that broke the naive code:

1. What a batch becomes, its ledger entry and its offsets are one transaction.
2. After an abort the source is sent back to where the batch began; Kafka's client does not do it.
3. A fenced producer is rebuilt only by a process that the group still has as its member, and then
   starts from what the group has committed: the answer to a commit may have been lost.
4. A process joins the group before it takes its transactional id. Of two with one name the older
   is thus fenced as a member, stops, and never fences the younger in turn. But a membership may
   also be ended by our own next one, after an outage: so the group is asked who has the name.
5. A batch is published once it is certain that its topics are those that its partitions were
   placed in: a topic deleted and made anew has the name and the offsets of its predecessor.
6. While a batch is published the next may be polled and processed. If the first fails both are
   given back, to what the group has committed: it may have dealt the partitions out anew meanwhile.
   A source that is asked for its partitions gives them back once that batch is over
   (`Publishing.wait`), or it would be aborted for no more than that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple

from broker.dead_letters import NOT_PUBLIC, DeadLetterBound
from broker.errors import (
    MembershipOver,
    OutputTooLarge,
    ProducerFenced,
    TooManyAborts,
    TopicMissing,
    TopicRemade,
    TransactionAborted,
)
from broker.headers import JSON
from broker.ledger import Delivery, Entry, ranges
from broker.observer import POLL, PUBLISH, BatchReport, Observer, Observers, Outcome, Phase
from broker.ports import Clock, Life, Message, Output, Partition, Sink, Source
from broker.processor import Processed, Processor
from broker.publishing import Pending, Publishing
from schemas.errors import BrokerError

GIVEN_BACK = (TransactionAborted, ProducerFenced, OutputTooLarge, TopicMissing, TopicRemade)
"""Failures after which a batch is polled again: none of it was committed, or Kafka knows.

A topic that went missing is asked for anew then: a filter's stops that filter, any other us.
"""


UNDER_WAY_WAIT_S: Final = 0.01
"""How long a poll waits while a batch is published: its end is to be told soon."""


@dataclass(frozen=True)
class RunLimits:
    """The bounds of the loop."""

    poll_messages_max: int = 1_000
    poll_bytes_max: int = 64_000_000
    poll_wait_s: float = 0.5
    """How long a poll waits for a first message, and so at most how late a stop is heard."""
    aborts_max: int = 10
    """Aborted transactions in a row, after which the worker stops."""
    backoff_s: float = 0.05
    """Pause after an abort, doubled with each further one in a row."""
    backoff_s_max: float = 5.0
    release_wait_s: float = 5.0
    """How long partitions are kept, when the group wants them back, for what is being published:
    it is committed before others get them, and is not given up. All members wait meanwhile."""

    def pause_s(self, aborts: int) -> float:
        """How long to wait after that many aborts in a row."""
        return min(self.backoff_s_max, self.backoff_s * 2.0 ** (aborts - 1))


class Batch(NamedTuple):
    """One poll's messages, and what must be known to commit them or to give them back."""

    messages: Sequence[Message]
    starts: Mapping[Partition, int]
    ends: Mapping[Partition, int]
    lives: Mapping[Partition, Life]
    group: object
    """The membership in which it was polled: after a rebalance it may not be committed."""
    polled_unix_s: float
    poll_s: float


@dataclass
class Publication(Generic[Outcome]):
    """A batch that is published, or was; `end` gives how long its transaction took, in seconds."""

    batch: Batch
    processed: Processed[Outcome]
    entry: Entry
    phase: Phase = Phase.SCORING
    end: Pending | None = None


class Runner(Generic[Outcome]):
    """One worker: owns its source and its sink, and closes both."""

    def __init__(
        self,
        *,
        worker: str,
        source: Source,
        sink: Sink,
        processor: Processor[Outcome],
        ledger_topic: str,
        main_topic: str,
        clock: Clock,
        delivery: Delivery = Delivery.EXACTLY_ONCE,
        limits: RunLimits = RunLimits(),
        bound: DeadLetterBound | None = None,
        observer: Observer[Outcome] | None = None,
        between: Callable[[], None] | None = None,
        cluster: str = "",
        publishing: Publishing | None = None,
    ) -> None:
        """`main_topic`: where the job publishes each message that does not die, once.

        `delivery` only names what the sink does, for the ledger; so does `cluster` the source's
        Kafka, where that is another than the sink's.

        `between` is called before each poll, outside transactions: what changes between two
        batches changes there.

        `publishing` carries transactions out while the next batch is processed; None: not so. It
        is for a sink that needs nothing of the source but its token.
        """
        self._worker = worker
        self._source = source
        self._sink = sink
        self._processor = processor
        self._ledger_topic = ledger_topic
        self._main_topic = main_topic
        self._clock = clock
        self._delivery = delivery
        self._limits = limits
        self._bound = bound or DeadLetterBound()
        self._observer = observer or Observers[Outcome]()
        self._between = between
        self._cluster = cluster
        self._publishing = publishing
        self._under_way: Publication[Outcome] | None = None
        self._incarnation = int(clock.now_s() * 1e3)
        self._phase = Phase.JOINING
        self._committed = 0
        self._aborts = 0
        self._stopping = False

    def stop(self) -> None:
        """Finish the batch at hand, commit it and leave. May be called from a signal handler."""
        self._stopping = True

    def run(self) -> None:
        """Work until `stop`. Raises BrokerError, one line, where it cannot go on.

        Whatever it raises, what is committed is whole, and the next run goes on from there.
        """
        with closing(self._source), closing(self._sink):
            try:
                self.start()
                while not self._stopping:
                    self.step()
                self._settle()
            finally:
                if self._under_way is not None and self._under_way.end is not None:
                    self._under_way.end.exception()  # the sink is not closed below it
        self._enter(Phase.STOPPED)

    def start(self) -> None:
        """Join the group, then take the transactional id: in this order, see rule 4."""
        self._enter(Phase.JOINING)
        self._source.join()
        self._sink.rebuild()

    def step(self) -> None:
        """One poll, and the batch it brings: published, or given back to be polled again."""
        batch = self._poll()
        if batch is None:
            if self._is_over():
                self._settle()
            return
        self._enter(Phase.SCORING)
        processed = self._processor.process(batch.messages)
        died = [each for each in processed.dead if each.reason != NOT_PUBLIC]
        self._bound.check(len(batch.messages), died)
        if not self._settle(batch.starts):
            return
        try:
            self._source.confirm_lives()
        except GIVEN_BACK as error:
            self._give_back(batch.starts, error)
            return
        self._hand_over(batch, processed)

    def _hand_over(self, batch: Batch, processed: Processed[Outcome]) -> None:
        """Have a batch published: now, or while the next one is processed."""
        one = Publication(batch, processed, self._entry(batch, processed))
        self._under_way = one
        if self._publishing is None:
            self._settle()
        else:
            one.end = self._publishing.submit(lambda: self._publish(one))

    def _is_over(self) -> bool:
        """Whether nothing is being published any more."""
        one = self._under_way
        return one is None or one.end is None or one.end.done()

    def _settle(self, later: Mapping[Partition, int] | None = None) -> bool:
        """Wait for what is being published, and tell of it; False where it had to be given back.

        later: where a batch began that was polled since; it is given back, too.
        """
        one, self._under_way = self._under_way, None
        if one is None:
            return True
        try:
            publish_s = self._publish(one) if one.end is None else one.end.result()
        except GIVEN_BACK as error:
            self._phase = one.phase
            self._give_back({**(later or {}), **one.batch.starts}, error)
            return False
        self._committed, self._aborts = self._committed + 1, 0
        steps_s = {POLL: one.batch.poll_s, **one.processed.steps_s, PUBLISH: publish_s}
        self._observer.on_batch(self._report(one.entry, one.processed, steps_s))
        return True

    def _poll(self) -> Batch | None:
        if self._aborts:
            self._clock.sleep(self._limits.pause_s(self._aborts))
        if self._between is not None:
            self._between()
        self._enter(Phase.POLLING)
        began_s = self._clock.monotonic_s()
        messages = self._source.poll(
            messages_max=self._limits.poll_messages_max,
            bytes_max=self._limits.poll_bytes_max,
            timeout_s=self._limits.poll_wait_s if self._is_over() else UNDER_WAY_WAIT_S,
        )
        if not messages:
            return None
        return Batch(
            messages,
            self._source.starts(),
            self._source.positions(),
            self._source.lives(),
            self._source.group(),
            self._clock.now_s(),
            self._clock.monotonic_s() - began_s,
        )

    def _publish(self, one: Publication[Outcome]) -> float:
        """Rule 1, and how long it took. Opened only now: readers wait behind what is open."""
        began_s = self._clock.monotonic_s()
        record = Output(self._ledger_topic, self._worker.encode(), one.entry.encode(), JSON)
        self._sink.begin()
        self._enter(Phase.OPEN, one)
        self._sink.produce([*one.processed.outputs, record])
        self._sink.send_offsets(one.entry.ends, one.batch.group)
        self._enter(Phase.OFFSETS_SENT, one)
        self._enter(Phase.COMMITTING, one)
        self._sink.commit()
        return self._clock.monotonic_s() - began_s

    def _entry(self, batch: Batch, processed: Processed[Outcome]) -> Entry:
        return Entry(
            worker=self._worker,
            incarnation=self._incarnation,
            sequence=self._committed,
            delivery=self._delivery,
            polled_unix_s=batch.polled_unix_s,
            published_unix_s=self._clock.now_s(),
            main_topic=self._main_topic,
            ranges=ranges(batch.messages, batch.starts, batch.ends, batch.lives),
            counts=processed.counts,
            cluster=self._cluster,
            notes=processed.notes,
        )

    def _report(
        self, entry: Entry, processed: Processed[Outcome], steps_s: Mapping[str, float]
    ) -> BatchReport[Outcome]:
        return BatchReport(
            entry=entry,
            steps_s=steps_s,
            committed_unix_s=self._clock.now_s(),
            lag=self._source.lag(),
            dead=processed.dead,
            outcome=processed.outcome,
        )

    def _give_back(self, starts: Mapping[Partition, int], error: BrokerError) -> None:
        """Make as if nothing had been polled from there on, however often that fails in turn."""
        waiting: BrokerError | None = error
        while waiting is not None:
            self._count_abort(waiting)
            try:
                self._source.seek(self._retreat(starts, waiting))
                waiting = None
            except GIVEN_BACK as again:
                waiting = again

    def _retreat(
        self, starts: Mapping[Partition, int], error: BrokerError
    ) -> Mapping[Partition, int]:
        """End the transaction; where to read on from: rules 2, 3, 4 and 6."""
        if isinstance(error, ProducerFenced):
            self._source.confirm_member()
            self._sink.rebuild()
        else:
            self._sink.abort()
            if isinstance(error, MembershipOver):
                self._source.confirm_member()
            elif self._publishing is None:
                return starts
        return {**starts, **self._source.committed()}

    def _count_abort(self, error: BrokerError) -> None:
        self._aborts += 1
        self._observer.on_abort(error, self._phase)
        if self._aborts > self._limits.aborts_max:
            raise TooManyAborts(
                f"worker {self._worker}: {self._aborts} transactions in a row were aborted, the"
                f" last because: {error}; see to that, then start it again (limit: aborts_max)"
            ) from error

    def _enter(self, phase: Phase, of: Publication[Outcome] | None = None) -> None:
        """The loop's phase, or that of what is published beside it."""
        if of is None:
            self._phase = phase
        else:
            of.phase = phase
        self._observer.on_phase(phase)
