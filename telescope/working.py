"""A site's loop: take up what is new, send what waits, and go on where there is no link."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from broker.errors import KafkaUnavailable
from telescope.sending import Sender
from telescope.site import Site

SETTLED_S = 1.0
"""A frame that was written to so shortly ago may not be whole yet."""


def work(
    site: Site,
    sender: Callable[[], Sender] | None,
    *,
    once: bool,
    on_line: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
    on_turn: Callable[[], object] = lambda: None,
) -> None:
    """Until told to stop; with `once` until nothing is new and, with a sender, all is sent.

    sender: makes the one of this spool; None: nothing is sent. Raises KafkaUnavailable with `once`
    where there is no link.
    """
    said, link = site.settings.telescope, _Link(sender, on_line, once=once)
    while True:
        on_turn()
        link.send()
        busy = False
        for path in site.new():
            if site.spool.waiting_bytes(link.sent) >= said.spool_bytes_max:
                on_line(f"the spool holds {said.spool_bytes_max:,} bytes: waiting for the link")
                break
            if not once and not _is_settled(path):
                continue
            site.take_up(path)
            busy = True
            link.send()
        if once and not busy:
            return
        if not busy:
            sleep(said.poll_s)


def _is_settled(path: Path) -> bool:
    """Whether nobody writes it any more; one that is from hours ahead is of a clock set back."""
    return abs(time.time() - path.stat().st_mtime) >= SETTLED_S


class _Link:
    """A sender that may be away for a while."""

    def __init__(
        self, make: Callable[[], Sender] | None, on_line: Callable[[str], None], *, once: bool
    ) -> None:
        self._make, self._on_line, self._once = make, on_line, once
        self._sender: Sender | None = None
        self.sent = 0

    def send(self) -> None:
        """What waits, where there is a link."""
        if self._make is None:
            return
        try:
            self._sender = self._sender or self._make()
            self._sender.send()
            self.sent = self._sender.sent
        except KafkaUnavailable as error:
            if self._once:
                raise
            self._on_line(f"no link, frames are spooled meanwhile: {error}")
            self._sender = None
