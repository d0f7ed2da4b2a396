"""Dead letters sent again, once each, whoever is killed or comes twice while it is done.

A packet and the mark of its letter are one transaction. All replays of one topic of letters have
one transactional id: who begins ends what an earlier one left open, and fences it. Only then are
the marks read, so what they say is all that was ever sent, and nobody adds to it.

A mark stands in its letter's partition, behind it: retention forgets the letter first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from broker.dead_letters.letters import NOT_PUBLIC, Identity, Letter, Mark, read
from broker.errors import ProducerFenced, ProducerLost, TooManyAborts, TransactionAborted
from broker.headers import JSON
from broker.ports import Clock, Message, Output, Partition, Sink
from schemas.errors import BrokerError

BATCH_LETTERS_MAX: Final = 100
BATCH_BYTES_MAX: Final = 8_000_000
"""A transaction ends at so many letters or bytes of packets."""

ABORTS_MAX: Final = 10
"""Aborted transactions in a row, after which a replay ends."""

FORGOTTEN: Final = "the letter does not hold it, and its topic holds it no more"
WITHHELD: Final = "not everybody may see it; name with --to a topic whose readers may"
TOO_LARGE: Final = "it is larger than {to} takes"

ReadAll = Callable[[], Iterable[Message]]
"""Everything on the letters' topic, up to where it ends when this is called."""

Fetch = Callable[[Partition, int], Message | None]
"""The message at an offset; None where its topic does not hold it any more."""


@dataclass(frozen=True)
class Choice:
    """Which letters are meant; what is left out means all."""

    reasons: tuple[str, ...] = ()
    """Begin of what a letter's reason and detail say: "unknown schema", "truncated: at byte 7"."""
    since_ms: int | None = None
    until_ms: int | None = None
    """Letters written in [since, until), ms since 1970."""
    topic: str | None = None
    """Where the packets lay."""
    as_set: bool = False
    """Whether alerts that were withheld, as is set, are meant though no reason is named."""

    def takes(self, letter: Letter) -> bool:
        said = f"{letter.reason}: {letter.detail}"
        wanted = said.startswith(self.reasons) if self.reasons else self._by_itself(letter)
        return (
            wanted
            and (self.since_ms is None or letter.written_ms >= self.since_ms)
            and (self.until_ms is None or letter.written_ms < self.until_ms)
            and self.topic in (None, letter.source.topic)
        )

    def _by_itself(self, letter: Letter) -> bool:
        """Whether it is one where no reason is named."""
        return self.as_set or letter.reason != NOT_PUBLIC


class Missed(NamedTuple):
    """A letter whose packet cannot be sent."""

    letter: Letter
    why: str


@dataclass
class Replayed:
    """What a replay did."""

    sent: int = 0
    sent_before: int = 0
    """Letters that were chosen and had been sent again already."""
    missed: list[Missed] = field(default_factory=list)


def marks(messages: Iterable[Message]) -> dict[Identity, Mark]:
    """The marks of letters that were sent again, by identity."""
    found = (read(each) for each in messages)
    return {mark.letter: mark for mark in found if isinstance(mark, Mark)}


def letters(messages: Iterable[Message], choice: Choice) -> Iterator[Letter]:
    """The chosen ones, each once: plain delivery may have written one twice."""
    seen = set[Identity]()
    for message in messages:
        letter = read(message)
        if isinstance(letter, Letter) and letter.identity not in seen and choice.takes(letter):
            seen.add(letter.identity)
            yield letter


def packet_of(letter: Letter, fetch: Fetch) -> Message | None:
    """The message that died, from the letter or from where it lay; None where it is gone."""
    if letter.original is not None:
        return letter.original
    found = fetch(letter.source, letter.offset)
    return found if found is not None and letter.describes(found.value) else None


