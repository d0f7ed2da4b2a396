"""A command hears Ctrl-C and SIGTERM once, and leaves the process as it found it."""

from __future__ import annotations

import os
import signal

import pytest

from gueststar.signals import SIGNALS, stopped_by_signal


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_sets_the_event_and_tells_who_asked(number: signal.Signals) -> None:
    heard: list[str] = []
    with stopped_by_signal(lambda: heard.append("stop")) as stop:
        assert not stop.is_set()
        os.kill(os.getpid(), number)
        assert stop.is_set()
        # A second one ends the process, for who cannot wait.
        assert signal.getsignal(number) is signal.SIG_DFL
    assert heard == ["stop"]


def test_what_signals_did_before_is_restored() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with stopped_by_signal():
        pass
    assert [signal.getsignal(number) for number in SIGNALS] == before
