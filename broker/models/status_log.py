"""A control topic as a worker needs it between two batches: Kafka may be away, nothing waits."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from broker.models.records import Record, Status
from broker.models.register import records_of
from broker.ports import Clock, ControlTopic
from schemas.errors import BrokerError

LOG: Final = logging.getLogger("gueststar.models")

RETRY_S: Final = 5.0
"""How long after Kafka did not take a record it is written again."""


class StatusLog:
    """Reads records as they come, and writes what this worker found, sooner or later."""

    def __init__(self, control: ControlTopic, clock: Clock) -> None:
        self._control = control
        self._clock = clock
        self._owed: dict[bytes, Status] = {}
        self._retry_s = -RETRY_S
        self._away = False

    @property
    def owed(self) -> Mapping[bytes, Status]:
        """What Kafka did not take yet, by key."""
        return self._owed

    def present(self) -> list[Record]:
        """Everything. Raises KafkaUnavailable after the configured patience."""
        return list(records_of(self._control.present()))

    def news(self) -> list[Record]:
        """What came since; nothing where Kafka does not answer, which is said once."""
        try:
            messages = self._control.new()
        except BrokerError as error:
            if not self._away:
                LOG.warning("%s; going on with the models that run", error)
            self._away = True
            return []
        self._away = False
        records = list(records_of(messages))
        for record in records:
            # Whoever changed a model since knows better than what we could not write.
            self._owed.pop(record.key, None)
        return records

    def write(self, status: Status) -> None:
        """Now, or once Kafka takes it."""
        try:
            self._control.write(status.key, status.encode())
        except BrokerError as error:
            LOG.warning(
                "model %s is %s here alone, for now: %s", status.name, status.now.state, error
            )
            self._owed[status.key] = status
            self._retry_s = self._clock.monotonic_s()

    def settle(self) -> None:
        """Write what Kafka did not take before, if it is time."""
        if self._owed and self._clock.monotonic_s() - self._retry_s >= RETRY_S:
            owed, self._owed = self._owed, {}
            for status in owed.values():
                self.write(status)

    def close(self) -> None:
        self._control.close()