class Replay:
    """Sends letters' packets to a topic that workers read, and marks them."""

    def __init__(
        self,
        *,
        read_all: ReadAll,
        fetch: Fetch,
        sink: Sink,
        letters_topic: str,
        to: str,
        by: str,
        clock: Clock,
        withheld: bool = False,
    ) -> None:
        """`sink`: of the transactional id that all replays of these letters share.

        `by` is who asks for it, for the marks. `withheld`: whether the readers of `to` may see
        what not everybody may.
        """
        self._read_all = read_all
        self._fetch = fetch
        self._sink = sink
        self._letters_topic = letters_topic
        self._to = to
        self._by = by
        self._clock = clock
        self._withheld = withheld

    def run(self, choice: Choice, *, limit: int | None = None) -> Replayed:
        """Send what is chosen and was never sent, at most `limit` of it.

        Raises BrokerError where another replay began meanwhile, ProducerLost where Kafka gives no
        answer, TooManyAborts where it takes nothing; what was sent by then is marked.
        """
        done = Replayed()
        try:
            self._sink.rebuild()
            sent = marks(self._read_all())
            for batch in _batches(self._due(choice, sent, limit, done)):
                self._send(batch)
                done.sent += len(batch)
        except ProducerLost:
            raise
        except ProducerFenced as error:
            raise BrokerError(
                f"another replay of {self._letters_topic} began, so this one ends; what it has"
                " sent is marked, and the other sends the rest"
            ) from error
        return done

    def _due(
        self, choice: Choice, sent: dict[Identity, Mark], limit: int | None, done: Replayed
    ) -> Iterator[tuple[Letter, Message]]:
        """What is to be sent; what is not is noted in `done`."""
        left = limit
        for letter in letters(self._read_all(), choice):
            if left == 0:
                return
            if letter.identity in sent:
                done.sent_before += 1
                continue
            if letter.withheld and not self._withheld:
                done.missed.append(Missed(letter, WITHHELD))
                continue
            message = packet_of(letter, self._fetch)
            if message is None:
                done.missed.append(Missed(letter, FORGOTTEN))
            elif self._output(message).size_bytes > self._sink.bytes_max(self._to):
                done.missed.append(Missed(letter, TOO_LARGE.format(to=self._to)))
            else:
                left = None if left is None else left - 1
                yield letter, message

    def _send(self, batch: Sequence[tuple[Letter, Message]]) -> None:
        """One transaction; again where Kafka gives it up."""
        outputs = [each for pair in batch for each in self._outputs(*pair)]
        for aborts in range(ABORTS_MAX + 1):
            try:
                self._sink.begin()
                self._sink.produce(outputs)
                self._sink.commit()
                return
            except TransactionAborted as error:
                self._sink.abort()
                if aborts == ABORTS_MAX:
                    raise TooManyAborts(
                        f"{ABORTS_MAX} transactions in a row were aborted, the last because:"
                        f" {error}; see to that, then replay again"
                    ) from error

    def _outputs(self, letter: Letter, message: Message) -> Iterator[Output]:
        mark = Mark(letter.identity, self._to, self._by, self._clock.now_s())
        yield self._output(message)
        # By the letter's key to the letter's partition; its own, as compaction keeps one a key.
        key = b"replayed " + letter.key
        yield Output(self._letters_topic, key, mark.encode(), JSON, partition_key=letter.key)

    def _output(self, message: Message) -> Output:
        return Output(self._to, message.key, message.value, message.headers)


def _batches(
    pairs: Iterable[tuple[Letter, Message]],
) -> Iterator[list[tuple[Letter, Message]]]:
    """Up to both bounds; at least one letter, however large it is."""
    batch: list[tuple[Letter, Message]] = []
    size = 0
    for letter, message in pairs:
        full = len(batch) == BATCH_LETTERS_MAX or size + len(message.value) > BATCH_BYTES_MAX
        if batch and full:
            yield batch
            batch, size = [], 0
        batch.append((letter, message))
        size += len(message.value)
    if batch:
        yield batch
