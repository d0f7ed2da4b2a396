"""The jobs that are held to the law: that of the alerts, and one that counts the words of lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from broker.alerts.counts import filter_sums
from broker.alerts.pipeline import Pipeline
from broker.balance import JobSums
from broker.dead_letters import DeadLetter
from broker.ledger import Counts, Entry
from broker.ports import Clock, Message, Output, size_bytes
from broker.processor import Processed, Processor
from classifiers.classifier import Scoring
from filters.filter_set import FilterSet
from tests.broker.fakes import (
    TOPICS,
    FakeClassifier,
    FakeDecoder,
    FakeEnricher,
    bright,
    filter_set_of,
    number_of,
    packet,
    sharing,
)

BytesMax = Callable[[str], int]


class Job(NamedTuple):
    """What the tests need to know of a job to run it and to judge what came of it."""

    topics: Mapping[str, int]
    """The main topic first, and how large messages each takes."""
    processor: Callable[[BytesMax, Clock], Processor[Any]]
    sums: JobSums
    number_of: Callable[[bytes], int]
    """Of a message on one of the topics, or of what was sent."""
    message: Callable[[int, str], bytes]
    """By number and kind: good, bad (no topic gets it), large and huge."""
    shared: str = ""
    """The topic that filters share, where any do."""
    selects: Mapping[str, Callable[[int], bool]] = MappingProxyType({})
    """Which alerts each of these is to get, by number."""

    @property
    def main_topic(self) -> str:
        return next(iter(self.topics))


PACKETS: Final[Mapping[str, dict[str, Any]]] = {
    "good": {},
    "bad": {"bad": True},
    "large": {"cutouts": 500},
    "huge": {"history": 500},
}
"""In full, large is over the filter's topic; huge is over it even lite."""


BRIGHT: Final = filter_set_of(bright())


def _pipeline(bytes_max: BytesMax, clock: Clock, filters: FilterSet = BRIGHT) -> Pipeline:
    return Pipeline(
        decoder=FakeDecoder(),
        stages=[Scoring(FakeClassifier())],
        filters=filters,
        enricher=FakeEnricher(),
        topics=TOPICS,
        bytes_max=bytes_max,
        clock=clock,
        broker_version="test",
    )


ALERTS: Final = Job(
    topics={TOPICS.enriched: 650, "bright": 450},
    processor=_pipeline,
    sums=filter_sums,
    number_of=number_of,
    message=lambda number, kind: packet(number, **PACKETS[kind]),
)

SHARED_TOPIC: Final = "shared.lite"
SELECTS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "even": lambda number: number % 2 == 0,
    "third": lambda number: number % 3 == 0,
    "never": lambda number: number < 0,
}

SHARED: Final = ALERTS._replace(
    topics={**ALERTS.topics, SHARED_TOPIC: 500},
    processor=lambda bytes_max, clock: _pipeline(
        bytes_max, clock, sharing(SHARED_TOPIC, **SELECTS)
    ),
    shared=SHARED_TOPIC,
    selects=SELECTS,
)

LINES: Final[Mapping[str, bytes]] = {
    "good": b"a star is a sun",
    "bad": b"\xff",
    "large": b"so " * 50,
    "huge": b"and on " * 100,
}
"""Bad is no text; huge is more than the topic of lines takes."""

COUNTED = "counted"


@dataclass(frozen=True)
class WordCounter:
    """A job that knows no alert: each line of text goes on with the number of its words."""

    bytes_max: BytesMax
    topic: str = COUNTED
    dead_letters: str = TOPICS.dead_letters

    def process(self, messages: Sequence[Message]) -> Processed[list[str]]:
        """What is no text dies, and what is too long; its outcome is the words in a row."""
        outputs, dead, words = list[Output](), list[DeadLetter](), list[str]()
        for message in messages:
            made = self._counted(message)
            if isinstance(made, DeadLetter):
                dead.append(made)
            else:
                outputs.append(made)
                words += message.value.decode().split()
        letters_max = self.bytes_max(self.dead_letters)
        letters = [each.output(self.dead_letters, letters_max) for each in dead]
        return Processed(
            outputs=[*outputs, *letters],
            dead=dead,
            counts=Counts(
                {self.topic: len(outputs)} if outputs else {},
                Counter(each.reason for each in dead),
                {"words": Counter(words)},
            ),
            outcome=words,
            steps_s={"count": 0.5},
            notes={"words_in_all": len(words)},
        )

    def _counted(self, message: Message) -> Output | DeadLetter:
        try:
            words = message.value.decode().split()
        except UnicodeDecodeError as error:
            return DeadLetter("no text", str(error), message)
        value = message.value + f" {len(words)}".encode()
        if size_bytes(message.key, value, ()) > self.bytes_max(self.topic):
            return DeadLetter("too long", f"{len(value)} bytes", message)
        return Output(self.topic, message.key, value)


def word_sums(entry: Entry) -> Iterator[str]:
    """Words by word are the words in all."""
    words = sum(entry.counts.details["words"].values())
    if words != entry.notes["words_in_all"]:
        yield f"{words} words of {entry.notes['words_in_all']}"


WORDS: Final = Job(
    topics={COUNTED: 600},
    processor=lambda bytes_max, _: WordCounter(bytes_max),
    sums=word_sums,
    number_of=lambda line: int(line.split()[0]),
    message=lambda number, kind: b"%d %s" % (number, LINES[kind]),
)
