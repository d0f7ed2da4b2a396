"""A mail server that others wrote (aiosmtpd), which wants a password and speaks TLS."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from broker.notices_settings import Encryption
from kafka_node.listeners import HOST
from kafka_node.node import free_ports

USER, PASSWORD = "gueststar", "pl4nted-mail-passw0rd"
TAKEN, NOT_KNOWN = "250 taken", "530 5.7.0 who are you?"


class Mailbox:
    """What is mailed by USER alone, as aiosmtpd hands it over; the hooks' names are its own."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.asked = 0
        """How often somebody said who they are."""

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _kind: str, data: object
    ) -> AuthResult:
        self.asked += 1
        known = isinstance(data, LoginPassword) and data == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=known, handled=False)

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope, sender: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return NOT_KNOWN
        envelope.mail_from = sender
        envelope.mail_options.extend(options)
        return TAKEN

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        self.mails.append(envelope.content)
        return TAKEN


@contextmanager
def mail_server(certificate: Path, encryption: Encryption) -> Iterator[tuple[Mailbox, str]]:
    """What it takes, and its address; certificate: its key and certificate, PEM."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    box = Mailbox()
    implicit = encryption == "tls"
    controller = Controller(
        box,
        hostname=HOST,
        port=free_ports(1)[0],
        authenticator=box.authenticate,
        auth_require_tls=not implicit,  # aiosmtpd knows of TLS by STARTTLS alone
        **({"ssl_context": context} if implicit else {"tls_context": context}),
        require_starttls=not implicit,
    )
    controller.start()
    try:
        yield box, f"{HOST}:{controller.port}"
    finally:
        controller.stop()
