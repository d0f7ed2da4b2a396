"""Names the filters of a configuration that hold up the stream: nobody pauses those by itself.

Deployed ones are timed in broker/deployments/inspection.py; one that costs too much is paused.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final, TypeVar

LOG: Final = logging.getLogger("gueststar.filters")

BATCH_S_MAX: Final = 0.1
"""Less than this is never slow: the machine may have been busy."""
ALERT_US_MAX: Final = 100.0
"""An alert, by the wall clock, for a filter may wait as well as compute; most take under 5."""
SAID_INTERVAL_S: Final = 60.0
"""Between two lines about one filter."""

Answer = TypeVar("Answer")


class Slowness:
    """Times filters by name. `now_s`: seconds from any zero."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._said_s: dict[str, float] = {}

    def timed(self, name: str, alerts: int, ask: Callable[[], Answer]) -> Answer:
        """What a filter answers; a line in the log where that took too long."""
        began_s = self._now_s()
        answer = ask()
        now_s = self._now_s()
        took_s = now_s - began_s
        said_s = self._said_s.get(name)
        recent = said_s is not None and now_s - said_s < SAID_INTERVAL_S
        if took_s > max(BATCH_S_MAX, alerts * ALERT_US_MAX / 1e6) and not recent:
            self._said_s[name] = now_s
            LOG.warning(
                "filter %r took %.2f s for a batch of %d alerts and holds up all others; make it"
                " cheaper, or take it out of [filters]",
                name,
                took_s,
                alerts,
            )
        return answer
