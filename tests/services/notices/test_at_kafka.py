"""Notices at a real Kafka: a webhook and a mailbox are told, a dead target holds nobody up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from threading import Thread

import pytest

from broker.kafka import Connection, KafkaAdmin, KafkaControlTopic, TopicSettings, control_topic
from broker.kafka_settings import KafkaSection, TopicsSection
from broker.ledger import read_entry, total
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
from tests.running import until
from tests.services.notices.doubles import Hook, MailBox
from tests.services.notices.world import finds

pytestmark = pytest.mark.kafka

NOT_SELECTED = 3
"""Among `finds`."""


class Place:
    """Topics of one test, and its targets."""

    def __init__(self, kafka: KafkaNode, folder: Path, hook: Hook, box: MailBox) -> None:
        self.link, self.cluster = Connection(kafka.address), RealCluster(kafka.address)
        self.enriched = f"{folder.name}.enriched"
        section = NoticesSection(group=f"{folder.name}.notices", answer_s=1.0, retry_s=600.0)
        chat = Target("slack", ("bright", "young"), hook.address, quota_an_hour=5)
        targets = {
            "chat": chat,
            "mail": Target(
                "mail", ("young",), box.address, to=("ada@example.org",), encryption="none"
            ),
            "dead": replace(chat, address="http://127.0.0.1:9/"),
        }
        self.settings = Settings(
            topics=TopicsSection(
                input=(f"{folder.name}.alerts",),
                enriched=self.enriched,
                prefix=f"{folder.name}.",
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

    def looked_at(self) -> int:
        ledger = messages(self.link.bootstrap, self.settings.topics.ledger)
        return total(read_entry(value).counts for _, value in ledger).published.get(LOOKED_AT, 0)

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


def test_finds_are_told_once_and_what_was_left_out_when_the_hour_is_over(
    kafka: KafkaNode, tmp_path: Path
) -> None:
    with Hook().serving() as hook, MailBox().serving() as box:
        place = Place(kafka, tmp_path, hook, box)
        with closing(place.cluster):
            with place.sending():
                until(place.begins, look_s=0.5)
                place.cluster.publish(place.enriched, finds())
                until(lambda: (len(hook.got), len(box.mails)) == (5, 6))
                until(lambda: not place.outbox().waiting["mail"])
            outbox = place.outbox()
            assert outbox.tallies["chat"].left_out == 4
            assert not outbox.waiting["chat"]
            assert len(outbox.waiting["dead"]) == 5
            place.end_an_hour(replace(outbox.tallies["chat"], hour=7))
            with place.sending():
                until(lambda: len(hook.got) == 6)
            assert "4 more" in hook.documents[-1]["text"]
            keys = [headers["Idempotency-Key"] for headers, _ in hook.got]
            assert len({*keys}) == 6
            assert len(box.mails) == 6
            assert place.outbox().tallies["chat"].untold == 0
