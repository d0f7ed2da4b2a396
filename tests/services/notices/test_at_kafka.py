"""Notices at a real Kafka: a webhook and a mailbox are told, a dead target holds nobody up."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from broker.notices_settings import Target
from kafka_node.node import KafkaNode
from tests.running import until
from tests.services.notices.doubles import Hook, MailBox
from tests.services.notices.places import Place
from tests.services.notices.world import finds

pytestmark = pytest.mark.kafka

NOT_SELECTED = 3
"""Among `finds`."""


def test_finds_are_told_once_and_what_was_left_out_when_the_hour_is_over(
    kafka: KafkaNode, tmp_path: Path
) -> None:
    with Hook().serving() as hook, MailBox().serving() as box:
        chat = Target("slack", ("bright", "young"), hook.address, quota_an_hour=5)
        mail = Target("mail", ("young",), box.address, to=("ada@example.org",), encryption="none")
        dead = replace(chat, address="http://127.0.0.1:9/")
        place = Place(kafka, tmp_path.name, {"chat": chat, "mail": mail, "dead": dead})
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
