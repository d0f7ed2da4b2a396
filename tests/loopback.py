"""Servers of JSON that stand in for others' in tests, on a free port of this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread


class JsonHandler(BaseHTTPRequestHandler):
    """Answers in JSON, and writes no log."""

    content_type = "application/json"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def answer(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        with suppress(ConnectionError):  # who asked may be dead
            self.send_response(status)
            self.send_header("Content-Type", self.content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)


def address_of(server: HTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}"


@contextmanager
def served(server: HTTPServer) -> Iterator[None]:
    """It answers until the block ends, and is closed then."""
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
