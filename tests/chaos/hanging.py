"""Transactions that nobody can end any more, by Kafka's own tool: after a night there are none."""

from __future__ import annotations

import subprocess
from typing import Final

from kafka_node.jars import fetch_jars
from kafka_node.node import KafkaNode

TOOL: Final = "org.apache.kafka.tools.TransactionsCommand"
BROKER: Final = "1"
"""The one node's id."""
ANSWER_S_MAX: Final = 240.0
TIMEOUT_MINUTES: Final = "0"
"""Of a transaction, at the most, as the tool takes it: it looks at all that are open, however
young, and calls hanging what no coordinator knows of."""


def hanging(node: KafkaNode) -> list[str]:
    """What `kafka-transactions.sh find-hanging` says of a node, a line a transaction."""
    java = ["java", "-Xmx300m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    asked = ["--bootstrap-server", node.address, "find-hanging", "--broker-id", BROKER]
    done = subprocess.run(
        [
            *java,
            "-cp",
            f"{fetch_jars()}/*",
            TOOL,
            *asked,
            "--max-transaction-timeout",
            TIMEOUT_MINUTES,
        ],
        capture_output=True,
        text=True,
        timeout=ANSWER_S_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[1:]
