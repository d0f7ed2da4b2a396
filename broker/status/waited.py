"""Hours not served: the times in which some alert waited for too long, an outage's included."""

from __future__ import annotations

from typing import Final

WAIT_S_MAX: Final = 60.0
"""From the survey's Kafka timestamp of an alert to our commit of it; longer is not served."""
WINDOW_S: Final = 86_400.0
"""Times that ended longer ago are forgotten."""
TIMES_MAX: Final = 500
"""Kept at once; beyond, the two oldest become one. A day has at most 1,440 minutes."""


class Waits:
    """Times without overlap, in order; each added ends last."""

    def __init__(self) -> None:
        self.times: tuple[tuple[float, float], ...] = ()
        """(begin, end), UTC seconds; replaced whole, as another thread reads it."""

    def committed(self, unix_s: float, received_unix_s: float) -> None:
        """A batch was committed at `unix_s`, whose oldest alert the survey had sent then.

        That alert was not served from WAIT_S_MAX after it was sent, whether a worker was there
        or not.
        """
        begin = max(received_unix_s + WAIT_S_MAX, unix_s - WINDOW_S)
        times = [each for each in self.times if each[1] >= unix_s - WINDOW_S]
        if begin < unix_s:
            while times and times[-1][1] >= begin:
                begin = min(begin, times.pop()[0])
            times.append((begin, unix_s))
        if len(times) > TIMES_MAX:
            times[:2] = [(times[0][0], times[1][1])]
        self.times = tuple(times)
