"""The rights of the follow-up job, as `gueststar check` asks for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from broker.errors import SettingsError
from broker.followup_settings import FollowupSection, Site
from broker.kafka.rights import Right
from broker.kafka_settings import TopicsSection
from broker.settings import Settings
from broker.toml_tables import Signed
from services.followup.rights import to_follow_up

SETTINGS = Settings(TopicsSection(input=("alerts",)))


def test_the_job_reads_users_topics_and_writes_annotations_and_its_sites_topics() -> None:
    site = Site(Signed(28.3), Signed(-16.5))
    section = FollowupSection(sites={"teide": site}, annotators=("alice",))
    settings = replace(SETTINGS, followup=section)
    found = [*to_follow_up(settings, there=())]
    assert len({*found}) == len(found)
    assert {*found} >= {
        Right("Read", "topic", "gueststar.annotations.alice"),
        Right("Read", "topic", settings.topics.enriched),
        Right("Read", "group", "gueststar.followup"),
        Right("Write", "topic", "gueststar.annotations"),
        Right("Write", "topic", "gueststar.followup.teide"),
        Right("Write", "transactional id", "gueststar.followup-followup"),
    }
    assert Right("Write", "topic", "gueststar.annotations.alice") not in found


def test_without_sites_there_is_no_job() -> None:
    with pytest.raises(SettingsError, match="sites"):
        [*to_follow_up(SETTINGS, there=())]
