"""A desk over a Kafka in memory, where filters are deployed for tests, and signed-in visitors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from broker.clock import SystemClock
from broker.deployments import records_of
from broker.deployments.lists import Lists
from broker.deployments.records import Version
from broker.deployments.register import Register
from broker.memory import MemoryKafka
from broker.memory.control_topic import MemoryControlTopic
from broker.ports import ControlTopic
from broker.topic_names import FilterTopics
from filters.expressions.filter import ExpressionFilter
from gueststar.portal.access.tokens import Role, line_of, made

CONTROL = "filters"


class MemoryDesk:
    """See `gueststar.portal.writing.desk.Desk`."""

    def __init__(self) -> None:
        self.kafka = MemoryKafka(SystemClock())
        self.kafka.create_topic(CONTROL)
        self.provided: list[str] = []

    def topic(
        self, wanted: ExpressionFilter, previous: Version | None, asked: FilterTopics | None = None
    ) -> str:
        del previous, asked
        return f"gueststar.filter.{wanted.name}"

    @contextmanager
    def opened(self) -> Iterator[ControlTopic]:
        yield MemoryControlTopic(self.kafka, CONTROL)

    def deployed(self) -> tuple[Register, Lists]:
        messages = MemoryControlTopic(self.kafka, CONTROL).present()
        return Register().after(records_of(messages)), Lists().after(messages)

    def register(self) -> Register:
        return self.deployed()[0]

    def provide_output(self, name: str) -> None:
        self.provided.append(name)


def tokens_in(folder: Path, **roles: str) -> tuple[Path, dict[str, str]]:
    """A file of tokens, and the tokens by name."""
    tokens = {name: made() for name in roles}
    path = folder / "tokens.txt"
    lines = [line_of(name, Role(role), tokens[name]) for name, role in roles.items()]
    path.write_text("# who may\n" + "\n".join(lines) + "\n")
    return path, tokens
