"""One process of a worker, step by step: here, or in a process that can be stopped and killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from typing import Any, Protocol

from broker.errors import (
    MembershipOver,
    OutputTooLarge,
    ProducerFenced,
    TopicRemade,
    TransactionAborted,
)
from broker.memory import MemorySink, MemorySource
from broker.ports import Message, Output, Partition, Sink, Source
from schemas.errors import BrokerError

GIVEN_BACK = (TransactionAborted, ProducerFenced, OutputTooLarge, TopicRemade)


class Worker(Protocol):
    """What the engine's loop does, cut into the steps between which a process may die."""

    def join(self) -> None:
        """Enter the group, then take the transactional id."""
        ...

    def poll(
        self, timeout_s: float = 10, messages_max: int = 1_000, bytes_max: int = 1_000_000
    ) -> list[Message]:
        """Poll, and remember what came for the next steps."""
        ...

    def produce(self, topic: str) -> None:
        """Open a transaction and copy to the topic what was polled."""
        ...

    def send(self) -> None:
        """Send the offsets."""
        ...

    def commit(self) -> None:
        """Commit."""
        ...

    def recover(self, error: BrokerError) -> None:
        """What the engine does after such a failure."""
        ...

    def step(self, topic: str, timeout_s: float) -> int:
        """A whole turn; how many messages it published."""
        ...


class StoppableWorker(Worker, Protocol):
    """A worker in a process that others can stop and kill."""

    def suspend(self) -> None:
        """Stop the process, as SIGSTOP does."""
        ...

    def resume(self) -> None:
        """Let it go on."""
        ...

    def kill(self) -> None:
        """End it, as SIGKILL does."""
        ...


class LocalWorker:
    """A worker in this process: it cannot be stopped."""

    def __init__(self, source: Source, sink: Sink, *, elsewhere: bool = False) -> None:
        """`elsewhere`: the source is of another cluster, and claims its partitions by the sink."""
        self._elsewhere = elsewhere
        self.source = source
        self.sink = sink
        self._polled: list[Message] = []
        self._positions: Mapping[Partition, int] = {}
        self._group: object = None
        self._joined = False

    def join(self) -> None:
        self.source.join()
        self._take_id()

    def poll(
        self, timeout_s: float = 10, messages_max: int = 1_000, bytes_max: int = 1_000_000
    ) -> list[Message]:
        if self._elsewhere:
            self._take_id()  # partitions are claimed by the sink
        self._polled = self.source.poll(
            messages_max=messages_max, bytes_max=bytes_max, timeout_s=timeout_s
        )
        if self._polled:
            self._positions, self._group = self.source.positions(), self.source.group()
        return self._polled

    def produce(self, topic: str) -> None:
        self._take_id()
        self.source.confirm_lives()
        self.sink.begin()
        self.sink.produce([Output(topic, message.key, message.value) for message in self._polled])

    def send(self) -> None:
        self.sink.send_offsets(self._positions, self._group)

    def commit(self) -> None:
        self.sink.commit()

    def recover(self, error: BrokerError) -> None:
        waiting: BrokerError | None = error
        while waiting is not None:
            try:
                self.source.seek(self._retreat(waiting))
                waiting = None
            except GIVEN_BACK as again:  # an abort may be the first to hear of a fence
                waiting = again

    def _retreat(self, error: BrokerError) -> dict[Partition, int]:
        starts = dict(self.source.starts())
        if isinstance(error, ProducerFenced):
            self.source.confirm_member()
            self.sink.rebuild()
        else:
            self.sink.abort()
            if not isinstance(error, MembershipOver):
                return starts
            self.source.confirm_member()
        return {**starts, **self.source.committed()}

    def step(self, topic: str, timeout_s: float) -> int:
        if not self.poll(timeout_s):
            return 0
        try:
            self.produce(topic)
            self.send()
            self.commit()
        except GIVEN_BACK as error:
            self.recover(error)
            return 0
        return len(self._polled)

    def close(self) -> None:
        self.sink.close()
        self.source.close()

    def _take_id(self) -> None:
        if not self._joined:
            self._joined = True
            self.sink.rebuild()


class TwinWorker(LocalWorker):
    """A worker of the twin in memory, where stopping is something that is said."""

    def __init__(self, source: MemorySource, sink: MemorySink, *, elsewhere: bool) -> None:
        super().__init__(source, sink, elsewhere=elsewhere)
        self._twin_source, self._twin_sink = source, sink

    def suspend(self) -> None:
        self._twin_source.suspend()

    def resume(self) -> None:
        self._twin_source.resume()

    def kill(self) -> None:
        self._twin_source.kill()
        self._twin_sink.kill()


class ProcessWorker:
    """A worker in a process of its own."""

    def __init__(self, build: Callable[..., LocalWorker], **settings: object) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, build, settings), daemon=True)
        self._process.start()
        theirs.close()

    def join(self) -> None:
        self._ask("join")

    def poll(
        self, timeout_s: float = 10, messages_max: int = 1_000, bytes_max: int = 1_000_000
    ) -> list[Message]:
        polled: list[Message] = self._ask("poll", timeout_s, messages_max, bytes_max)
        return polled

    def produce(self, topic: str) -> None:
        self._ask("produce", topic)

    def send(self) -> None:
        self._ask("send")

    def commit(self) -> None:
        self._ask("commit")

    def recover(self, error: BrokerError) -> None:
        self._ask("recover", error)

    def step(self, topic: str, timeout_s: float) -> int:
        published: int = self._ask("step", topic, timeout_s)
        return published

    def suspend(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()
        self._pipe.close()

    def close(self) -> None:
        if not self._pipe.closed:
            self.kill()

    def _ask(self, step: str, *arguments: object) -> Any:  # noqa: ANN401 - what the step gives
        self._pipe.send((step, arguments))
        answer = self._pipe.recv()
        if isinstance(answer, BrokerError):
            raise answer
        return answer

    def _signal(self, sign: signal.Signals) -> None:
        assert self._process.pid is not None, "the process runs"
        os.kill(self._process.pid, sign)


def serve(pipe: Pipe, build: Callable[..., LocalWorker], settings: Mapping[str, object]) -> None:
    """Do the steps that are asked for, until the asker is gone."""
    worker = build(**settings)
    while True:
        try:
            step, arguments = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(getattr(worker, step)(*arguments))
        except BrokerError as error:
            pipe.send(error)
