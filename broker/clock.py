"""Time, passed in: the system's, and one for tests that moves only when told."""

from __future__ import annotations

import time


class SystemClock:
    """The machine's time."""

    def now_s(self) -> float:
        """UTC seconds since 1970."""
        return time.time()

    def monotonic_s(self) -> float:
        """Seconds from any zero; never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class ManualClock:
    """A clock that stands still but for `advance` and `sleep`."""

    def __init__(self, now_s: float = 1_700_000_000.0) -> None:
        """Starts at `now_s`, UTC seconds since 1970."""
        self._start_s = self._now_s = now_s

    def now_s(self) -> float:
        """UTC seconds since 1970."""
        return self._now_s

    def monotonic_s(self) -> float:
        """Seconds since the clock was made."""
        return self._now_s - self._start_s

    def sleep(self, seconds: float) -> None:
        """Return at once, that much later."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        assert seconds >= 0, "time does not go back"
        self._now_s += seconds
