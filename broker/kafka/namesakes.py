"""Who has a worker's name in its group: what Kafka's word for a fence does not say.

A static member is fenced by whoever joins with its name, and no member id, after it. That may be
another process. But librdkafka gives its own id up where a session ended, and joins without one,
in places even while its rebalance callback still waits to be served (`rd_kafka_cgrp_rejoin`): then
we are our own successor, and fence what was begun before. And a coordinator that was killed knows
the ids that it had written down, of which the last may be an earlier one of ours.

So the group is asked. An id that was ours is ours. One that never was is another process's if it
outlasts a session: one that nobody bears, of a join whose answer was lost, is dropped by then.

The older of librdkafka's two ways of asking is taken, though the client calls it deprecated: the
newer one ends the process where the coordinator goes away (its issue 4605, open in 2.16).
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable
from typing import Final

from confluent_kafka import KafkaException

from broker.errors import MemberFenced
from broker.kafka.asking import Asking
from broker.kafka.connection import Connection
from broker.kafka.faults import error_of, refused

ANSWER_S_MAX: Final = 2.0
ASK_INTERVAL_S: Final = 0.2
GRACE_S: Final = 2.0
"""Beyond a session: how late a group drops who is silent."""
NOBODY: Final = ""
SUFFIX: Final = len("-00000000-0000-0000-0000-000000000000")
"""What Kafka adds to a static member's name for its id."""


class Namesakes:
    """Other live processes that bear one worker's name. worker: None has none."""

    def __init__(
        self,
        connection: Connection,
        group: str,
        worker: str | None,
        session_s: float,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is asked before it has to be."""
        self._connection = connection
        self._group = group
        self._worker = worker
        self._now_s = monotonic_s
        self._asking = Asking(connection)
        self._unborne_s_max = session_s + GRACE_S
        self._ours = {NOBODY}
        self._asked_s = self._foreign_s = -math.inf
        self._is_foreign = False

    def note(self, member_id: str) -> None:
        """What the group calls us now."""
        self._ours.add(member_id)

    def are_none(self, member_id: str) -> bool:
        """Whether nobody else has the name, who is called so at present; False: not known yet.

        Asks now and then. Raises MemberFenced where another live process has it.
        """
        now_s = self._now_s()
        if self._worker is None:
            return True
        if now_s < self._asked_s + ASK_INTERVAL_S:
            return False
        self.note(member_id)
        holder, self._asked_s = self._holder(), self._now_s()
        if not self._is_foreign:
            self._foreign_s = now_s
        # Not known, that counts anew: a coordinator that comes back gives all a whole session.
        self._is_foreign = holder is not None and holder not in self._ours
        if self._is_foreign and now_s > self._foreign_s + self._unborne_s_max:
            raise MemberFenced(
                f"another live process is worker {self._worker!r} of group {self._group!r}; stop"
                " one of them, or give it a --worker name of its own"
            )
        return holder in self._ours

    def require_none(self, member_id: str) -> None:
        """Return once nobody else has the name. Raises MemberFenced, KafkaUnavailable."""
        deadline_s = self._now_s() + self._connection.patience_s
        while not self.are_none(member_id):
            if not self._is_foreign:
                self._connection.require_time(deadline_s)
            time.sleep(ASK_INTERVAL_S)

    def close(self) -> None:
        """Let go. Idempotent."""
        self._asking.close()

    def _holder(self) -> str | None:
        """The member id that has the name; None where Kafka does not say now."""
        try:
            with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
                groups = self._asking.client.list_groups(self._group, timeout=ANSWER_S_MAX)
        except KafkaException as raised:
            if (denied := refused(error_of(raised))) is not None:
                raise denied from raised
            self._asking.renew()
            return None
        if any(each.error for each in groups):
            return None
        ids = [member.id for group in groups for member in group.members]
        return next((each for each in ids if each[:-SUFFIX] == self._worker), NOBODY)
