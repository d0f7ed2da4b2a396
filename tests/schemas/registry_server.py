"""A small server of the Confluent schema registry's protocol, so that tests speak real HTTP."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.loopback import JsonHandler, address_of, served


@dataclass
class RegistryServer:
    """What the server knows and was asked. Ids are given from `next_id` up."""

    url: str
    schemas: dict[int, str] = field(default_factory=dict)
    subjects: dict[tuple[str, str], int] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    next_id: int = 1
    user_info: str = ""
    """As `user:password`, where one is asked for."""
    failures_left: int = 0
    """How many requests are answered with 503 first."""
    level: str = "BACKWARD"
    """The compatibility level of subjects that are not among `levels`."""
    levels: dict[str, str] = field(default_factory=dict)
    refusal: tuple[int, str] | None = None
    """Status and message with which a registration is refused."""
    refusals_left: int | None = None
    """How many are refused so; None: all."""

    def registered(self, subject: str, schema: str) -> int:
        """The id of that schema, new where it is new."""
        if (subject, schema) not in self.subjects:
            self.subjects[subject, schema] = self.next_id
            self.schemas[self.next_id] = schema
            self.next_id += 1
        return self.subjects[subject, schema]


class _Server(ThreadingHTTPServer):
    registry: RegistryServer


class _Handler(JsonHandler, BaseHTTPRequestHandler):
    content_type = "application/vnd.schemaregistry.v1+json"

    @property
    def registry(self) -> RegistryServer:
        """What this server knows."""
        assert isinstance(self.server, _Server)
        return self.server.registry

    def do_GET(self) -> None:
        """Answer `schemas/ids/ID`, `subjects`, `config` and `config/SUBJECT`."""
        if not self._may_answer():
            return
        _, kind, *rest = unquote(urlsplit(self.path).path).split("/")
        if kind == "subjects":
            self.answer(200, sorted({subject for subject, _ in self.registry.subjects}))
        elif kind == "config":
            level = self.registry.levels.get(rest[0]) if rest else self.registry.level
            self._answer_found({"compatibilityLevel": level}, level, (40408, "No level of its own"))
        else:
            text = self.registry.schemas.get(int(rest[-1]))
            self._answer_found({"schema": text}, text, (40403, "Schema not found"))

    def do_POST(self) -> None:
        """Answer `subjects/SUBJECT/versions`."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._may_answer():
            return
        if self.registry.refusal and self.registry.refusals_left != 0:
            status, message = self.registry.refusal
            if self.registry.refusals_left:
                self.registry.refusals_left -= 1
            self.answer(status, {"error_code": status, "message": message})
            return
        subject = unquote(urlsplit(self.path).path.split("/")[2])
        self.answer(200, {"id": self.registry.registered(subject, body["schema"])})

    def _may_answer(self) -> bool:
        registry = self.registry
        registry.requests.append(f"{self.command} {urlsplit(self.path).path}")
        expected = "Basic " + base64.b64encode(registry.user_info.encode()).decode()
        if registry.user_info and self.headers.get("Authorization") != expected:
            self.answer(401, {"error_code": 401, "message": "Unauthorized"})
            return False
        if registry.failures_left:
            registry.failures_left -= 1
            self.answer(503, {"error_code": 50301, "message": "starting"})
            return False
        return True

    def _answer_found(self, body: object, found: str | None, missing: tuple[int, str]) -> None:
        if found is None:
            self.answer(404, {"error_code": missing[0], "message": missing[1]})
        else:
            self.answer(200, body)


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[RegistryServer]:
    """A registry on a free port of this machine, until the block ends.

    certificate: a file of its certificate and key, by which it is served over TLS.
    """
    server = _Server(("127.0.0.1", 0), _Handler)
    server.registry = RegistryServer(address_of(server))
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.registry.url = server.registry.url.replace("http:", "https:")
    with served(server):
        yield server.registry
