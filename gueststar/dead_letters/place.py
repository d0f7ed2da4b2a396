"""Where a broker's dead letters are, and where they go when they are sent again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from broker.clock import SystemClock
from broker.dead_letters.letters import Letter, Mark, read
from broker.dead_letters.replay import (
    FORGOTTEN,
    Choice,
    Fetch,
    Replay,
    Replayed,
    letters,
    marks,
    packet_of,
)
from broker.errors import SettingsError, TopicMissing
from broker.kafka import KafkaAdmin, KafkaFetcher
from broker.kafka_ports import kafka_sink, source_connection
from broker.ports import Message
from broker.rewind import ToTime
from gueststar.configured import Configured
from gueststar.ending import polls_to_end
from gueststar.filtering.place import operator
from gueststar.start import beginning
from gueststar.subscription import reader
from schemas.suggestion import nearest

REPLAYER = "replay"
"""Behind the letters' topic in the transactional id of all who replay it: nobody else's."""


class Place(Configured):
    """A broker as one who cares for its dead letters sees it."""

    @property
    def topic(self) -> str:
        return self.settings.topics.dead_letters

    def messages(self) -> Iterator[Message]:
        """Everything on the letters' topic, up to where it ends now. Raises TopicMissing."""
        require(self.topic, self.admin().partitions(), "name the broker's with --config")
        with closing(reader(self.connection, self.topic, start="earliest")) as source:
            for came in polls_to_end(source):
                yield from came

    def chosen(self, choice: Choice) -> Iterator[tuple[Letter, Mark | None]]:
        """The letters that are chosen, and whether each was sent again."""
        sent = marks(self.messages())
        return ((each, sent.get(each.identity)) for each in letters(self.messages(), choice))

    def letter(self, key: str) -> tuple[Letter, Mark | None]:
        """The newest letter of a packet by its place. Raises SettingsError where there is none."""
        letter, sent = None, dict[object, Mark]()
        for found in map(read, self.messages()):
            if isinstance(found, Mark):
                sent[found.letter] = found
            elif found is not None and found.key.decode() == key:
                letter = found
        if letter is None:
            raise SettingsError(
                f"no letter {key!r} is on {self.topic}; name one as TOPIC-PARTITION-OFFSET of its"
                " packet, as `gueststar dead-letters list --json` does"
            )
        return letter, sent.get(letter.identity)

    @contextmanager
    def fetcher(self) -> Iterator[Fetch]:
        """Finds messages where they were read: the survey's, and letters sent again."""
        survey = source_connection(self.settings, self.connection)
        with KafkaFetcher(survey) as there, KafkaFetcher(self.connection) as here:
            ours = self.settings.topics.replayed
            yield lambda partition, offset: (here if partition.topic == ours else there)(
                partition, offset
            )

    def save(self, letter: Letter, file: Path) -> None:
        """Write a letter's packet. Raises TopicMissing where nobody holds it any more."""
        with self.fetcher() as fetch:
            message = packet_of(letter, fetch)
        if message is None:
            raise TopicMissing(f"the packet of letter {letter.key.decode()} is gone: {FORGOTTEN}")
        file.write_bytes(message.value)

    def replay(self, choice: Choice, *, to: str | None, limit: int | None) -> Replayed:
        """Send letters again, to the topic that workers read where none is named."""
        target = to or self.replayed()
        sink = kafka_sink(
            self.settings.kafka, (target, self.topic), self.connection, (self.topic, REPLAYER)
        )
        with closing(sink), self.fetcher() as fetch:
            replay = Replay(
                read_all=self.messages,
                fetch=fetch,
                sink=sink,
                letters_topic=self.topic,
                to=target,
                by=operator(),
                clock=SystemClock(),
                withheld=to is not None,
            )
            return replay.run(choice, limit=limit)

    def admin(self) -> KafkaAdmin:
        return KafkaAdmin(self.connection)

    def replayed(self) -> str:
        """The topic that workers read. Raises SettingsError, TopicMissing."""
        settings, admin = self.settings, self.admin()
        topic = settings.topics.replayed
        if settings.is_elsewhere and topic:
            settings = settings.of_letters()
        kafka = settings.kafka
        if not topic:
            raise SettingsError("[topics] replayed is empty; name a topic of the input with --to")
        require(topic, admin.partitions(), "start a worker, which makes it, or name one with --to")
        if kafka.start == "latest" and not admin.has_committed(kafka.group, topic):
            raise TopicMissing(
                f"group {kafka.group} has never read {topic} and begins at its end (start ="
                ' "latest"); start a worker first'
            )
        return topic


def choice_of(reasons: list[str] | None, since: str | None, topic: str | None) -> Choice:
    """What was typed. Raises SettingsError for what is no time."""
    since_ms = None
    if since is not None:
        rewind = beginning(since).rewind
        if not isinstance(rewind, ToTime):
            raise SettingsError(f"--since {since!r} is no time; say 6h, or 2026-11-21T03:00 (UTC)")
        since_ms = rewind.unix_ms
    return Choice(reasons=tuple(reasons or ()), since_ms=since_ms, topic=topic)


def require(topic: str, existing: dict[str, int], remedy: str) -> None:
    """Raises TopicMissing."""
    if topic not in existing:
        raise TopicMissing(f"topic {topic!r} does not exist{nearest(topic, existing)}; {remedy}")
