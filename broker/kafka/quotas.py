"""How many bytes a second a user may read and write at a Kafka, which slows who takes more."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Final

from confluent_kafka import KafkaError

from broker.kafka.connection import Connection
from broker.kafka.faults import REFUSED
from broker.kafka.wire import Answer, text, wired
from schemas.errors import BrokerError

DESCRIBE: Final = 48
ALTER: Final = 49
RATES: Final = ("consumer_byte_rate", "producer_byte_rate")
ONE: Final = struct.pack(">i", 1)
ANY: Final = 2
"""Every user who has a name."""


class KafkaQuotas:
    """Quotas by user. Raises KafkaUnavailable, and BrokerError where we may not."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def limit(self, user: str, bytes_a_second: float | None) -> None:
        """For reading, and for writing, at each server; None: as many as it likes."""
        is_gone = bytes_a_second is None
        rates = b"".join(
            text(rate) + struct.pack(">d?", bytes_a_second or 0.0, is_gone) for rate in RATES
        )
        entity = ONE + text("user") + text(user)
        body = ONE + entity + struct.pack(">i", len(RATES)) + rates + struct.pack(">?", False)
        with wired(self._connection) as wire:
            answer = wire.ask(ALTER, 0, body)
            answer.number("i")  # by how much we are slowed ourselves
            for _ in answer.items():
                self._check(answer)

    def limits(self) -> Mapping[str, float]:
        """Bytes a second, by user who has a quota."""
        body = ONE + text("user") + struct.pack(">b", ANY) + text(None) + struct.pack(">?", True)
        with wired(self._connection) as wire:
            answer = wire.ask(DESCRIBE, 0, body)
            answer.number("i")
            self._check(answer)
            return dict(_limits(answer))

    def _check(self, answer: Answer) -> None:
        code, why = answer.number("h"), answer.text()
        if code:
            place, error = self._connection.entered_as, KafkaError(code)
            remedy = REFUSED.get(code, "see its log")
            raise BrokerError(f"quotas at Kafka at {place}: {why or error.str()}: {remedy}")


def _limits(answer: Answer) -> Iterator[tuple[str, float]]:
    for _ in answer.items():
        users = [(answer.text(), answer.text())[1] for _ in answer.items()]
        rates = {answer.text(): answer.real() for _ in answer.items()}
        if users and users[0] is not None and rates:
            yield users[0], min(rates.values())
