"""Subscribers of a chaotic night: one without a group, and one that is too slow for its group."""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import closing
from threading import Event, Thread

from broker.kafka import Connection
from gueststar.subscription import connected

POLL_S = 0.5


class Reader(Thread):
    """Reads a topic until told to stop; `seen` counts alerts by their id.

    group: None for none. dawdles: at how many alerts, of the first `among`, it stays for
    `dawdle_s`.
    """

    def __init__(
        self,
        connection: Connection,
        topic: str,
        *,
        group: str | None = None,
        dawdles: int = 0,
        among: int = 1,
        dawdle_s: float = 0.0,
        seed: int = 0,
    ) -> None:
        super().__init__(name=f"reader {group}", daemon=True)
        self.seen: Counter[int] = Counter()
        self.dawdled = 0
        self.error: BaseException | None = None
        self._connection = connection
        self._topic = topic
        self._group = group
        self._slow_at = set(random.Random(seed).sample(range(1, among + 1), dawdles))
        self._dawdle_s = dawdle_s
        self._over = Event()

    def run(self) -> None:
        """Read, alert by alert."""
        try:
            with closing(
                connected(self._connection, self._topic, group=self._group, start="earliest")
            ) as subscription:
                for alert in subscription.until(self._over.is_set):
                    self.seen[alert.alert_id] += 1
                    if len(self.seen) in self._slow_at:
                        self._slow_at.discard(len(self.seen))
                        self.dawdled += 1
                        time.sleep(self._dawdle_s)
        except BaseException as error:
            self.error = error

    def finish(self, alerts: int, patience_s: float) -> None:
        """Return when it has seen so many different ones, or `patience_s` are over; it ends."""
        deadline_s = time.monotonic() + patience_s
        while len(self.seen) < alerts and self.is_alive() and time.monotonic() < deadline_s:
            time.sleep(POLL_S)
        time.sleep(2 * POLL_S)  # a double would come now
        self._over.set()
        self.join(patience_s)
        if self.error is not None:
            raise self.error
