"""The portal's certificate: tried before it is served by, and taken anew when its files change."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from broker.errors import SettingsError
from broker.portal_settings import PortalSection

LOG = logging.getLogger("gueststar.portal")

LOOK_S: Final = 60.0
"""Between two looks at whether the files changed."""
EVERYBODY: Final = 0o007
"""Of a file's mode. A group of its own may read a key, as Debian's `ssl-cert` does."""
ROUNDS_MAX: Final = 5
"""Of a handshake; TLS 1.3 needs two."""

Stamp = tuple[tuple[int, int, int], ...]


class Certificate:
    """A certificate with its key. Who is connected stays so when they are renewed."""

    def __init__(self, certificate: Path, key: Path | None, password: str) -> None:
        """PEM files; without a key's own, the first holds it. Raises SettingsError."""
        self._files = (certificate, key or certificate)
        self._password = password
        self._stamp = self._stamped()
        self.context = self._newest = self._read()
        """What a server is given; each handshake goes on by the newest."""
        self.context.sni_callback = self._take_newest

    @classmethod
    def of(cls, settings: PortalSection) -> Self | None:
        """That of the settings, if any. Raises SettingsError where it is not to be served by."""
        if settings.certificate is None:
            if settings.key is not None:
                raise SettingsError("[portal] key needs its certificate beside it; name that, too")
            return None
        return cls(settings.certificate, settings.key, settings.key_password)

    async def follow(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()

    def look(self) -> None:
        """Take what the files hold now, if it can be served by."""
        stamp = self._stamped()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._newest = self._read()
        except SettingsError as error:
            LOG.error("the portal goes on with the certificate that it has: %s", error)

    def _take_newest(self, one: ssl.SSLObject, _name: str | None, _: ssl.SSLContext) -> None:
        # A context that is loaded anew while handshakes use it may lose its key in between.
        one.context = self._newest

    def _stamped(self) -> Stamp:
        found = [each.stat() for each in self._files if each.exists()]
        return tuple((each.st_mtime_ns, each.st_size, each.st_ino) for each in found)

    def _read(self) -> ssl.SSLContext:
        certificate, key = self._files
        trusting = _trusting(certificate)
        serving = _serving(certificate, key, self._password)
        until_unix_s = _tried(serving, trusting, certificate)
        until = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(until_unix_s))
        LOG.info("the portal's certificate is good until %s", until)
        return serving


def _trusting(certificate: Path) -> ssl.SSLContext:
    """A client's side that trusts this certificate alone, whatever its name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(certificate)
    except ssl.SSLError as error:
        raise SettingsError(
            f"[portal] certificate: {certificate} holds no certificate; name a file of PEM"
        ) from error
    except OSError as error:
        raise _unreadable("certificate", certificate, error) from error
    return context


def _serving(certificate: Path, key: Path, password: str) -> ssl.SSLContext:
    """The server's side."""
    asked: list[str] = []

    def told() -> str:  # without it OpenSSL asks at the terminal
        asked.append(password)
        return password

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, told)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            why = f"is not the key of {certificate}; name the one that this was made with"
        elif asked:
            why = "is locked, and [portal] key_password does not open it"
        else:
            why = "holds no private key; name a file of PEM that does"
        raise SettingsError(f"[portal] key: {key} {why}") from error
    except OSError as error:
        raise _unreadable("key", key, error) from error
    if key.stat().st_mode & EVERYBODY:
        raise SettingsError(
            f"[portal] key: all users of this machine may read {key}; chmod o-rwx it, and have"
            " another made if any of them is not to be trusted"
        )
    return context


def _unreadable(name: str, path: Path, error: OSError) -> SettingsError:
    return SettingsError(
        f"[portal] {name}: {path}: {error.strerror or error}; name a file that this user may read"
    )


def _tried(serving: ssl.SSLContext, trusting: ssl.SSLContext, certificate: Path) -> float:
    """Until when a certificate is good, by a handshake in memory. Raises SettingsError."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = serving.wrap_bio(to_server, to_client, server_side=True)
    client = trusting.wrap_bio(to_client, to_server)
    try:
        for side in (client, server) * ROUNDS_MAX:
            _go_on(side)
    except ssl.SSLCertVerificationError as error:
        raise SettingsError(
            f"[portal] certificate: {certificate}: {error.verify_message}; have it renewed"
        ) from error
    shown = client.getpeercert()
    assert shown is not None
    return ssl.cert_time_to_seconds(str(shown["notAfter"]))


def _go_on(side: ssl.SSLObject) -> None:
    with suppress(ssl.SSLWantReadError):  # the other side's turn
        side.do_handshake()
