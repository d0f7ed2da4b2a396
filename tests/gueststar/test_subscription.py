"""A subscriber gets each alert whole, and comes back to where it stopped."""

from __future__ import annotations

import logging
import math
from contextlib import closing
from itertools import islice

import numpy as np
import pytest

from broker.clock import ManualClock
from broker.errors import SettingsError
from broker.memory import MemoryKafka, MemorySource, PlainMemorySink
from gueststar.alert import Alert
from gueststar.subscription import (
    Subscription,
    connection_to,
    registered,
    subscribe,
    subscribe_batches,
)
from schemas.annotation import Annotations
from schemas.decode import Decoder
from schemas.enriched import Enricher
from schemas.form import Form
from schemas.registry import RegistrySchemas
from tests.gueststar.conftest import ALERTS, SCORES, TOPIC, YOUNG
from tests.schemas import golden
from tests.schemas.registry_server import serving
from tests.schemas.test_cutouts import by_astropy
from tests.schemas.test_enriched import learned


def subscription(memory: MemoryKafka, group: str = "reader") -> Subscription:
    """A reader of the one topic, as a member of a group."""
    source = MemorySource(memory, group=group, topics=[TOPIC])
    return Subscription(source, PlainMemorySink(memory, name=group))


def polled(memory: MemoryKafka) -> list[Alert]:
    """Everything there is, by alert id."""
    with closing(subscription(memory)) as reader:
        return sorted(reader.poll(1.0), key=lambda alert: alert.alert_id)


def test_every_alert_of_a_topic_is_read(memory: MemoryKafka, packets: list[bytes]) -> None:
    batch = Decoder().decode(packets)
    assert [alert.alert_id for alert in polled(memory)] == sorted(batch.alert_id.tolist())


def test_an_alert_has_its_scores_and_filters(memory: MemoryKafka, packets: list[bytes]) -> None:
    first, last = Decoder().decode([packets[0], packets[-1]]).alert_id.tolist()
    alerts = {alert.alert_id: alert for alert in polled(memory)}
    assert alerts[first].scores["realbogus"] == SCORES
    assert alerts[first].filters == ("young",)
    assert alerts[first].selected_by == (YOUNG,)
    assert "realbogus" not in alerts[last].scores
    assert (alerts[last].filters, alerts[last].selected_by) == ((), ())


def test_an_alert_has_its_images(memory: MemoryKafka, packets: list[bytes]) -> None:
    stamps = Decoder().decode(packets).stamps
    for alert, expected in zip(polled(memory), range(ALERTS), strict=True):
        for plane, same in zip(alert.stamps, stamps[expected], strict=True):
            np.testing.assert_array_equal(plane, same)


@pytest.mark.parametrize("negative", [True, False])
def test_a_rubin_alert_s_difference_is_positive_where_the_detection_is(negative: bool) -> None:
    packet = golden.rubin_packet(1, diaSource={"isNegative": negative})
    batch = Decoder(schemas=golden.GoldenSchemas()).decode([packet])
    memory = MemoryKafka(ManualClock())
    memory.create_topic(TOPIC)
    memory.publish(TOPIC, Enricher().encode(batch, learned(1), "full")[0])
    (alert,) = polled(memory)
    sent = by_astropy(golden.rubin_record(1)["cutoutDifference"])
    np.testing.assert_array_equal(alert.stamps[2], -sent if negative else sent)


def test_a_group_resumes_after_the_last_alert_that_was_dealt_with(memory: MemoryKafka) -> None:
    with closing(subscription(memory)) as reader:
        first = [alert.alert_id for alert in islice(reader, 3)]
    with closing(subscription(memory)) as reader:
        then = [alert.alert_id for alert in islice(reader, ALERTS - 2)]
    # The third was handed out, but nobody asked for a fourth: it may not have been dealt with.
    assert then[0] == first[2]
    assert len({*first, *then}) == ALERTS


def test_what_a_poll_gave_is_not_read_again(memory: MemoryKafka) -> None:
    assert len(polled(memory)) == ALERTS
    assert polled(memory) == []


def test_batches_hold_the_scores_as_columns_and_resume_after_those_dealt_with(
    memory: MemoryKafka,
) -> None:
    with closing(subscription(memory)) as reader:
        batch = next(reader.batches())
    assert len(batch) == ALERTS
    assert np.isnan(batch.score("realbogus", "real")).sum() == 1
    with closing(subscription(memory)) as reader:
        batches = reader.batches()
        assert len(next(batches)) == ALERTS
        memory.publish(TOPIC, batch.packets[-1], partition=0)
        then = next(batches)
    # The classifier declined the only alert, and its columns are there for filters to read.
    assert len(then) == 1
    assert then.score_labels == batch.score_labels


