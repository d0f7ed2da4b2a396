"""An AdminClient that is asked again while Kafka gives no answer, and replaced where it is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from functools import partial
from typing import Any, Final, TypeVar

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from broker.errors import KafkaUnavailable
from broker.kafka.connection import Connection
from broker.kafka.faults import UNKNOWN_TOPIC, error_of, passes, settings_checked
from broker.kafka.group_consumer import within_patience

Answer = TypeVar("Answer")

LEFT_BEHIND: Final[list[AdminClient]] = []
"""Clients with a question that nobody answered, kept as long as the process lives."""
ANSWERED_S_MAX: Final = 8.0
"""Questions are given up earlier; less than what the end of a client is waited for."""

ANSWER_S_MAX: Final = 10.0
DONE_S_MAX: Final = ANSWER_S_MAX + 2.0
GIVEN_UP: Final = {"request_timeout": ANSWER_S_MAX}
"""So that no question is still open when its client may be replaced (`Asking.close`)."""
ASK_INTERVAL_S: Final = 0.1
KEPT_S_MIN: Final = 4.0
"""A client without an answer is kept for as long: that is what an answer may take."""


class Asking:
    """One client at a time, made where it is first needed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._client: AdminClient | None = None
        self._made_s = 0.0
        self._open: list[Future[Any]] = []

    @property
    def client(self) -> AdminClient:
        """The present one; nobody keeps it."""
        if self._client is None:
            with settings_checked():
                self._client = AdminClient(
                    {
                        **self._connection.silent_client(),
                        "error_cb": self._connection.watch.hear_error,
                    }
                )
            self._made_s = time.monotonic()
        return self._client

    def check(self) -> None:
        """Raises SettingsError where no client can be made."""
        _ = self.client

    def hear(self) -> None:
        """Hear what is wrong with a client that has no answer.

        Raises BrokerError where Kafka has never let us in: no call of the client says that.
        """
        self.client.poll(0)
        self._connection.watch.check_entry()

    def asked(self, futures: Iterable[Future[Any]]) -> None:
        """Note what is not waited for: no client ends before it is answered (`close`)."""
        self._open = [each for each in (*self._open, *futures) if not each.done()]

    def close(self) -> None:
        """Let the client go; another is made where something is asked again.

        A client that ends with a question open may take the process with it (seen with
        confluent-kafka 2.16, one of some thousand times), so it is answered, or ends, first.
        """
        if self._client is not None:
            client, self._client = [self._client], None
            open_, self._open = self._open, []
            within_patience(partial(_end, client, open_))

    def renew(self) -> None:
        """Have another client asked: one without an answer may have forgotten all servers.

        See `Watch.hear_statistics`. One that is as good as new is kept, however soon it failed.
        """
        if time.monotonic() > self._made_s + KEPT_S_MIN:
            self.close()

    def insist(self, question: Callable[[], Answer | None]) -> Answer:
        """Its answer, asked for again while there is none (None) and patience lasts.

        question: asks `client`, and raises what that does. Raises KafkaUnavailable, BrokerError
        where Kafka does not let us in, and what `question` raises that no repetition can mend.
        """
        watch = self._connection.watch
        deadline_s = time.monotonic() + self._connection.patience_s
        while (answer := _answered(question)) is None:
            self.hear()
            watch.away()
            if time.monotonic() > deadline_s:
                raise KafkaUnavailable(watch.complaint())
            self.renew()
            time.sleep(ASK_INTERVAL_S)
        watch.back()
        return answer


def _end(client: list[AdminClient], open_: Sequence[Future[Any]]) -> None:
    """Drop the only reference, once nothing is open; one that never is so stays."""
    if wait_for(open_, ANSWERED_S_MAX).not_done:
        LEFT_BEHIND.extend(client)
    client.clear()


def _answered(question: Callable[[], Answer | None]) -> Answer | None:
    try:
        return question()
    except TimeoutError:
        return None
    except KafkaException as raised:
        error = error_of(raised)
        if error.code() in UNKNOWN_TOPIC or not passes(error):
            raise
        return None
