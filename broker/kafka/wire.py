"""Kafka's own requests over a socket, for the few that librdkafka does not send.

The formats are Kafka's protocol guide's, in versions without tagged fields; SCRAM is RFC 5802.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import socket
import ssl
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from broker.errors import KafkaUnavailable
from broker.kafka.asking import ANSWER_S_MAX
from broker.kafka.connection import Connection
from broker.kafka.faults import ACCESS
from schemas.errors import BrokerError

HANDSHAKE: Final = 17
AUTHENTICATE: Final = 36
CLIENT: Final = "gueststar"
DIGESTS: Final = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}

Exchange = Callable[[bytes], bytes]
"""A step of a log-in: what we say, and what the other side answers."""


class EntryError(Exception):
    """A log-in that failed, with the server's word or ours."""


def text(value: str | None) -> bytes:
    """A string, nullable."""
    if value is None:
        return struct.pack(">h", -1)
    encoded = value.encode()
    return struct.pack(">h", len(encoded)) + encoded


class Answer:
    """An answer's fields, read one after another."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self, kind: str) -> int:
        """One of `struct`'s integers."""
        return int(self._next(kind))

    def real(self) -> float:
        """A float64."""
        return float(self._next("d"))

    def text(self) -> str | None:
        """A string, nullable."""
        size = self.number("h")
        return None if size < 0 else self._take(size).decode()

    def blob(self) -> bytes:
        """Bytes."""
        return self._take(max(0, self.number("i")))

    def items(self) -> range:
        """As many turns as an array has items."""
        return range(max(0, self.number("i")))

    def _next(self, kind: str) -> float:
        (value,) = struct.unpack(f">{kind}", self._take(struct.calcsize(f">{kind}")))
        return float(value) if kind == "d" else int(value)

    def _take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        self._at += size
        return taken


class Wire:
    """A connection over which requests are sent, one after another."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link

    def ask(self, key: int, version: int, body: bytes) -> Answer:
        """The answer to a request. Raises OSError."""
        header = struct.pack(">hhi", key, version, 0) + text(CLIENT)
        self._link.sendall(struct.pack(">i", len(header) + len(body)) + header + body)
        (size,) = struct.unpack(">i", self._read(4))
        return Answer(self._read(size)[4:])  # behind the number that we gave it

    def _read(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            came = self._link.recv(size - len(found))
            if not came:
                raise ConnectionError("the other side has closed")
            found += came
        return found


@contextmanager
def wired(connection: Connection) -> Iterator[Wire]:
    """A wire to the first server of a connection, let in as its settings say.

    Raises KafkaUnavailable, and BrokerError where Kafka does not let us in.
    """
    place = f"Kafka at {connection.bootstrap} does not let us in"
    security = connection.security
    try:
        with _reached(connection.bootstrap.partition(",")[0].strip(), security) as link:
            wire = Wire(link)
            if _protocol(security).startswith("SASL_"):
                _log_in(wire, security)
            yield wire
    except (EntryError, ssl.SSLError) as error:
        raise BrokerError(f"{place} ({error}): {ACCESS}") from error
    except OSError as error:
        raise KafkaUnavailable(
            f"no answer from Kafka at {connection.bootstrap} ({error}): start it, or correct the"
            " address"
        ) from error


def _protocol(security: Mapping[str, str]) -> str:
    return security.get("security.protocol", "PLAINTEXT").upper()


def _reached(address: str, security: Mapping[str, str]) -> socket.socket:
    """Raises OSError."""
    host, _, port = address.rpartition(":")
    link = socket.create_connection((host, int(port)), timeout=ANSWER_S_MAX)
    if not _protocol(security).endswith("SSL"):
        return link
    try:
        return _over_tls(link, host, security)
    except OSError:
        link.close()
        raise


def _over_tls(link: socket.socket, host: str, security: Mapping[str, str]) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=security.get("ssl.ca.location"))
    if certificate := security.get("ssl.certificate.location"):
        key, password = security.get("ssl.key.location"), security.get("ssl.key.password")
        context.load_cert_chain(certificate, key, password)
    return context.wrap_socket(link, server_hostname=host)


def _log_in(wire: Wire, security: Mapping[str, str]) -> None:
    """Raises EntryError."""
    mechanism = security.get("sasl.mechanism") or security.get("sasl.mechanisms", "")
    user, password = security.get("sasl.username", ""), security.get("sasl.password", "")
    if mechanism not in (*DIGESTS, "PLAIN"):
        raise EntryError(f"this needs sasl.mechanism PLAIN or {', '.join(DIGESTS)}")
    if wire.ask(HANDSHAKE, 1, text(mechanism)).number("h"):
        raise EntryError(f"it has no {mechanism}")

    def exchange(said: bytes) -> bytes:
        answer = wire.ask(AUTHENTICATE, 0, struct.pack(">i", len(said)) + said)
        if answer.number("h"):
            raise EntryError(answer.text() or "")
        answer.text()
        return answer.blob()

    if mechanism == "PLAIN":
        exchange(f"\0{user}\0{password}".encode())
    else:
        scram(exchange, DIGESTS[mechanism], user, password)


def scram(exchange: Exchange, digest: str, user: str, password: str) -> None:
    """Log in by SCRAM (RFC 5802); the other side must know the password, too. Raises EntryError."""
    nonce = secrets.token_urlsafe(24)
    bare = f"n={user.replace('=', '=3D').replace(',', '=2C')},r={nonce}"
    first = exchange(f"n,,{bare}".encode()).decode()
    said = dict(part.split("=", 1) for part in first.split(","))
    if not said["r"].startswith(nonce):
        raise EntryError("what it answers is not for us")
    salt, rounds = base64.b64decode(said["s"]), int(said["i"])
    salted = hashlib.pbkdf2_hmac(digest, password.encode(), salt, rounds)
    ending = f"c=biws,r={said['r']}"
    whole = f"{bare},{first},{ending}".encode()
    key = hmac.digest(salted, b"Client Key", digest)
    signature = hmac.digest(hashlib.new(digest, key).digest(), whole, digest)
    proof = bytes(one ^ other for one, other in zip(key, signature, strict=True))
    last = exchange(f"{ending},p={base64.b64encode(proof).decode()}".encode())
    expected = hmac.digest(hmac.digest(salted, b"Server Key", digest), whole, digest)
    if not hmac.compare_digest(last, b"v=" + base64.b64encode(expected)):
        raise EntryError("it does not know the password itself")