def test_a_batch_is_asked_for_with_the_names_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GUESTSTAR_BOOTSTRAP", "there:9092")
    monkeypatch.setenv("GUESTSTAR_KAFKA_SASL_USERNAME", "ada")
    found = connection_to(None, {"security.protocol": "SASL_SSL"})
    assert found.bootstrap == "there:9092"
    assert found.security == {"security.protocol": "SASL_SSL", "sasl.username": "ada"}
    assert connection_to("here:9092").bootstrap == "here:9092"
    monkeypatch.delenv("GUESTSTAR_BOOTSTRAP")
    assert connection_to(None).bootstrap == "localhost:9092"


def test_a_start_that_is_none_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(SettingsError, match="yesterday"):
        next(subscribe(TOPIC, bootstrap="127.0.0.1:1", start="yesterday"))
    with pytest.raises(SettingsError, match="yesterday"):
        next(subscribe_batches(TOPIC, bootstrap="127.0.0.1:1", start="yesterday"))


def test_a_reader_without_a_group_commits_nothing(memory: MemoryKafka) -> None:
    with closing(Subscription(MemorySource(memory, group="own", topics=[TOPIC]), None)) as reader:
        assert len(reader.poll(1.0)) == ALERTS
    assert not memory.committed["own"]


def test_a_message_that_is_no_alert_is_logged_and_passed_over(
    memory: MemoryKafka, caplog: pytest.LogCaptureFixture
) -> None:
    memory.publish(TOPIC, b"not an alert", partition=0)
    with caplog.at_level(logging.WARNING):
        assert len(polled(memory)) == ALERTS
    assert f"{TOPIC}/0 offset 3" in caplog.text
    assert polled(memory) == []


def test_a_topic_that_no_broker_enriched_is_read_too(
    memory: MemoryKafka, packets: list[bytes]
) -> None:
    memory.create_topic("ztf")
    memory.publish("ztf", packets[0])
    with closing(Subscription(MemorySource(memory, group="raw", topics=["ztf"]), None)) as reader:
        (alert,) = reader.poll(1.0)
    assert (dict(alert.scores), alert.filters) == ({}, ())
    assert math.isfinite(alert.magnitude)


@pytest.mark.parametrize("form", ["full", "lite"])
def test_records_with_their_schema_in_the_key_are_read(packets: list[bytes], form: Form) -> None:
    batch = Decoder().decode(packets)
    memory = MemoryKafka(ManualClock())
    memory.create_topic(TOPIC)
    for written in Enricher().write(batch, learned(ALERTS), form, None, "schema-in-key"):
        memory.publish(TOPIC, written.value, key=written.key)
    alerts = polled(memory)
    assert {alert.alert_id for alert in alerts} == set(batch.alert_id.tolist())
    assert {alert.scores["realbogus"]["real"] for alert in alerts} == {0.75}
    assert all(alert.packet.startswith(b"Obj") for alert in alerts)


def test_a_key_that_only_looks_like_a_schema_harms_nobody(
    memory: MemoryKafka, packets: list[bytes]
) -> None:
    memory.publish(TOPIC, b"junk", key=b"{\xff", partition=0)
    memory.publish(TOPIC, packets[0], key=b"{odd}", partition=0)
    assert len(polled(memory)) == ALERTS + 1


def test_bare_records_are_read_with_the_schemas_of_a_registry(packets: list[bytes]) -> None:
    batch = Decoder().decode(packets[:1])
    annotations = Annotations(
        broker_version="0",
        models=[],
        ingest_unix_us=np.zeros(1, dtype=np.int64),
        publish_unix_us=0,
        filters=[("young",)],
    )
    memory = MemoryKafka(ManualClock())
    memory.create_topic(TOPIC)
    with serving() as registry:
        ours = RegistrySchemas({"url": registry.url})
        memory.publish(
            TOPIC, Enricher(registrar=ours).encode(batch, annotations, "full", None, "confluent")[0]
        )
        source = MemorySource(memory, group="own", topics=[TOPIC])
        with closing(Subscription(source, None, schemas=registered(registry.url))) as reader:
            (alert,) = reader.poll(1.0)
    assert alert.alert_id == batch.alert_id[0]
    assert alert.filters == ("young",)
