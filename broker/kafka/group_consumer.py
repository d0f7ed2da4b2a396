"""A group's consumer and its end, which must not depend on an answer of librdkafka's.

librdkafka's own close serves rebalances while its group ends, and a call that a callback makes
then may never be answered (confluentinc/librdkafka, issue 4884, in all versions up to 2.16). So
no callback is left to run when it is called. A member without a name leaves its group first,
which its callbacks are served for here. A static member may not leave, or its partitions would
be dealt out anew: its client is destroyed as it is when the last reference goes, without
callbacks and without a word to the group.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

from broker.kafka.faults import settings_checked
from broker.kafka.watch import LOG, Pulse

LEAVE_S_MAX: Final = 5.0
LEAVE_STEP_S: Final = 0.01
LEAVE_CHUNK_MESSAGES: Final = 1_000
# librdkafka gives up its last request to the group after 5 s.
CLOSE_S_MAX: Final = 10.0

Assigned = Callable[[Consumer, list[TopicPartition]], None]


class GroupConsumer:
    """The one reference to a consumer that is subscribed; ask for it anew at each call.

    settings: librdkafka's, for a member of a group. Raises SettingsError.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        topics: Sequence[str],
        *,
        assigned: Assigned,
        revoked: Assigned,
    ) -> None:
        self._static = "group.instance.id" in settings
        self._pulse = pulse = Pulse()
        hears: Callable[[str], int | None] = settings["stats_cb"]

        def heard(statistics: str) -> None:
            # Holds nothing that holds the consumer: its end is ours to choose, not the collector's.
            pulse.hear(hears(statistics))

        with settings_checked():
            self._consumer: Consumer | None = Consumer({**settings, "stats_cb": heard})
        self._topics = list(topics)
        self._assigned, self._revoked = assigned, revoked
        self.is_over = False
        """Whether its owner is done with this client, or its session over."""
        self._subscribe()

    @property
    def client(self) -> Consumer:
        """The consumer; nobody keeps it."""
        assert self._consumer is not None, "a closed consumer is not asked"
        return self._consumer

    @property
    def member_id(self) -> str:
        """The group's name for it; empty where it is no member now."""
        return "" if self._consumer is None else str(self._consumer.memberid() or "")

    @property
    def is_lost(self) -> bool:
        """Whether another client is to be made."""
        return self.is_over or self._pulse.is_lost

    def _subscribe(self) -> None:
        self.client.subscribe(
            self._topics, on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost
        )

    def _lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """A static member whose session is over does not take its name back unasked."""
        self._revoked(consumer, partitions)
        if self._static and not self.member_id:
            with suppress(KafkaException):  # one that was fenced joins nothing any more
                consumer.unsubscribe()
            self.is_over = True

    def ask_again(self) -> None:
        """Have the group deal its partitions out anew.

        A static member that comes back is given what it had, whatever the topics are now, until
        the group's leader asks a second time.
        """
        self.client.unsubscribe()
        self._subscribe()

    def close(self) -> None:
        """Leave the group, or keep the static membership for a restart. Idempotent.

        Takes LEAVE_S_MAX and CLOSE_S_MAX together at most.
        """
        if self._consumer is not None:
            left = not self._static and self._leave()
            within_patience(self.client.close if left else self._drop)
            self._consumer = None

    def _leave(self) -> bool:
        """Serve what the group says until it has no more to say; whether that came to an end."""
        deadline_s = time.monotonic() + LEAVE_S_MAX
        self.client.unsubscribe()
        while time.monotonic() < deadline_s:
            try:
                came = self.client.consume(LEAVE_CHUNK_MESSAGES, LEAVE_STEP_S)
            except KafkaException:
                return False
            if not came and not self.member_id:
                return True
        return False

    def _drop(self) -> None:
        self._consumer = None


def within_patience(end: Callable[[], object]) -> None:
    """Call what ends a client, and wait for it no longer than CLOSE_S_MAX."""
    thread = threading.Thread(target=end, name="gueststar-close", daemon=True)
    thread.start()
    thread.join(CLOSE_S_MAX)
    if thread.is_alive():
        LOG.warning("a client of Kafka did not end within %.0f s; it is left behind", CLOSE_S_MAX)
