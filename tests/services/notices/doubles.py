"""Targets on this machine that stand for others': a webhook, and a mail server."""

from __future__ import annotations

import json
import socketserver
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from tests.loopback import JsonHandler, address_of, served

NO_JSON = "ok"
"""What Slack answers."""


class Hook:
    """What was posted to it; it answers by `statuses` in turn, then 200, or not while it hangs."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], Any]] = []
        self.statuses: list[int] = []
        self.hangs = Event()
        self.released = Event()
        self.before_answer: Callable[[], None] = lambda: None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _hook_handler(self))
        self.address = f"{address_of(self._server)}/services/T0/s3cret"

    @contextmanager
    def serving(self) -> Iterator[Hook]:
        with served(self._server):
            try:
                yield self
            finally:
                self.released.set()

    @property
    def documents(self) -> list[Any]:
        return [document for _, document in self.got]


def _hook_handler(hook: Hook) -> type[JsonHandler]:
    class Handler(JsonHandler):
        content_type = "text/plain"

        def do_POST(self) -> None:  # noqa: N802
            said = self.rfile.read(int(self.headers["Content-Length"]))
            if hook.hangs.is_set():
                hook.released.wait(30)
                return
            status = hook.statuses.pop(0) if hook.statuses else 200
            if status == 200:
                hook.got.append((dict(self.headers.items()), json.loads(said)))
            hook.before_answer()
            self.answer(status, NO_JSON if status == 200 else f"no {self.path} here")

    return Handler


class MailBox:
    """What was mailed to it, as it came; it refuses a sender with `code`, where that is set."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.code = 250
        self.leaves = 221
        """Its answer when one leaves."""
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _mail_handler(self))
        self.address = f"127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def serving(self) -> Iterator[MailBox]:
        thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def _mail_handler(box: MailBox) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say(220)
            for line in self.rfile:
                verb = line[:4].upper()
                if verb == b"DATA":
                    self.say(354)
                    box.mails.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                    self.say(250)
                elif verb == b"QUIT":
                    self.say(box.leaves)
                    return
                else:
                    self.say(box.code if verb == b"MAIL" else 250)

        def say(self, code: int) -> None:
            self.wfile.write(b"%d said\r\n" % code)

    return Handler
