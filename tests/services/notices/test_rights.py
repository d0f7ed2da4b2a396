"""The rights of the job that sends notices, as `gueststar check` asks for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from broker.errors import SettingsError
from broker.kafka.rights import Right
from broker.kafka_settings import TopicsSection
from broker.notices_settings import NoticesSection, Target
from broker.settings import Settings
from services.notices.rights import to_notify

SETTINGS = Settings(TopicsSection(input=("alerts",)))


def test_the_job_reads_finds_and_writes_its_outbox_dead_letters_and_the_ledger() -> None:
    section = NoticesSection(targets={"chat": Target(filters=("x",), address="http://h/")})
    settings = replace(SETTINGS, notices=section)
    found = [*to_notify(settings, there=("gueststar.notices.outbox",))]
    topics = settings.topics
    written = ("gueststar.notices.outbox", topics.dead_letters, topics.ledger)
    assert len({*found}) == len(found)
    assert {*found} == {
        Right("Read", "topic", topics.enriched),
        Right("Read", "topic", "gueststar.notices.outbox"),
        Right("Read", "group", "gueststar.notices"),
        Right("Describe", "group", "gueststar-reader-", begins=True),
        *(Right("Write", "topic", each) for each in written),
        *(Right("DescribeConfigs", "topic", each) for each in written),
        *(Right("Create", "topic", each) for each in written[1:]),
        Right("Write", "transactional id", "gueststar.notices-notices"),
    }


def test_without_targets_there_is_no_job() -> None:
    with pytest.raises(SettingsError, match="targets"):
        [*to_notify(SETTINGS, there=())]
