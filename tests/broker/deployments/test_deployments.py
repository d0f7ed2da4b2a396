"""Filters that come and go while a worker runs, over the twin in memory."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from itertools import count

import numpy as np
import pytest

from broker.deployments import Limits
from broker.deployments.inspection import COST_ALERTS_MIN, TIMINGS, agree
from broker.deployments.records import Cause, State
from broker.errors import KafkaUnavailable
from broker.headers import named
from broker.memory import Fault
from filters.filter_set import FilterDecision, FilterSet
from schemas.batch import AlertBatch
from tests.broker.deployments.stage import CURSED, FAINT, FAINTEST, PREFIX, SHARED, Stage, Worker
from tests.broker.fakes import (
    TOPICS,
    FakeDecoder,
    number_of,
    packet,
)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_deployed_filter_selects_from_the_next_batch_on(stage: Stage) -> None:
    worker = Worker(stage)
    stage.night(5, worker)
    stage.deploy("faint", FAINT)
    stage.night(5, worker)
    assert stage.selected("faint") == [8, 9]
    (record, _) = (json.loads(message.value) for message in stage.kafka.read(f"{PREFIX}faint"))
    assert record["filters"] == ["faint"]
    assert worker.watcher.active == [("bright", "1"), ("faint", "1")]


def test_filters_share_a_topic_or_keep_their_own_as_their_records_say(stage: Stage) -> None:
    worker = Worker(stage)
    shared = f"{SHARED}.lite"
    stage.deploy("faint", FAINT)
    stage.deploy("faint-too", FAINT, topic=shared)
    stage.deploy("faintest", FAINTEST, topic=shared)
    stage.night(10, worker)
    assert stage.selected("faint") == [3, 4, 8, 9]
    both, one = (b"faint-too", b"faintest"), (b"faint-too",)
    found = stage.kafka.read(shared)
    assert [number_of(message.value) for message in found] == [3, 4, 8, 9]
    assert [named(message.headers) for message in found] == [one, both, one, both]
    assert all(named(message.headers) == () for message in stage.kafka.read(f"{PREFIX}faint"))


@pytest.mark.parametrize("topic", ["shared", "shared.full", "elsewhere"])
def test_a_filter_on_a_topic_that_is_not_for_it_is_paused(stage: Stage, topic: str) -> None:
    worker = Worker(stage)
    version = stage.deploy("faint", FAINT, topic=topic)
    stage.night(5, worker)
    assert worker.active == []
    assert "nor 'shared.lite', which lite filters share" in stage.now(version).reason


def test_what_was_deployed_before_a_worker_started_is_on_duty_from_its_start(stage: Stage) -> None:
    stage.deploy("faint", FAINT)
    stage.deploy("faint", FAINTEST)
    worker = Worker(stage)
    assert worker.active == [("faint", "2")]
    stage.night(5, worker)
    assert stage.selected("faint") == [4]


def test_a_filter_is_paused_resumed_replaced_and_removed_between_batches(stage: Stage) -> None:
    worker = Worker(stage)
    first = stage.deploy("faint", FAINT)
    stage.change(first, State.PAUSED)
    stage.night(5, worker)
    assert worker.active == []
    stage.change(first, State.LIVE)
    stage.night(5, worker)
    assert worker.active == [("faint", "1")]
    second = stage.deploy("faint", FAINTEST)
    stage.change(first, State.REMOVED)
    stage.night(5, worker)
    assert worker.active == [("faint", "2")]
    stage.change(second, State.REMOVED)
    stage.night(5, worker)
    assert worker.active == []
    assert stage.selected("faint") == [8, 9, 14]


def test_changes_are_said_in_a_line_each(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    worker = Worker(stage)
    with caplog.at_level(logging.INFO, logger="gueststar.filters"):
        version = stage.deploy("faint", FAINT)
        worker.deployments.look()
        stage.change(version, State.PAUSED)
        worker.deployments.look()
        worker.deployments.look()
    assert [record.getMessage() for record in caplog.records] == [
        "filter faint version 1 is active: topic live.faint, deployed by ada@observatory",
        "filter faint version 1 is no longer active: paused by ada@observatory: so be it",
    ]


def test_a_filter_that_raises_is_paused_everywhere_with_what_it_said(stage: Stage) -> None:
    one, two = Worker(stage), Worker(stage, "two")
    version = stage.deploy("cursed", CURSED)
    one.deployments.look()
    two.deployments.look()
    assert one.active == two.active == [("cursed", "1")]
    for _ in range(4):
        stage.night(5, one, two)
    assert one.active == two.active == []
    now = stage.now(version)
    assert (now.state, now.cause) == (State.PAUSED, Cause.RAISED)
    assert now.by in {"worker one", "worker two"}
    assert "raised ValueError: the curse struck" in now.reason
    assert [*one.watcher.pauses, *two.watcher.pauses] == [("cursed", "raised")]
    assert len(stage.kafka.read(TOPICS.enriched)) >= 15


def test_a_filter_that_raises_is_paused_once_however_often_its_batch_comes(stage: Stage) -> None:
    worker = Worker(stage)
    version = stage.deploy("cursed", CURSED)
    worker.deployments.look()
    for _ in range(3):
        worker.deployments.judge(FakeDecoder().decode([packet(1)]))
    worker.deployments.look()
    assert len(stage.register().changes(version)) == 1


def dear() -> Callable[[], float]:
    """A clock on which every filter takes a second."""
    ticks = count()
    return lambda: float(next(ticks))


def test_a_filter_that_costs_too_much_is_paused_after_a_few_timings(stage: Stage) -> None:
    worker = Worker(stage, cpu_s=dear())
    version = stage.deploy("faint", FAINT)
    for _ in range(TIMINGS):
        stage.night(COST_ALERTS_MIN, worker)
        assert worker.active == [("faint", "1")]
    stage.night(0, worker)
    assert worker.active == []
    assert stage.now(version).cause is Cause.COST
    assert stage.now(version).reason.startswith("it took 3906.2 µs an alert, the median of 5")
    assert worker.watcher.costs == {"faint": 1e6 / COST_ALERTS_MIN}


def test_small_batches_say_nothing_of_a_filter_s_cost(stage: Stage) -> None:
    worker = Worker(stage, cpu_s=dear())
    stage.deploy("faint", FAINT)
    for _ in range(TIMINGS + 1):
        stage.night(COST_ALERTS_MIN - 1, worker)
    assert worker.active == [("faint", "1")]
    assert worker.watcher.costs == {}


def test_each_filter_is_timed_in_turn_and_those_on_probation_first(stage: Stage) -> None:
    for name in ("a", "b", "c"):
        stage.deploy(name, FAINT | {name: "detections > 0"})
    worker = Worker(stage, cpu_s=dear(), limits=Limits(cost_us_max=1e9))
    for _ in range(3 * TIMINGS):
        stage.night(COST_ALERTS_MIN, worker)
    assert worker.watcher.costs.keys() == {"a", "b", "c"}
    stage.deploy("d", FAINT)
    for _ in range(TIMINGS):
        stage.night(COST_ALERTS_MIN, worker)
    assert "d" in worker.watcher.costs


class Lying(FilterSet):
    """Lets nothing pass where more than one filter is asked."""

    def judge(self, batch: AlertBatch) -> list[FilterDecision]:  # type: ignore[override]
        """As if no row had been selected."""
        nothing = np.zeros(0, dtype=np.int64)
        return [each._replace(selected=nothing) for each in super().judge(batch)]


def test_a_filter_whose_answers_differ_is_paused_and_its_own_answer_counts(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.deployments.deployments.FilterSet", Lying)
    worker = Worker(stage)
    version = stage.deploy("faint", FAINT)
    stage.night(5, worker)
    assert stage.selected("faint") == [3, 4]
    stage.night(0, worker)
    assert worker.active == []
    assert stage.now(version).cause is Cause.DIFFERS
    assert "selected 2 alerts of a batch, asked among all 0" in stage.now(version).reason


def test_decisions_agree_where_they_count_the_same_but_for_nothing() -> None:
    one = FilterDecision("a", np.array([1]), {"x": 2, "y": 0}, {})
    assert agree(one, FilterDecision("a", np.array([1]), {"x": 2}, {"y": 0}))
    assert not agree(one, FilterDecision("a", np.array([2]), {"x": 2}, {}))
    assert not agree(one, FilterDecision("a", np.array([1]), {"x": 1}, {"x": 1}))


@pytest.mark.parametrize(
    ("name", "clauses", "changes", "reason"),
    [
        ("bright", FAINT, {}, "the settings have a filter 'bright'"),
        ("taken", FAINT, {}, "its topic 'live.taken' has another use"),
        ("faint", FAINT, {"topic": "survey"}, "its topic 'survey' is not 'live.faint'"),
        ("forbidden", FAINT, {}, "no such topics: live.forbidden"),
        ("faint", {"a": 'score("other", "real") > 0.5'}, {}, "no classifier 'other' has scored"),
        ("faint", {"a": 'in_region("moc")'}, {}, "there is no region 'moc'"),
        ("faint", FAINT, {"sha256": "0" * 64}, "not those of its sha256"),
        (
            "faint",
            FAINT,
            {"document": {"name": "faint", "clauses": {"a": "magnitud < 18"}}},
            "did you mean 'magnitude'",
        ),
        ("faint", FAINT, {"document": {"name": "faint", "clauses": {}}}, "1 to 64 clauses"),
    ],
)
def test_a_filter_that_cannot_be_asked_here_is_paused_with_the_reason(
    stage: Stage, name: str, clauses: dict[str, str], changes: dict[str, object], reason: str
) -> None:
    worker = Worker(stage)
    version = stage.deploy(name, clauses, **changes)
    stage.night(5, worker)
    assert worker.active == []
    now = stage.now(version)
    assert (now.state, now.cause) == (State.PAUSED, Cause.UNFIT)
    assert reason in now.reason
    assert worker.watcher.pauses == [(name, "unfit")]


def test_a_record_that_makes_us_stumble_stops_no_worker(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(document: object) -> None:
        raise KeyError("clauses")

    version = stage.deploy("faint", FAINT)
    monkeypatch.setattr("broker.deployments.activation.ExpressionFilter.of", stumble)
    assert Worker(stage).active == []
    assert stage.now(version).reason.startswith("a fault of ours, KeyError: 'clauses'")


def test_more_filters_than_are_allowed_are_paused_the_last_deployed_first(stage: Stage) -> None:
    worker = Worker(stage, limits=Limits(live_max=2))
    versions = [stage.deploy(name, FAINT) for name in ("c", "b", "a")]
    stage.night(5, worker)
    assert worker.active == [("c", "1"), ("b", "1")]
    assert "live_max allows no more" in stage.now(versions[2]).reason
    stage.change(versions[0], State.REMOVED)
    stage.change(versions[2], State.LIVE)
    stage.night(5, worker)
    assert worker.active == [("b", "1"), ("a", "1")]


def test_a_message_that_is_no_record_is_passed_over_with_a_line(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    worker = Worker(stage)
    stage.control.write(b"other/1", b"rubbish")
    stage.deploy("faint", FAINT)
    stage.night(5, worker)
    assert worker.active == [("faint", "1")]
    line = caplog.records[0].getMessage()
    assert line.startswith(
        "no record of a filter, passed over: control offset 0: the record other/1"
    )


def test_where_kafka_does_not_answer_the_filters_stay_and_it_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = Stage(
        *(Fault("poll", nth, KafkaUnavailable, client="one's control") for nth in (3, 4, 5))
    )
    stage.deploy("faint", FAINT)
    worker = Worker(stage)
    for _ in range(7):
        stage.night(5, worker)
    assert worker.active == [("faint", "1")]
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "fault at poll 3; going on with the filters that run",
        "the topic of filters answers again",
    ]


def test_a_pause_that_kafka_did_not_take_holds_here_and_is_written_later() -> None:
    stage = Stage(Fault("produce", 1, KafkaUnavailable, client="one's control"))
    version = stage.deploy("cursed", CURSED)
    worker = Worker(stage)
    stage.night(5, worker)
    stage.night(5, worker)
    assert worker.active == []
    assert stage.now(version).state is State.LIVE
    stage.clock.advance(6)
    stage.night(5, worker)
    assert stage.now(version).cause is Cause.RAISED


def test_two_workers_agree_on_who_is_on_duty(stage: Stage) -> None:
    one, two = Worker(stage), Worker(stage, "two")
    version = stage.deploy("faint", FAINT)
    stage.deploy("cursed", CURSED)
    stage.night(5, one, two)
    assert one.active == two.active == [("faint", "1"), ("cursed", "1")]
    stage.change(version, State.PAUSED)
    for _ in range(3):
        stage.night(5, one, two)
    assert one.active == two.active == []
