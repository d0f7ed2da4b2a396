"""What can go wrong with Kafka and the engine, as one tree.

BrokerError (schemas/errors.py)
├── SettingsError       the configuration file is wrong
├── KafkaUnavailable    no answer within the configured patience
├── TopicMissing        a topic does not exist and may not be created
├── OffsetGap           the position was forgotten by the topic's retention
├── TopicRemade         a topic was deleted while it was read; seek back and poll again
├── MemberFenced        another live process has this worker's name
├── TransactionAborted  the transaction cannot commit; abort it, seek back, try again
│   └── MembershipOver  another membership of our name came after its own: ask whose it is, too
├── ProducerFenced      the producer's epoch is over; rebuild it, seek back, try again
│   └── ProducerLost    it had no answer for long, and may never have one; rebuild it just so
├── OutputTooLarge      a message over the size that client and topic accept
├── TooManyAborts       no transaction commits; the batch stays uncommitted
├── TooManyDead         more of the stream would die than a setting allows; it stays uncommitted
└── LedgerError         a message on the ledger's topic is no entry
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


class TopicRemade(BrokerError):  # noqa: N818 - named for what was found
    """A topic was deleted while it was read, and perhaps made anew: seek back and poll again."""


class MemberFenced(BrokerError):  # noqa: N818 - Kafka's own word
    """Another live process has this worker's name."""


class TransactionAborted(BrokerError):  # noqa: N818 - Kafka's own word
    """The transaction cannot commit: abort, seek back and try again."""


class MembershipOver(TransactionAborted):
    """The group has another membership of this worker's name: perhaps our own next one."""


class ProducerFenced(BrokerError):  # noqa: N818 - Kafka's own word
    """The producer's epoch is over: rebuild it, seek back and try again."""


class ProducerLost(ProducerFenced):
    """The producer had no answer for so long that it may never have one."""


class OutputTooLarge(BrokerError):  # noqa: N818 - named for what is too large
    """A message is over the size that client and topic accept."""


class TooManyAborts(BrokerError):  # noqa: N818 - named for what was counted
    """Transactions were aborted more often in a row than a setting allows."""


class TooManyDead(BrokerError):  # noqa: N818 - named for what was counted
    """More of the stream would become dead letters than a setting allows."""


class LedgerError(BrokerError):
    """A message on the ledger's topic is no ledger entry."""
