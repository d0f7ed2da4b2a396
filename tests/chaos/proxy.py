"""The network between clients and a Kafka, which can be cut: a TCP proxy in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from threading import Thread
from typing import Any, Final, Self

from kafka_node.listeners import HOST, PROXIED
from kafka_node.node import KafkaNode, free_ports

CHUNK_BYTES: Final = 262_144
ANSWER_S_MAX: Final = 20.0
RESET: Final = struct.pack("ii", 1, 0)
"""A socket that lingers for no time at all is closed by a reset."""


class Cut(StrEnum):
    """What a cut does to connections, those there are and new ones."""

    SILENT = "silent"
    """Nothing passes and nobody is told; what was on its way arrives when the cut is over."""
    REFUSED = "refused"
    """Those there are, are reset; new ones are refused."""


class Proxy:
    """Forwards each connection at `address` to `target`, both host:port; a context manager."""

    def __init__(self, address: str, target: str) -> None:
        self.address = address
        self.is_cut = False
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._passes = asyncio.Event()
        self._passes.set()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._thread = Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(ANSWER_S_MAX)
        self._loop.close()

    def cut(self, how: Cut) -> None:
        """Let nothing pass from now on."""
        self.is_cut = True
        self._do(self._fall_silent() if how is Cut.SILENT else self._refuse())

    def heal(self) -> None:
        """Let everything pass again."""
        self._do(self._listen())
        self.is_cut = False

    def _do(self, step: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(step, self._loop).result(ANSWER_S_MAX)

    async def _listen(self) -> None:
        if self._server is None:
            host, port = self.address.split(":")
            self._server = await asyncio.start_server(
                self._serve, host, int(port), limit=CHUNK_BYTES
            )
        self._passes.set()

    async def _fall_silent(self) -> None:
        self._passes.clear()

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._open):
            with suppress(OSError):  # one that ended by itself
                ended = writer.get_extra_info("socket")
                ended.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()

    async def _end(self) -> None:
        await self._refuse()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its beginning to its end."""
        both = {writer}
        self._open.add(writer)
        with suppress(OSError):
            await self._passes.wait()
            host, port = self._target.split(":")
            far_reader, far_writer = await asyncio.open_connection(
                host, int(port), limit=CHUNK_BYTES
            )
            both.add(far_writer)
            self._open.add(far_writer)
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        self._open -= both
        for each in both:
            each.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry what comes from one side to the other; where one ends, so does the other."""
        with suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                await self._passes.wait()
                writer.write(chunk)
                await writer.drain()
        writer.close()


@contextmanager
def behind_proxy() -> Iterator[tuple[KafkaNode, Proxy]]:
    """A Kafka whose own address is direct, and the network by which others reach it."""
    address = f"{HOST}:{free_ports(1)[0]}"
    node = KafkaNode(proxy=address)
    with Proxy(address, node.addresses[PROXIED]) as proxy, node:
        yield node, proxy
