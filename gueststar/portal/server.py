"""The process that serves the portal, and how it ends: who follows the stream is let go first."""

from __future__ import annotations

import asyncio
from socket import socket
from types import FrameType

import typer
import uvicorn

from gueststar.portal.application import application
from gueststar.portal.backend import Backend
from gueststar.portal.certificate import Certificate

GOODBYE_S = 1
"""How long those who are connected have when the portal ends."""


class Server(uvicorn.Server):
    """Uvicorn over a portal's application."""

    def __init__(
        self,
        backend: Backend,
        *,
        host: str,
        port: int,
        certificate: Certificate | None = None,
        is_told: bool = True,
    ) -> None:
        """Port 0 takes any that is free; `is_told`: whether its address is printed."""
        self.address = ""
        """Empty until it listens."""
        self._backend = backend
        self._certificate = certificate
        self._is_told = is_told
        config = uvicorn.Config(
            application(backend),
            host=host,
            port=port,
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=GOODBYE_S,
        )
        if certificate is not None:
            config.load()
            config.ssl = certificate.context
        super().__init__(config)

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Begin to listen, and say where."""
        await super().startup(sockets)
        if self.started:
            if self._certificate is not None:
                self._renewals = asyncio.create_task(self._certificate.follow())
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self.address = f"{'https' if self._certificate else 'http'}://{host}:{port}/"
            if self._is_told:
                typer.echo(f"gueststar: the portal is at {self.address}", err=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End on a signal."""
        self._backend.viewers.end()
        super().handle_exit(sig, frame)
