"""Which core the client runs on, and which are left to the server."""

from __future__ import annotations

import os
from functools import cache
from typing import NamedTuple


class Cores(NamedTuple):
    """None where the system cannot pin a process to a core (macOS)."""

    client: frozenset[int] | None
    server: frozenset[int] | None

    @property
    def all(self) -> frozenset[int] | None:
        """Both's."""
        return None if self.client is None or self.server is None else self.client | self.server

    def __str__(self) -> str:
        """For the report's head."""
        if self.client is None or self.server is None:
            return "not pinned to a core, which this system cannot"
        if self.client == self.server:
            return f"client and server share core {min(self.client)}, the only one"
        return f"client on core {min(self.client)}, server on {sorted(self.server)}"


@cache
def cores() -> Cores:
    """The first core that this process may use, and the others."""
    if not hasattr(os, "sched_getaffinity"):
        return Cores(None, None)
    first, *others = sorted(os.sched_getaffinity(0))
    return Cores(frozenset([first]), frozenset(others or [first]))


def pin(chosen: frozenset[int] | None) -> None:
    """Keep this thread, and what it starts from here on, to these cores."""
    if chosen is not None:
        os.sched_setaffinity(0, chosen)
