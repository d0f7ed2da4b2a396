"""Members that close in the middle of a rebalance, round after round, in a process that can hang.

`python -m tests.broker.closing ADDRESS ROUNDS KIND` prints one line a round; whoever started it
kills it when the next line does not come.
"""

from __future__ import annotations

import random
import sys
import time
from typing import Final
from uuid import uuid4

from broker.kafka import Connection, KafkaAdmin, KafkaSource, TopicSettings

PARTITIONS: Final = 4
SESSION_TIMEOUT_MS: Final = 1_000
POLL_S: Final = 0.01
ENTERING_S_MAX: Final = 20.0
UNSERVED_S_MAX: Final = 0.1


def member(connection: Connection, topic: str, group: str, name: str | None) -> KafkaSource:
    """One member; static where it has a name."""
    return KafkaSource(
        connection,
        topics=[topic],
        group=group,
        worker=name,
        session_timeout_ms=SESSION_TIMEOUT_MS,
    )


def poll(source: KafkaSource) -> None:
    """Wait a moment for messages, of which there are none."""
    source.poll(messages_max=10, bytes_max=1_000, timeout_s=POLL_S)


def play(connection: Connection, topic: str, seed: random.Random, *, static: bool) -> None:
    """Two members of a new group; both close while the rebalance for the second goes on.

    The first has given its partitions back by then, and what the group deals out next comes to
    clients that nobody polls: before they close, while they do, or never.
    """
    group = f"closing-{uuid4().hex[:8]}"
    first = member(connection, topic, group, "one" if static else None)
    deadline_s = time.monotonic() + ENTERING_S_MAX
    while len(first.positions()) < PARTITIONS:
        poll(first)
        assert time.monotonic() < deadline_s, "the first member has its partitions"
    second = member(connection, topic, group, "two" if static else None)
    while len(first.positions()) == PARTITIONS:
        poll(first)
        assert time.monotonic() < deadline_s, "the first member gives its partitions back"
    time.sleep(seed.uniform(0, UNSERVED_S_MAX))
    for source in seed.sample((first, second), 2):
        source.close()


def main() -> None:
    """Play the rounds, and say after each how long it took, in seconds."""
    address, rounds, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    connection = Connection(address)
    topic = f"closing-{uuid4().hex[:8]}"
    KafkaAdmin(connection).create([TopicSettings(topic, PARTITIONS)])
    for number in range(rounds):
        began_s = time.monotonic()
        play(connection, topic, random.Random(number), static=kind == "static")
        sys.stdout.write(f"{number} {time.monotonic() - began_s:.2f}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
