"""A portal beside something else in one process, as the demo has it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from gueststar.filtering.place import Place
from gueststar.portal.extra import is_installed

LOOK_S = 0.02
"""How often whether it listens is looked at."""


@contextmanager
def portal_beside(broker: Place) -> Iterator[str]:
    """The address of a portal over a broker, in a thread; empty where its extra is missing."""
    if not is_installed():
        yield ""
        return
    from gueststar.portal.server import Server  # noqa: PLC0415 - an extra
    from gueststar.portal.service import GOODBYE_S, opened  # noqa: PLC0415

    with opened(broker) as backend:
        server = Server(backend, host="127.0.0.1", port=0, is_told=False)
        thread = Thread(target=server.run, name="portal", daemon=True)
        thread.start()
        while thread.is_alive() and not server.address:
            time.sleep(LOOK_S)
        try:
            yield server.address
        finally:
            server.should_exit = True
            thread.join(GOODBYE_S)
