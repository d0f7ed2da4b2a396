"""Topics of one test of notices on a real Kafka, and its targets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from threading import Thread

from broker.kafka import Connection, KafkaAdmin, KafkaControlTopic, TopicSettings, control_topic
from broker.kafka_settings import KafkaSection, TopicsSection
from broker.ledger import Counts, read_entry, total
from broker.notices_settings import NoticesSection, Target
from broker.service_settings import MetricsSection
from broker.settings import Settings
from kafka_node.node import KafkaNode
from services.notices.assembly import notices
from services.notices.job import LOOKED_AT
from services.notices.outbox import Outbox
from services.notices.quota import Tally
from tests.broker.clusters import RealCluster
from tests.chaos.proof import messages
from tests.services.notices.world import finds

NOT_SELECTED = 3
"""Among `finds`."""


class Place:
    """Topics of one test, and its targets."""

    def __init__(self, kafka: KafkaNode, name: str, targets: Mapping[str, Target]) -> None:
        self.link, self.cluster = Connection(kafka.address), RealCluster(kafka.address)
        section = NoticesSection(group=f"{name}.notices", answer_s=1.0, retry_s=600.0)
        self.settings = Settings(
            topics=TopicsSection(
                input=(f"{name}.alerts",),
                enriched=f"{name}.enriched",
                prefix=f"{name}.",
            ),
            kafka=KafkaSection(bootstrap=kafka.address),
            metrics=MetricsSection(port=22_500, ports_max=100),
            notices=replace(section, targets=targets),
        )
        self.section = self.settings.notices
        self.enriched = self.settings.topics.enriched
        KafkaAdmin(self.link).create(
            [TopicSettings(self.enriched), control_topic(self.section.outbox)]
        )

    @contextmanager
    def sending(self) -> Iterator[None]:
        """The job lives meanwhile, and ends as it is told to."""
        with notices(self.settings, version="test") as worker:
            thread = Thread(target=worker.runner.run)
            thread.start()
            try:
                yield
            finally:
                worker.stop()
                thread.join(60)
                assert not thread.is_alive()

    def counts(self) -> Counts:
        """The ledger's."""
        ledger = messages(self.link.bootstrap, self.settings.topics.ledger)
        return total(read_entry(value).counts for _, value in ledger)

    def looked_at(self) -> int:
        return self.counts().published.get(LOOKED_AT, 0)

    def begins(self) -> bool:
        """Whether the group, which begins at the end, has begun: an alert of nobody's says so."""
        self.cluster.publish(self.enriched, [finds()[NOT_SELECTED]])
        return self.looked_at() > 0

    def outbox(self) -> Outbox:
        with closing(KafkaControlTopic(self.link, self.section.outbox)) as control:
            outbox = Outbox(control, self.section.outbox)
            outbox.read()
            return outbox

    def end_an_hour(self, tally: Tally) -> None:
        """As if the chat's hour had ended so."""
        with closing(KafkaControlTopic(self.link, self.section.outbox)) as control:
            control.write(b"tally chat", json.dumps(asdict(tally)).encode())
