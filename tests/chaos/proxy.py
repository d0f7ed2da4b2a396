"""The network between clients and a Kafka, to be spoilt: a TCP proxy in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Thread
from typing import Any, Final, Self

from kafka_node.listeners import HOST, PROXIED
from kafka_node.node import KafkaNode, free_ports

CHUNK_BYTES: Final = 262_144
SLOW_BYTES: Final = 16_384
SLOW_S: Final = 0.1
"""Where it is slow, so many bytes pass, each way of each connection, and then none for so long."""
ANSWER_S_MAX: Final = 20.0
RESET: Final = struct.pack("ii", 1, 0)
"""A socket that lingers for no time at all is closed by a reset."""


class Cut(StrEnum):
    """What befalls connections, those there are and new ones."""

    SILENT = "silent"
    """Nothing passes and nobody is told; what was on its way arrives when the cut is over."""
    REFUSED = "refused"
    """Those there are, are reset; new ones are refused."""
    SLOW = "slow"
    """All passes, in a trickle."""
    UNANSWERED = "half-open, no answers"
    """What clients say passes; what Kafka says waits until the cut is over."""
    UNHEARD = "half-open, no requests"
    """The other way round."""
    KAFKA_GONE = "half-open, Kafka's end gone"
    """Kafka's end of those there are is reset, and the client's is never told: what comes by it is
    lost, also when the cut is over. New ones pass."""
    CLIENT_GONE = "half-open, client's end gone"
    """The other way round."""
    DOUBLED = "doubled"
    """Those there are, are reset. What clients say by new ones comes to Kafka a second time, by a
    connection whose answers are thrown away, until the cut is over.

    Kafka promises that a batch is kept once, by its number, and that offsets and the end of a
    transaction that are said twice are one. It does not promise who is answered: of a member that
    is let in twice the second is the group's, and of a producer's id that is given twice the first
    is fenced. Whoever has the wrong one begins anew. So the law must hold, and time may be lost.
    """


@dataclass(eq=False)
class Link:
    """One connection's two sides, the first as one writer, Kafka's as two where it is doubled."""

    client: list[asyncio.StreamWriter]
    kafka: list[asyncio.StreamWriter] = field(default_factory=list)
    is_torn: bool = False
    """One side is gone, and the other not told."""


class Proxy:
    """Forwards each connection at `address` to `target`, both host:port; a context manager."""

    def __init__(self, address: str, target: str) -> None:
        self.address = address
        self.is_cut = False
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._asks, self._answers, self._is_swift = (asyncio.Event() for _ in range(3))
        self._doubles = False
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._links: set[Link] = set()
        self._thread = Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._pass())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(ANSWER_S_MAX)
        self._loop.close()

    def cut(self, how: Cut) -> None:
        """Spoil it from now on."""
        self.is_cut = True
        self._do(self._spoil(how))

    def heal(self) -> None:
        """Let everything pass again."""
        self._do(self._pass())
        self.is_cut = False

    def _do(self, step: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(step, self._loop).result(ANSWER_S_MAX)

    async def _pass(self) -> None:
        if self._server is None:
            host, port = self.address.split(":")
            self._server = await asyncio.start_server(
                self._serve, host, int(port), limit=CHUNK_BYTES
            )
        self._doubles = False
        for link in self._links:
            _reset(link.kafka[1:])
            del link.kafka[1:]
        for event in (self._asks, self._answers, self._is_swift):
            event.set()

    async def _spoil(self, how: Cut) -> None:
        if how in (Cut.SILENT, Cut.UNHEARD):
            self._asks.clear()
        if how in (Cut.SILENT, Cut.UNANSWERED):
            self._answers.clear()
        if how is Cut.SLOW:
            self._is_swift.clear()
        if how is Cut.REFUSED:
            self._refuse()
        if how in (Cut.KAFKA_GONE, Cut.CLIENT_GONE):
            for link in self._links:
                link.is_torn = True
                _reset(link.kafka if how is Cut.KAFKA_GONE else link.client)
        if how is Cut.DOUBLED:
            self._doubles = True
            _reset(self._open)

    def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        _reset(self._open)

    async def _end(self) -> None:
        self._refuse()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its beginning to its end."""
        link = Link([writer])
        self._open.add(writer)
        with suppress(OSError):
            await self._asks.wait()
            heard = [await self._called(link) for _ in range(2 if self._doubles else 1)]
            self._links.add(link)
            await asyncio.gather(
                self._pump(link, reader, self._asks, link.kafka),
                self._pump(link, heard[0], self._answers, link.client),
                *(_ignore(twin) for twin in heard[1:]),
            )
        self._links.discard(link)
        for each in (*link.client, *link.kafka):
            self._open.discard(each)
            each.close()

    async def _called(self, link: Link) -> asyncio.StreamReader:
        """One more connection to Kafka."""
        host, port = self._target.split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=CHUNK_BYTES)
        link.kafka.append(writer)
        self._open.add(writer)
        return reader

    async def _pump(
        self,
        link: Link,
        reader: asyncio.StreamReader,
        passes: asyncio.Event,
        writers: list[asyncio.StreamWriter],
    ) -> None:
        """Carry what comes from one side to the other; where one ends, so does the other."""
        with suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                await passes.wait()
                if not link.is_torn:
                    await self._carry(chunk, writers)
            await passes.wait()
        if not link.is_torn:
            for writer in writers:
                writer.close()

    async def _carry(self, chunk: bytes, writers: list[asyncio.StreamWriter]) -> None:
        while chunk and not self._is_swift.is_set():
            writers[0].write(chunk[:SLOW_BYTES])
            chunk = chunk[SLOW_BYTES:]
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_swift.wait(), SLOW_S)
        for writer in writers:
            writer.write(chunk)
        await writers[0].drain()


async def _ignore(reader: asyncio.StreamReader) -> None:
    with suppress(OSError):
        while await reader.read(CHUNK_BYTES):
            pass


def _reset(writers: set[asyncio.StreamWriter] | list[asyncio.StreamWriter]) -> None:
    for writer in list(writers):
        with suppress(OSError):  # one that ended by itself
            ended = writer.get_extra_info("socket")
            ended.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        writer.transport.abort()


@contextmanager
def behind_proxy() -> Iterator[tuple[KafkaNode, Proxy]]:
    """A Kafka whose own address is direct, and the network by which others reach it."""
    address = f"{HOST}:{free_ports(1)[0]}"
    node = KafkaNode(proxy=address)
    with Proxy(address, node.addresses[PROXIED]) as proxy, node:
        yield node, proxy
