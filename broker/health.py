"""Whether a loop turns and serves: what `/-/healthy`, `/-/ready` and systemd's watchdog are told.

Health is of the process, and a new start may cure it; readiness is of all that it needs, Kafka too,
and no start does.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from broker.observer import Phase
from broker.ports import Clock
from schemas.errors import BrokerError
from schemas.secrets import hidden

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

HUNG_S: Final = 120.0
"""A loop that has not turned for so long hangs; where it may wait for Kafka, beyond that wait."""
GIVEN_UP_S: Final = 15.0
"""Whose transaction was given up does not publish, until one is committed or for so long."""
WATCHDOG_S: Final = 1.0
"""So often at most systemd is told that the loop turns."""


class Health:
    """An observer of any loop; `fault` and `refusal` may be asked by any thread."""

    def __init__(self, clock: Clock, notify: Callable[[str], object] | None = None) -> None:
        """notify: tells who started us; else systemd, where it was that."""
        self._clock = clock
        self._notify = notify or notified
        self.hung_s = HUNG_S
        self.answers: Callable[[], bool] = lambda: True
        """Whether Kafka does, as far as it was asked."""
        self._phase = Phase.JOINING
        self._turned_s = clock.monotonic_s()
        self._told_s = float("-inf")
        self._given_up: tuple[float, str] | None = None
        self._has_joined = False

    def on_phase(self, phase: Phase) -> None:
        """The loop turns, or what it publishes beside goes on."""
        self._phase = phase
        self._turned_s = self._clock.monotonic_s()
        if phase is Phase.POLLING and not self._has_joined:
            self._has_joined = True
            self._notify("READY=1")
        elif phase in (Phase.JOINING, Phase.STOPPED):
            self._has_joined = False
        if self._turned_s >= self._told_s + WATCHDOG_S:
            self._told_s = self._turned_s
            self._notify("WATCHDOG=1")

    def on_batch(self, report: object) -> None:
        """A batch was published."""
        self._given_up = None

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        """A batch was not."""
        self._given_up = self._clock.monotonic_s(), str(error)

    def turned(self) -> None:
        """As `on_phase`, of a loop without phases."""
        self.on_phase(Phase.POLLING)

    @property
    def fault(self) -> str:
        """Why it is not healthy; empty where it is."""
        for_s = self._clock.monotonic_s() - self._turned_s
        if for_s <= self.hung_s:
            return ""
        return f"the loop has not turned for {for_s:.0f} s, last {self._phase}"

    @property
    def refusal(self) -> str:
        """Why it is not ready; empty where it is."""
        if fault := self.fault:
            return fault
        if not self._has_joined:
            return f"it has not joined its group: {self._phase}"
        if not self.answers():
            return "Kafka gives no answer"
        at_s, why = self._given_up or (float("-inf"), "")
        if self._clock.monotonic_s() < at_s + GIVEN_UP_S:
            return f"a transaction was given up: {why}"
        return ""


def notified(state: str) -> None:
    """Tell systemd, where it started us and waits for that (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.setblocking(False)
        try:
            sender.sendto(state.encode(), address.replace("@", "\0", 1))
        except OSError:
            return  # what it does not hear it takes for a hang, and says so


def beside(metrics: WSGIApplication, health: Health) -> WSGIApplication:
    """The pages of health beside those of the metrics: 200, or 503 and why."""

    def answer(environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path not in ("/-/healthy", "/-/ready"):
            return metrics(environ, start)
        why = health.fault if path == "/-/healthy" else health.refusal
        status = "503 Service Unavailable" if why else "200 OK"
        start(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [f"{hidden(why) or path.removeprefix('/-/')}\n".encode()]

    return answer
