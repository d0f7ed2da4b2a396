"""How a command hears that it shall stop: Ctrl-C, or SIGTERM from whoever started it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopped_by_signal(also: Callable[[], None] | None = None) -> Iterator[Event]:
    """An event that the first signal sets, `also` being called; a second one ends at once.

    Main thread only. What the signals did before is restored.
    """
    stop = Event()
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def hear(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        stop.set()
        if also is not None:
            also()

    try:
        for number in SIGNALS:
            signal.signal(number, hear)
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
