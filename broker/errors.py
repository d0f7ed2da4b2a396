"""What can go wrong with Kafka and the engine, as one tree.

BrokerError (schemas/errors.py)
├── SettingsError       the configuration file is wrong
├── KafkaUnavailable    no answer within the configured patience
├── TopicMissing        a topic does not exist and may not be created
├── OffsetGap           the position was forgotten by the topic's retention
├── MemberFenced        another live process has this worker's name
├── TransactionAborted  the transaction cannot commit; abort it, seek back, try again
├── ProducerFenced      the producer's epoch is over; rebuild it, seek back, try again
└── OutputTooLarge      a message over the size that client and topic accept
"""

from schemas.errors import BrokerError


class SettingsError(BrokerError):
    """The configuration file is wrong."""


class KafkaUnavailable(BrokerError):  # noqa: N818 - the state of a server, not of a program
    """Kafka gave no answer within the configured patience."""


class TopicMissing(BrokerError):  # noqa: N818 - named for what is missing
    """A topic does not exist and may not be created."""


class OffsetGap(BrokerError):  # noqa: N818 - named for what was found
    """The position was forgotten by the topic's retention: alerts may be lost."""


class MemberFenced(BrokerError):  # noqa: N818 - Kafka's own word
    """Another live process has this worker's name."""


class TransactionAborted(BrokerError):  # noqa: N818 - Kafka's own word
    """The transaction cannot commit: abort, seek back and try again."""


class ProducerFenced(BrokerError):  # noqa: N818 - Kafka's own word
    """The producer's epoch is over: rebuild it, seek back and try again."""


class OutputTooLarge(BrokerError):  # noqa: N818 - named for what is too large
    """A message is over the size that client and topic accept."""
