"""Where a chaotic night happens: at one Kafka, or between the survey's and ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from broker.kafka.connection import PATIENCE_S
from kafka_node.jars import VERSION
from kafka_node.node import START_S_MAX, KafkaNode
from tests.chaos.backlog import Backlog
from tests.chaos.proxy import Proxy, behind_proxy

GROUP = "chaos"
GIVEN_OUT = "given-out-chaos"
"""The group at the survey's Kafka."""
SURVEY, ENRICHED = "survey", "enriched"
SESSION_S = 6.0
"""The least that a Kafka allows as it comes."""

CONFIG = """
[kafka]
bootstrap = "{bootstrap}"
group = "{group}"
transaction_timeout_ms = {transaction_ms}
patience_s = {patience_s}
session_timeout_ms = {session_ms}
[topics]
{input}
enriched = "enriched"
partitions = 2
[topics.forms]
enriched = "full"
[filters]
builtin = ["young_supernovae"]
[limits]
poll_messages_max = {poll_messages_max}
{source}
"""
INPUT = 'input = ["survey"]'
SOURCE = """
[source]
bootstrap = "{bootstrap}"
topics = ["survey"]
group = "{group}"
"""


@dataclass(frozen=True)
class Site:
    """ours: where all is published. config: the workers' settings."""

    ours: KafkaNode
    config: str
    elsewhere: KafkaNode | None = None
    """The survey's own Kafka, where that is another."""
    networks: tuple[Proxy, ...] = ()
    """Those by which workers reach both, where they can fail."""

    @property
    def survey(self) -> KafkaNode:
        """Where the alerts come."""
        return self.elsewhere or self.ours

    def backlog(self) -> Backlog:
        """Of the alerts, as the survey's Kafka sees it."""
        group = GIVEN_OUT if self.elsewhere else GROUP
        return Backlog(self.survey.address, group=group, topic=SURVEY)


@contextmanager
def one_kafka(version: str = VERSION) -> Iterator[Site]:
    """The survey's topic stands in ours."""
    with KafkaNode(version=version) as node:
        yield Site(node, config(node.address, input_=INPUT, patience_s=START_S_MAX))


@contextmanager
def two_kafkas() -> Iterator[Site]:
    """The survey has its own, and the network to either can fail."""
    with behind_proxy() as (ours, ours_by), behind_proxy() as (survey, survey_by):
        source = SOURCE.format(bootstrap=survey_by.address, group=GIVEN_OUT)
        text = config(ours_by.address, source=source)
        yield Site(ours, text, survey, (ours_by, survey_by))


def config(
    bootstrap: str,
    *,
    input_: str = "",
    source: str = "",
    patience_s: float = PATIENCE_S,
    transaction_ms: int = 2_000,
    poll_messages_max: int = 60,
) -> str:
    """The workers' settings; a Kafka that is killed is waited for as long as it may take."""
    return CONFIG.format(
        bootstrap=bootstrap,
        group=GROUP,
        session_ms=int(SESSION_S * 1e3),
        patience_s=patience_s,
        transaction_ms=transaction_ms,
        poll_messages_max=poll_messages_max,
        input=input_,
        source=source,
    )
