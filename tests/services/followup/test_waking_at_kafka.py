"""Filters woken on a real Kafka by what people answer."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from confluent_kafka import Consumer, TopicPartition

from broker.assembly import worker
from broker.followup_settings import FollowupSection
from broker.kafka import KafkaAdmin, KafkaControlTopic, control_topic
from filters.expressions.filter import ExpressionFilter
from gueststar.filtering.deployment import deploy as of_filter
from kafka_node.node import KafkaNode
from services.followup.assembly import followup
from services.followup.programme import Bounds, Observe, Programme
from services.followup.requests import State
from services.followup.waking import WOKEN_BY
from tests.running import running, until
from tests.services.followup.kafka_places import (
    Place,
    meridian,
    site,
    tonight,
)

pytestmark = pytest.mark.kafka


EVERYTHING = Programme(
    "1",
    "everything",
    clauses={"seen": "dec_deg > -90"},
    observe=Observe(exposure_s=10.0),
    limits=Bounds(requests_a_night=1_000, hours_a_night=1_000.0),
)


def test_a_deployed_filter_is_woken_once_by_each_answer(kafka: KafkaNode, tmp_path: Path) -> None:
    with ExitStack() as opened:
        place = Place(kafka, tmp_path, opened)
        packets, batch = tonight(20)
        up = meridian(float(batch.ra_deg[0]))
        there = replace(site("http://x", up, float(batch.dec_deg[0])), adapter="topic", address="")
        settings = place.settings({"own": there})
        section, live = settings.followup, settings.filters.live
        place.deploy(section, EVERYTHING)
        asks = ExpressionFilter.of(
            {"name": "ia", "clauses": {"ia": 'annotation("followup", "type") == "SNIa"'}}
        )
        KafkaAdmin(place.link).create([control_topic(live)])
        with closing(KafkaControlTopic(place.link, live)) as control:
            of_filter(
                asks,
                control,
                place_of=lambda *_: f"{place.name}.selected.lite",
                by="test",
                provide=lambda _topic: None,
                word_s=0.0,
            )
        for runner in (
            opened.enter_context(worker(settings, "one", version="test")),
            opened.enter_context(followup(settings, version="test")),
        ):
            opened.enter_context(running(runner))
        time.sleep(5.0)
        place.cluster.publish(place.alerts, packets)
        until(lambda: place.states(section)[State.PENDING] > 3)
        reader = opened.enter_context(
            closing(_Reader(kafka.address, f"{place.name}.selected.lite"))
        )
        waits_s = [*_answered(place, section, reader)]
        assert reader.next(wait_s=2.0) == ""
        print(f"{len(waits_s)} woken: median {np.median(waits_s):.2f} s, most {max(waits_s):.2f} s")  # noqa: T201


def _answered(place: Place, section: FollowupSection, reader: _Reader) -> Iterator[float]:
    """Answer for each request that is pending; how long each alert that it woke took, seconds."""
    pending = [one for one in place.requests(section).values() if one.state is State.PENDING]
    for number, request in enumerate(pending):
        ia = number % 4 != 3
        result = {"kind": "classification", "type": "SNIa" if ia else "SNII"}
        said = {"state": "COMPLETED", "results": [result]}
        place.write(section.answers, request.id.encode(), json.dumps(said).encode())
        began_s = time.monotonic()
        if ia:
            assert reader.next().startswith(f"{request.object_id}/followup/classification")
            yield time.monotonic() - began_s


class _Reader:
    """What woke the alerts of a topic, one after another."""

    def __init__(self, address: str, topic: str) -> None:
        self._consumer = Consumer({"bootstrap.servers": address, "group.id": topic})
        self._consumer.assign([TopicPartition(topic, 0, 0)])

    def next(self, wait_s: float = 30.0) -> str:
        """Empty where none comes."""
        message = self._consumer.poll(wait_s)
        if message is None:
            return ""
        return str(dict(message.headers())[WOKEN_BY].decode())

    def close(self) -> None:
        self._consumer.close()
