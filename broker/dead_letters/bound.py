"""When a worker stops rather than dead-letter what it reads: nothing of it is committed then."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from broker.dead_letters.letters import DeadLetter
from broker.errors import TooManyDead


class DeadLetterBound:
    """Stops a worker rather than let it dead-letter a whole stream, say for a wrong registry.

    Off unless a fraction is set, for a stream of rubbish is no fault of the broker's.
    """

    def __init__(self, *, fraction_max: float = 1.0, alerts_min: int = 1_000) -> None:
        """Of the last batches that together hold at least `alerts_min` alerts; 1 is no bound.

        Nothing is remembered over a restart.
        """
        self._fraction_max = fraction_max
        self._alerts_min = alerts_min
        self._batches: deque[tuple[int, int]] = deque()

    def check(self, alerts: int, dead: Sequence[DeadLetter]) -> None:
        """Ask before a batch is published; raises TooManyDead, and the batch stays uncommitted."""
        self._batches.append((alerts, len(dead)))
        while sum(n for n, _ in self._batches) - self._batches[0][0] >= self._alerts_min:
            self._batches.popleft()
        seen, died = (sum(column) for column in zip(*self._batches, strict=True))
        if seen >= self._alerts_min and died > self._fraction_max * seen:
            raise TooManyDead(
                f"{died} of the last {seen} alerts cannot be published, more than the fraction"
                f" {self._fraction_max}; mend the input or its schemas, or raise dead_fraction_max"
            )
