"""Requests to make a model again: what drifts asks for them, once, and how they stand."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import pytest

from broker.clock import ManualClock
from broker.errors import KafkaUnavailable
from broker.json_records import RecordError
from broker.memory import Fault, MemoryControlTopic, MemoryKafka
from broker.models.asking import Asker, asking
from broker.models.limits import ModelsSection
from broker.models.retrains import (
    Change,
    RetrainRegister,
    RetrainRequest,
    State,
    nights_to,
    records_of,
)
from classifiers.drift import Drift
from schemas.stage import Identity

MODEL = Identity("realbogus", "0.3.0", "a" * 64)
DRIFT = Drift("ztf/g", "science_median", "psi", 0.9, 0.3, 800)
TOPIC = "retrains"


class World:
    """A memory Kafka with a topic of requests, and what drifts at a worker."""

    def __init__(self, *faults: Fault) -> None:
        self.clock = ManualClock()
        self.kafka = MemoryKafka(self.clock, faults=faults)
        self.kafka.create_topic(TOPIC)
        self.drifting: list[tuple[Identity, int, Drift]] = []

    def asker(self, name: str = "one") -> Asker:
        return Asker(
            ModelsSection(),
            lambda: MemoryControlTopic(self.kafka, TOPIC, name=name),
            drifting=lambda: self.drifting,
            by=f"worker {name}",
            clock=self.clock,
        )

    def register(self) -> RetrainRegister:
        return RetrainRegister().after(records_of(self.kafka.read(TOPIC)))

    def end(self, state: State) -> None:
        """Have the open request end so."""
        (request,) = self.register().open
        status = self.register().changed(request, Change(state, "", None, "a job", 1.0))
        self.kafka.publish(TOPIC, status.encode(), key=status.key)


def test_what_drifts_is_asked_for_with_its_nights_and_what_it_was() -> None:
    world = World()
    world.drifting = [(MODEL, 20231018, DRIFT), (MODEL, 20231018, replace_column("stars"))]
    world.asker().look()
    (request,) = world.register().open
    assert (request.name, request.version, request.drifted) == ("realbogus", 1, 20231018)
    assert request.nights == ("20230919:20231018",)
    assert (request.model_version, request.sha256) == (MODEL.version, MODEL.sha256)
    assert "psi of science_median in ztf/g is 0.900 (by chance 0.300); psi of stars" in request.why


def replace_column(name: str) -> Drift:
    return replace(DRIFT, column=name, value=0.5)


def test_without_drift_the_topic_is_not_even_read() -> None:
    world = World(Fault("poll", 1, KafkaUnavailable))
    world.asker().look()
    world.drifting = [(MODEL, 0, DRIFT)]
    world.asker().look()
    assert not world.register().all


def test_it_is_asked_once_whoever_sees_it_and_again_when_the_wait_is_over() -> None:
    world = World()
    world.drifting = [(MODEL, 20231018, DRIFT)]
    one, other = world.asker("one"), world.asker("two")
    for each in (one, other, one):
        each.look()
    assert len(world.register().all) == 1
    for night, asked in ((20231101, 1), (20231102, 1)):
        world.drifting = [(MODEL, night, DRIFT)]
        world.asker().look()
        assert len(world.register().all) == asked
    world.end(State.DONE)
    for night, asked in ((20231031, 1), (20231101, 2)):
        world.drifting = [(MODEL, night, DRIFT)]
        world.asker().look()
        assert len(world.register().all) == asked


def test_another_file_of_the_model_does_not_wait_for_the_first() -> None:
    world = World()
    world.drifting = [(MODEL, 20231018, DRIFT)]
    world.asker().look()
    world.end(State.FAILED)
    world.drifting = [(MODEL._replace(sha256="b" * 64), 20231019, DRIFT)]
    world.asker().look()
    assert len(world.register().open) == 1


def test_while_kafka_is_away_it_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    world = World(Fault("produce", 1, KafkaUnavailable, "one"))
    world.drifting = [(MODEL, 20231018, DRIFT)]
    asker = world.asker()
    with caplog.at_level(logging.WARNING):
        asker.look()
    assert "not asked for yet" in caplog.text
    assert not world.register().all
    asker.look()
    assert len(world.register().all) == 1


def test_the_thread_looks_once_more_as_it_ends() -> None:
    world = World()
    with asking(world.asker()):
        world.drifting = [(MODEL, 20231018, DRIFT)]
    assert len(world.register().all) == 1


def test_nights_are_counted_over_the_ends_of_months() -> None:
    assert nights_to(20240301, 2) == "20240229:20240301"
    assert nights_to(20240101, 1) == "20240101:20240101"


def test_what_is_no_request_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.drifting = [(MODEL, 20231018, DRIFT)]
    world.asker().look()
    (request,) = world.register().all
    wrongs: list[dict[str, Any]] = [{"nights": ()}, {"nights": ("soon",)}, {"drifted": 99}]
    for wrong in (*wrongs, {"sha256": "x"}):
        with pytest.raises(RecordError):
            replace(request, **wrong)
    world.kafka.publish(TOPIC, b"{}", key=b"realbogus/2")
    assert world.register().all == (request,)
    assert isinstance(request, RetrainRequest)
    assert "no record of a request" in caplog.text
