"""The portal over HTTP on loopback, in OCS' JSON: it loses and delays as it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

from services.followup.requests import State
from tests.loopback import JsonHandler, address_of, served
from tests.services.followup.portals import Group, Portal

Measure = Callable[[Group], Mapping[str, Any]]
"""What a telescope gives of a group: a document of results."""


class PortalServer:
    """A portal, its address, and what its telescopes do."""

    def __init__(self, *, loses: float = 0.0, seed: int = 0) -> None:
        """loses: of answers to submissions, the share that never comes back."""
        self.portal = Portal()
        self.lock = threading.Lock()
        self.documents: list[dict[str, Any]] = []
        self.targets: dict[str, Mapping[str, Any]] = {}
        self.results: dict[str, Mapping[str, Any]] = {}
        self.tokens: set[str] = set()
        self.before_answer: Callable[[], None] = lambda: None
        """Called once it has what it was asked for, and before it says so."""
        self._draw = np.random.default_rng(seed)
        self._loses = loses
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))

    @property
    def address(self) -> str:
        return address_of(self._server)

    @contextmanager
    def serving(self) -> Iterator[PortalServer]:
        with served(self._server):
            yield self

    def observe(self, measure: Measure = lambda _: {"results": []}) -> list[str]:
        """Have all that is pending observed; which ones."""
        with self.lock:
            pending = [one for one in self.portal.groups.values() if one.state is State.PENDING]
            for group in pending:
                self.results[group.name] = measure(group)
                self.portal.observe(group.reference)
        return [one.name for one in pending]

    def submit(self, document: Mapping[str, Any]) -> tuple[int, Any]:
        """As the portal checks it: what is missing is named, by field."""
        missing = [
            key
            for key in ("name", "proposal", "ipp_value", "operator", "observation_type", "requests")
            if not document.get(key)
        ]
        if missing:
            return 400, {key: ["This field is required."] for key in missing}
        window = document["requests"][0]["windows"][0]
        begin, end = (_unix_s(window[key]) for key in ("start", "end"))
        if end <= begin or len(document["name"]) > 50:
            return 400, {"requests": [{"windows": ["start must be before end"]}]}
        with self.lock:
            self.documents.append(dict(document))
            reference = str(next(self.portal.numbers))
            group = Group(reference, document["name"], begin, end)
            self.portal.groups[reference] = group
            target = document["requests"][0]["configurations"][0]["target"]
            self.targets[group.name] = target
        return 201, self.group(group)

    def group(self, group: Group) -> dict[str, Any]:
        state = str(group.state)
        whole = "PENDING" if state == "PENDING" else state
        if whole == "FAILURE_LIMIT_REACHED":
            whole = "WINDOW_EXPIRED"
        return {
            "id": int(group.reference),
            "name": group.name,
            "state": whole,
            "created": group.created,
            "requests": [{"id": int(group.reference) + 10_000, "state": state}],
        }

    def find(self, name: str) -> dict[str, Any]:
        with self.lock:
            found = [self.group(one) for one in self.portal.groups.values() if name in one.name]
        return {"count": len(found), "next": None, "results": found}

    def loses_this(self) -> bool:
        with self.lock:
            return bool(self._draw.random() < self._loses)


def _handler(server: PortalServer) -> type[JsonHandler]:
    class Handler(JsonHandler, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            (name,) = parse_qs(parts.query).get("name", [""])
            if parts.path == "/results/":
                self.answer(200, server.results.get(name, {"results": []}))
            elif parts.path == "/api/requestgroups/":
                self.answer(200, server.find(name))
            else:
                self.answer(404, {"detail": "Not found."})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            if server.tokens and self.headers.get("Authorization") not in server.tokens:
                self.answer(401, {"detail": "Invalid token."})
            elif self.path == "/api/requestgroups/":
                code, answer = server.submit(json.loads(body))
                server.before_answer()
                if server.loses_this():
                    self.close_connection = True
                    return
                self.answer(code, answer)
            elif self.path.endswith("/cancel/"):
                with server.lock:
                    server.portal.cancel(self.path.split("/")[-3])
                self.answer(200, {})
            else:
                self.answer(404, {"detail": "Not found."})

    return Handler


def _unix_s(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
