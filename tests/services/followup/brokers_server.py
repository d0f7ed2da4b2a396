"""A TOM and a SkyPortal on loopback, as far as their interfaces are asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.loopback import JsonHandler, address_of, served


class BrokersServer:
    """What both were asked for."""

    def __init__(self) -> None:
        self.observations: dict[str, dict[str, Any]] = {}
        self.requests: dict[str, dict[str, Any]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))

    @property
    def address(self) -> str:
        return address_of(self._server)

    @contextmanager
    def serving(self) -> Iterator[BrokersServer]:
        with served(self._server):
            yield self

    def answer(self, method: str, path: str, body: Any) -> Any:  # noqa: ANN401, PLR0911 - a table
        match method, path.strip("/").split("/"):
            case "GET", ["api", "targets"]:
                return {"results": []}
            case "POST", ["api", "targets"]:
                return {"id": 5, **body}
            case "POST", ["api", "observations"]:
                number = str(len(self.observations) + 1)
                held = {"id": number, "status": "PENDING"}
                self.observations[number] = {**held, "parameters": body["observing_parameters"]}
                return [self.observations[number]]
            case "GET", ["api", "observations"]:
                return {"results": [*self.observations.values()]}
            case "PATCH", ["api", "observations", number, "cancel"]:
                self.observations[number]["status"] = "CANCELED"
                return {}
            case "POST", ["api", "sources"]:
                return {"status": "success", "data": {"id": body["id"]}}
            case "POST", ["api", "followup_request"]:
                number = str(len(self.requests) + 1)
                held = {"id": number, "status": "submitted"}
                self.requests[number] = {**held, "payload": body["payload"]}
                return {"status": "success", "data": {"id": number}}
            case "GET", ["api", "followup_request"]:
                found = [*self.requests.values()]
                return {"status": "success", "data": {"followup_requests": found}}
            case "DELETE", ["api", "followup_request", number]:
                self.requests[number]["status"] = "deleted"
                return {"status": "success", "data": {}}
        return {"status": "error"}


def _handler(server: BrokersServer) -> type[JsonHandler]:
    class Handler(JsonHandler, BaseHTTPRequestHandler):
        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            self.answer(200, server.answer(self.command, urlsplit(self.path).path, body))

        do_GET = do_POST = do_PATCH = do_DELETE = _any  # noqa: N815 - http.server's names

    return Handler
