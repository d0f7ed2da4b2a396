"""The process that serves the portal, and how it ends: who follows the stream is let go first."""

from __future__ import annotations

from socket import socket
from types import FrameType

import typer
import uvicorn

from gueststar.portal.application import application
from gueststar.portal.backend import Backend

GOODBYE_S = 1
"""How long those who are connected have when the portal ends."""


class Server(uvicorn.Server):
    """Uvicorn over a portal's application."""

    def __init__(self, backend: Backend, *, host: str, port: int, is_told: bool = True) -> None:
        """Port 0 takes any that is free; `is_told`: whether its address is printed."""
        self.address = ""
        """Empty until it listens."""
        self._backend = backend
        self._is_told = is_told
        super().__init__(
            uvicorn.Config(
                application(backend),
                host=host,
                port=port,
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_graceful_shutdown=GOODBYE_S,
            )
        )

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Begin to listen, and say where."""
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self.address = f"http://{host}:{port}/"
            if self._is_told:
                typer.echo(f"gueststar: the portal is at {self.address}", err=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End on a signal."""
        self._backend.viewers.end()
        super().handle_exit(sig, frame)
