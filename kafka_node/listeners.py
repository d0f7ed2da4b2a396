"""The listeners of a trial node: plain, with a password, over TLS, and for who comes by a proxy."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from broker.errors import KafkaUnavailable, SettingsError
from broker.kafka.connection import ENVIRONMENT

HOST: Final = "127.0.0.1"
PLAIN: Final = "PLAINTEXT"
INTERNAL: Final = "INTERNAL"
"""The listener by which servers talk to one another where they do so over TLS."""
PROXIED: Final = "PROXIED"
"""The listener to which a proxy forwards: plain, and advertised at the proxy's address."""
MECHANISM: Final = "SCRAM-SHA-512"
SCRAM_LOGIN: Final = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
DAYS: Final = "365"
KEY: Final = ("-newkey", "rsa:2048", "-nodes", "-days", DAYS)

GUARDED: Final[Mapping[str, str]] = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS;User:CN=localhost",
    "allow.everyone.if.no.acl.found": "false",
    # Who is in with a password that was taken from it is asked for it again so often.
    "connections.max.reauth.ms": "30000",
}
"""Settings of a node whose users may do what they are granted; by the plain listener, all. The last
is the node itself, by its certificate."""


class User(NamedTuple):
    """Who may enter by a listener that asks."""

    name: str
    password: str

    @classmethod
    def of(cls, text: str) -> User:
        """One from "name:password". Raises SettingsError where it is not that."""
        name, colon, password = text.partition(":")
        if not (name and colon and password):
            raise SettingsError("--scram takes user:password")
        return cls(name, password)


class Certificates(NamedTuple):
    """A CA made for this node alone, and what it signed; PEM files."""

    ca: Path
    """What clients trust: their `ssl.ca.location`."""
    server: Path
    """The server's key and certificate."""


def protocols(user: User | None, *, tls: bool, proxied: bool) -> tuple[str, ...]:
    """Of the listeners beside the plain one: with a password, over TLS, and behind a proxy."""
    with_password = ("SASL_PLAINTEXT",) if user else ()
    over_tls = ("SASL_SSL" if user else "SSL",) if tls else ()
    return with_password + over_tls + ((PROXIED,) if proxied else ())


def settings(
    addresses: Mapping[str, str],
    controller: str,
    certificates: Certificates | None,
    proxy: str | None,
    internal: str,
) -> dict[str, str]:
    """The server's settings for its clients' addresses by protocol, and its own controller.

    proxy: what clients behind PROXIED are told to call. internal: where servers call one another,
    over TLS where there are certificates.
    """
    told = {**addresses, PROXIED: proxy} if proxy else addresses
    found = {
        "listeners": f"{_urls(addresses)},CONTROLLER://{controller}",
        "advertised.listeners": _urls(told),
        "controller.quorum.bootstrap.servers": controller,
        "listener.security.protocol.map": ",".join(
            (
                *(f"{each}:{PLAIN if each == PROXIED else each}" for each in addresses),
                f"CONTROLLER:{PLAIN}",
            )
        ),
    }
    for protocol in addresses:
        if protocol.startswith("SASL_"):
            found["sasl.enabled.mechanisms"] = MECHANISM
            name = f"listener.name.{protocol.lower()}.{MECHANISM.lower()}.sasl.jaas.config"
            found[name] = SCRAM_LOGIN
    return found | (_over_tls(found, certificates, internal) if certificates else {})


def _over_tls(
    found: Mapping[str, str], certificates: Certificates, internal: str
) -> dict[str, str]:
    """What makes listeners so; by the server's own nobody comes without its certificate."""
    own = ("controller", INTERNAL.lower())
    listener = f"{INTERNAL}://{internal}"
    protocols = found["listener.security.protocol.map"].replace("CONTROLLER:PLAINTEXT", "")
    return {
        "listeners": f"{found['listeners']},{listener}",
        "advertised.listeners": f"{found['advertised.listeners']},{listener}",
        "listener.security.protocol.map": f"{protocols}CONTROLLER:SSL,{INTERNAL}:SSL",
        "inter.broker.listener.name": INTERNAL,
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(certificates.server),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(certificates.ca),
        **{f"listener.name.{each}.ssl.client.auth": "required" for each in own},
    }


def _urls(addresses: Mapping[str, str]) -> str:
    return ",".join(f"{protocol}://{address}" for protocol, address in addresses.items())


def make_certificates(folder: Path) -> Certificates:
    """Those in a folder, made where they are not there. Raises KafkaUnavailable without openssl."""
    made = Certificates(folder / "ca.pem", folder / "server.pem")
    if made.server.exists():
        return made
    if shutil.which("openssl") is None:
        raise KafkaUnavailable("TLS needs openssl: apt install it first")
    folder.mkdir(parents=True, exist_ok=True)
    ca_key, key, certificate = (folder / name for name in ("ca.key", "server.key", "server.crt"))
    _openssl(
        *("-keyout", ca_key, "-out", made.ca, "-subj", "/CN=gueststar trial CA"),
        *("-addext", "basicConstraints=critical,CA:TRUE"),
        *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
    )
    _openssl(
        *("-CA", made.ca, "-CAkey", ca_key, "-keyout", key, "-out", certificate),
        *("-subj", "/CN=localhost", "-addext", f"subjectAltName=DNS:localhost,IP:{HOST}"),
        *("-addext", "basicConstraints=critical,CA:FALSE"),
    )
    made.server.touch(mode=0o600)
    made.server.write_text(key.read_text() + certificate.read_text())
    return made


def _openssl(*arguments: str | Path) -> None:
    """A key and a certificate of it, without questions."""
    done = subprocess.run(
        ["openssl", "req", "-x509", *KEY, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        reason = (done.stderr.splitlines() or ["no reason"])[-1]
        raise KafkaUnavailable(f"openssl (3.0 or later) made no certificate: {reason}")


def client_settings(protocol: str, user: User | None, ca: Path) -> dict[str, str]:
    """What a client of librdkafka needs to enter by a listener, beside its address."""
    found = {"security.protocol": protocol}
    if protocol.endswith("SSL"):
        found["ssl.ca.location"] = str(ca)
    if user is not None and protocol.startswith("SASL_"):
        found |= {"sasl.mechanism": MECHANISM, "sasl.username": user.name}
        found["sasl.password"] = user.password
    return found


def environment(client: Mapping[str, str]) -> list[str]:
    """The same as variables that every command of ours reads; a password is left out."""
    return [
        f"{ENVIRONMENT}{name.upper().replace('.', '_')}={value}"
        for name, value in client.items()
        if name not in ("bootstrap.servers", "sasl.password")
    ]
