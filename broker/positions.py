"""How far a group has read another cluster's topics, kept in ours and written with what came of it.

A survey's Kafka takes no part in our transactions, so positions are records of a compacted topic
of ours, in the same transaction as the outputs. The survey's Kafka deals partitions out to members
of a group, but it fences nobody at ours. So whoever gets a partition claims it, and may write for
it only while its claim is the only one:

1. A claim is a record of its own key, of partition and transactional id, so that no compaction and
   no other claim hides it.
2. Whoever reads another's claim takes the epoch of that transactional id: what it has open is
   aborted, and it can write no more. Then everything is read, positions too, to the very end.
3. A partition is ours once our claim stands and no other does that we have not fenced since it was
   written. Only then are the others' claims taken back, and the position is the last one written.
4. Who was fenced holds nothing: each new epoch begins with claims that are read again.

What is given back in order has its claim taken back by its holder, and nobody is fenced.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, Protocol

from broker.errors import ProducerFenced, TooManyAborts, TransactionAborted
from broker.lives import Committed
from broker.ports import ControlTopic, Life, Message, Output, Partition, Sink
from schemas.errors import BrokerError

POSITION, BEGINNING, CLAIM = "position", "beginning", "claim"
"""What a record says: how far a partition was read; where it is to begin, which no position is
overruled by; that a worker has it."""
HELD: Final = b"held"
ROUNDS_MAX: Final = 5
"""Claims that are read anew because others came between; then it is tried with the next poll."""


class PositionStore(Protocol):
    """Where a source keeps how far it read, if not in its group: `Positions`, or files."""

    def read(self, partitions: Iterable[Partition]) -> dict[Partition, Committed]:
        """The position of each, as far as it is written now; negative where there is none."""
        ...

    def take(self, partitions: Collection[Partition]) -> bool:
        """Have these be ours, and what others wrote of them be known; whether that is so now."""
        ...

    def commit(self, places: Mapping[Partition, int], lives: Mapping[Partition, Life]) -> None:
        """Write where partitions begin of which nothing was read yet."""
        ...

    def outputs(
        self,
        ends: Mapping[Partition, int],
        starts: Mapping[Partition, int],
        lives: Mapping[Partition, Life],
    ) -> list[Output]:
        """What a sink is to publish with a batch, so that the positions move with it."""
        ...

    def release(self, partitions: Iterable[Partition]) -> None:
        """They are given to others in order."""
        ...

    def rebuild(self) -> None:
        """Begin anew: nothing is ours before it is taken again."""
        ...

    def close(self) -> None:
        """Let go. Idempotent."""
        ...


class Transactions(Sink, Protocol):
    """A sink whose producers are told apart."""

    @property
    def incarnation(self) -> int:
        """Of the present producer; another after each `rebuild`, whoever called it."""
        ...


class Positions:
    """Those of one group, as one worker reads and writes them.

    topic: where they stand. records: the same topic, read whole. writer: the sink's transactional
    id. fence: takes the epoch of another's. What the sink raises passes through all methods.
    """

    def __init__(
        self,
        topic: str,
        records: ControlTopic,
        sink: Transactions,
        *,
        group: str,
        writer: str,
        fence: Callable[[str], object],
    ) -> None:
        """Nothing is read before it is asked for."""
        self._topic = topic
        self._records = records
        self._sink = sink
        self._group = group
        self._writer = writer
        self._fence = fence
        self._known: dict[Partition, Committed] = {}
        self._begun: dict[Partition, Committed] = {}
        self._claims: defaultdict[Partition, set[str]] = defaultdict(set)
        self._fenced: set[tuple[Partition, str]] = set()
        self._held_in: int | None = None

    def read(self, partitions: Iterable[Partition]) -> dict[Partition, Committed]:
        """The position of each, as far as it is written now; negative where there is none."""
        self._learn(self._records.present())
        begun = {each: self._begun.get(each, Committed(-1)) for each in partitions}
        return {each: self._known.get(each, beginning) for each, beginning in begun.items()}

    def take(self, partitions: Collection[Partition]) -> bool:
        """Have these be ours, and what others wrote of them be known; whether that is so now."""
        self._learn(self._records.present())
        is_new = self._held_in != self._sink.incarnation
        if is_new:
            self._fenced.clear()
        for _ in range(ROUNDS_MAX):
            # First, in each epoch: a writer whose own is over fences nobody, or two of them would
            # fence each other for ever.
            mine = self._claims
            self._claim([p for p in partitions if is_new or self._writer not in mine[p]])
            is_new = False
            self._fence_all(self._rivals(partitions))
            self._learn(self._records.complete())
            if not self._rivals(partitions) and self._claimed(partitions):
                self._held_in = self._sink.incarnation
                self._clear(partitions)
                return True
        return False

    def commit(self, places: Mapping[Partition, int], lives: Mapping[Partition, Life]) -> None:
        """Write positions in a transaction of their own; of others' partitions, beginnings."""
        mine = {each: at for each, at in places.items() if self._writer in self._claims[each]}
        begun = {each: _committed(at, lives.get(each)) for each, at in places.items()}
        others = [
            self._record((BEGINNING,), each, _value(place))
            for each, place in begun.items()
            if each not in mine
        ]
        self._write([*self.outputs(mine, {}, lives), *others])
        self._known |= {each: begun[each] for each in mine}

    def outputs(
        self,
        ends: Mapping[Partition, int],
        starts: Mapping[Partition, int],
        lives: Mapping[Partition, Life],
    ) -> list[Output]:
        """The records that a transaction is to hold: of the partitions that moved.

        Raises ProducerFenced where the sink has another epoch than that of the claims,
        TransactionAborted where a partition is not ours.
        """
        if self._held_in != self._sink.incarnation:
            raise ProducerFenced(f"{self._writer} has to claim its partitions again")
        self._learn(self._records.new())
        moved = {each: at for each, at in ends.items() if starts.get(each) != at}
        if not self._claimed(moved):
            raise TransactionAborted(f"{self._writer} has given back what it would commit")
        return [
            self._record((POSITION,), each, _value(_committed(at, lives.get(each))))
            for each, at in moved.items()
        ]

    def release(self, partitions: Iterable[Partition]) -> None:
        """Take the claims back of partitions that are given to others in order."""
        mine = [each for each in partitions if self._writer in self._claims[each]]
        if self._held_in == self._sink.incarnation:
            self._write([self._claim_record(each, self._writer, b"") for each in mine])
            for each in mine:
                self._claims[each].discard(self._writer)

    def rebuild(self) -> None:
        """Begin a new epoch of our own; nothing is ours before it is taken again."""
        self._sink.rebuild()

    def close(self) -> None:
        """Let go. Idempotent."""
        self._records.close()

    def _rivals(self, partitions: Collection[Partition]) -> dict[str, list[Partition]]:
        """Who else claims some of them and was not fenced since, and which."""
        found = defaultdict[str, list[Partition]](list)
        for partition in partitions:
            for writer in self._claims[partition] - {self._writer}:
                if (partition, writer) not in self._fenced:
                    found[writer].append(partition)
        return found

    def _fence_all(self, rivals: Mapping[str, Iterable[Partition]]) -> None:
        for writer, partitions in rivals.items():
            self._fence(writer)
            self._fenced.update((each, writer) for each in partitions)

    def _claimed(self, partitions: Iterable[Partition]) -> bool:
        return all(self._writer in self._claims[each] for each in partitions)

    def _claim(self, partitions: Sequence[Partition]) -> None:
        self._write([self._claim_record(each, self._writer, HELD) for each in partitions])

    def _clear(self, partitions: Iterable[Partition]) -> None:
        """Take the claims back of those that are fenced, so that they are fenced once."""
        others = [(p, writer) for p in partitions for writer in self._claims[p] - {self._writer}]
        self._write([self._claim_record(each, writer, b"") for each, writer in others])
        for each, writer in others:
            self._claims[each].discard(writer)
            self._fenced.discard((each, writer))

    def _write(self, outputs: Sequence[Output]) -> None:
        """In a transaction of their own, which is ended however it fails."""
        if not outputs:
            return
        try:
            self._sink.begin()
            self._sink.produce(outputs)
            self._sink.commit()
        except ProducerFenced:
            raise  # the next epoch ends it
        except BrokerError:
            self._abort()
            raise

    def _abort(self) -> None:
        """Aborting may fail as well, and is done again. Raises TooManyAborts: it is open still."""
        for _ in range(ROUNDS_MAX):
            try:
                self._sink.abort()
            except TransactionAborted as error:
                last = error
            else:
                return
        raise TooManyAborts(f"a transaction of {self._writer} does not end: {last}") from last

    def _learn(self, messages: Iterable[Message]) -> None:
        for message in messages:
            kind, group, topic, number, *writer = json.loads(message.key or b"[]")
            partition = Partition(topic, number)
            if group != self._group:
                continue
            if kind == POSITION:
                self._known[partition] = _place(message.value)
            elif kind == BEGINNING:
                self._begun[partition] = _place(message.value)
            elif message.value:
                self._claims[partition].add(writer[0])
                self._fenced.discard((partition, writer[0]))
            else:
                self._claims[partition].discard(writer[0])

    def _claim_record(self, partition: Partition, writer: str, value: bytes) -> Output:
        return self._record((CLAIM, writer), partition, value)

    def _record(self, kind: tuple[str, ...], partition: Partition, value: bytes) -> Output:
        key = json.dumps([kind[0], self._group, *partition, *kind[1:]]).encode()
        return Output(self._topic, key, value)


def _committed(at: int, life: Life | None) -> Committed:
    return Committed(at, life.name if life else "")


def _value(place: Committed) -> bytes:
    return json.dumps(place._asdict()).encode()


def _place(value: bytes) -> Committed:
    return Committed(**json.loads(value))
