"""Transactions that nobody can end any more, by Kafka's own tool: after a night there are none."""

from __future__ import annotations

from typing import Final

from kafka_node.node import KafkaNode

TOOL: Final = "org.apache.kafka.tools.TransactionsCommand"
BROKER: Final = "1"
"""The one node's id."""
TIMEOUT_MINUTES: Final = "0"
"""Of a transaction, at the most, as the tool takes it: it looks at all that are open, however
young, and calls hanging what no coordinator knows of."""


def hanging(node: KafkaNode) -> list[str]:
    """What `kafka-transactions.sh find-hanging` says of a node, a line a transaction."""
    asked = ("--broker-id", BROKER, "--max-transaction-timeout", TIMEOUT_MINUTES)
    return node.tool(TOOL, "find-hanging", *asked).splitlines()[1:]
