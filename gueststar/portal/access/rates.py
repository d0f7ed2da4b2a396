"""How many requests somebody may make: a bucket each, which fills by the minute."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

MINUTE_S = 60.0
BUCKETS_MAX = 20_000
"""Of those who came last; who was forgotten begins with a full one."""


@dataclass
class Bucket:
    """What somebody has left, and when that was."""

    left: float
    at_s: float


class Rates:
    """Requests by who asks."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._buckets: dict[str, Bucket] = {}
        self._lock = Lock()

    def wait_s(self, who: str, per_minute: int) -> float:
        """0 where a request is allowed, and then it is counted; else how long until one is."""
        now_s, per_s = self._now_s(), per_minute / MINUTE_S
        with self._lock:
            bucket = self._buckets.pop(who, None) or Bucket(per_minute, now_s)
            bucket.left = min(per_minute, bucket.left + (now_s - bucket.at_s) * per_s)
            bucket.at_s = now_s
            self._buckets[who] = bucket  # Those who came last stand last.
            if len(self._buckets) > BUCKETS_MAX:
                self._buckets.pop(next(iter(self._buckets)))
            if bucket.left < 1:
                return (1 - bucket.left) / per_s
            bucket.left -= 1
            return 0.0
