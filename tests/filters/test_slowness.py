"""A filter of a configuration that holds up the stream is named, now and then."""

from __future__ import annotations

import logging

import pytest

from filters.slowness import SAID_INTERVAL_S, Slowness


class Clock:
    """Moves while a filter is asked."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def takes(self, seconds: float) -> str:
        """An answer that takes so long."""
        self.now_s += seconds
        return "answer"


@pytest.mark.parametrize(
    ("alerts", "took_s", "said"),
    [(1, 2.0, True), (1, 0.05, False), (10_000, 0.5, False), (10_000, 1.5, True), (0, 0.2, True)],
)
def test_what_takes_long_for_its_alerts_is_named(
    alerts: int, took_s: float, said: bool, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    slowness = Slowness(lambda: clock.now_s)
    with caplog.at_level(logging.WARNING):
        assert slowness.timed("dreamer", alerts, lambda: clock.takes(took_s)) == "answer"
    assert ("'dreamer'" in caplog.text) == said


def test_it_is_said_once_a_minute_of_each_filter(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    slowness = Slowness(lambda: clock.now_s)
    for name in ("dreamer", "sleeper"):
        for _ in range(5):
            slowness.timed(name, 1, lambda: clock.takes(2.0))
    assert len(caplog.records) == 2
    clock.takes(SAID_INTERVAL_S)
    slowness.timed("dreamer", 1, lambda: clock.takes(2.0))
    assert len(caplog.records) == 3
