"""Models that come and go while a worker runs, over the twin in memory."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from broker.errors import KafkaUnavailable, TransactionAborted
from broker.memory import Fault
from broker.models.comparison import comparison
from broker.models.limits import ModelLimits
from broker.models.records import Cause, State
from broker.models.shadows import TIMINGS
from tests.broker.fakes import TOPICS
from tests.broker.models.stage import COMPARISONS, NAME, FromFile, Stage, Worker


def test_a_shadow_is_compared_and_published_nowhere_else(stage: Stage) -> None:
    worker = Worker(stage)
    stage.night(5, worker)
    stage.deploy(stage.file("new", says=0.2, declines=3))
    stage.night(6, worker)
    assert stage.served() == ["own"] * 11
    (said,) = stage.compared()
    assert said.alert_id.tolist() == [6, 7, 8, 9, 10, 11]
    assert (said.name, said.version, said.against) == (NAME, 1, "own")
    np.testing.assert_allclose(said.against_scores[:, 0], 0.9, rtol=1e-6)
    assert np.flatnonzero(np.isnan(said.scores[:, 0])).tolist() == [0, 3]
    assert worker.watcher.shadows == [1]


def test_a_promoted_model_serves_from_the_next_batch_on_and_a_rollback_takes_one(
    stage: Stage,
) -> None:
    worker = Worker(stage)
    one, two = (stage.deploy(stage.file(each)) for each in ("one", "two"))
    stage.night(2, worker)
    for version in (one, two):
        stage.change(version, State.LIVE)
        stage.night(2, worker)
    stage.change(two, State.PAUSED)
    stage.night(2, worker)
    stage.change(one, State.PAUSED)
    stage.night(2, worker)
    assert stage.served() == ["own"] * 2 + ["one"] * 2 + ["two"] * 2 + ["one"] * 2 + ["own"] * 2


def test_what_was_promoted_before_a_worker_started_serves_from_its_first_alert(
    stage: Stage,
) -> None:
    version = stage.deploy(stage.file("one"))
    stage.change(version, State.LIVE)
    stage.deploy(stage.file("two"))
    worker = Worker(stage)
    stage.night(2, worker)
    assert stage.served() == ["one"] * 2
    assert (worker.watcher.live, worker.watcher.shadows) == ([1], [2])


def test_what_serves_goes_on_while_its_successor_is_opened(stage: Stage) -> None:
    worker = Worker(stage)
    worker.opener.is_late = True
    version = stage.deploy(stage.file("one"))
    stage.change(version, State.LIVE)
    stage.night(2, worker)
    worker.opener.all[0].is_done = True
    stage.night(2, worker)
    assert stage.served() == ["own"] * 2 + ["one"] * 2


@pytest.mark.parametrize(
    ("what", "sha256", "reason"),
    [
        ({"broken": True}, "", "is no model"),
        ({"labels": ["real"]}, "", "with other labels is another model"),
        ({"name": "another"}, "", "deploy it by that name"),
        ({}, "0" * 64, "put the file back"),
    ],
)
def test_a_file_that_cannot_stand_in_is_paused_for_all_with_the_reason(
    stage: Stage, what: dict[str, object], sha256: str, reason: str
) -> None:
    worker = Worker(stage)
    version = stage.deploy(stage.file("new", **what), sha256=sha256)
    stage.change(version, State.LIVE)
    stage.night(3, worker)
    assert stage.served() == ["own"] * 3
    now = stage.register().change(version)
    assert (now.state, now.cause, now.by) == (State.PAUSED, Cause.UNFIT, "worker one")
    assert reason in now.reason
    assert worker.watcher.pauses == [(NAME, "unfit")]


def test_a_model_that_is_not_served_here_is_paused(stage: Stage) -> None:
    worker = Worker(stage)
    version = stage.deploy(stage.file("new"), name="unheard")
    stage.night(3, worker)
    assert "no 'unheard' is served here" in stage.register().change(version).reason


def test_a_file_that_is_gone_is_paused(stage: Stage) -> None:
    worker, file = Worker(stage), stage.file("new")
    version = stage.deploy(file)
    file.unlink()
    stage.night(3, worker)
    assert stage.register().change(version).state is State.PAUSED
    assert stage.served() == ["own"] * 3


def test_a_shadow_that_raises_is_counted_and_harms_nobody(stage: Stage) -> None:
    worker = Worker(stage)
    stage.deploy(stage.file("new", raises=4))
    stage.night(8, worker)
    (said,) = stage.compared()
    assert said.faults == 2
    assert np.flatnonzero(np.isnan(said.scores[:, 0])).tolist() == [3, 7]
    records = [json.loads(each.value) for each in stage.kafka.read(TOPICS.enriched)]
    assert [each["flags"] for each in records] == [[]] * 8


def test_a_shadow_that_costs_too_much_is_paused_and_says_so(stage: Stage) -> None:
    worker = Worker(stage, limits=ModelLimits(cost_us_max=1e-9))
    version = stage.deploy(stage.file("new"))
    for _ in range(TIMINGS + 1):
        stage.night(20, worker)
    now = stage.register().change(version)
    assert (now.state, now.cause) == (State.PAUSED, Cause.COST)
    assert "[models] cost_us_max allows 1e-09" in now.reason


def test_more_shadows_than_allowed_are_paused(stage: Stage) -> None:
    worker = Worker(stage, limits=ModelLimits(shadows_max=1))
    one, two = (stage.deploy(stage.file(each)) for each in ("one", "two"))
    for _ in range(2):
        stage.night(2, worker)
    register = stage.register()
    assert [register.change(each).state for each in (one, two)] == [State.SHADOW, State.PAUSED]


def test_a_batch_that_is_given_back_is_compared_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classifiers.slot.BUILT_IN", {NAME: FromFile})
    stage = Stage(tmp_path, Fault("commit", 2, TransactionAborted))
    worker = Worker(stage)
    stage.deploy(stage.file("new"))
    for _ in range(4):
        stage.night(3, worker)
    worker.runner.step()
    assert [each for one in stage.compared() for each in one.alert_id.tolist()] == [*range(1, 13)]
    assert stage.served() == ["own"] * 12
    told = [one for each in worker.watcher.reports for one in each.outcome.models.shadows]
    assert sum(each.alerts for each in told) == 12


def test_a_kafka_that_is_away_leaves_the_models_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classifiers.slot.BUILT_IN", {NAME: FromFile})
    away = [Fault("poll", nth, KafkaUnavailable, "one's control") for nth in (2, 3)]
    stage = Stage(tmp_path, *away, Fault("produce", 1, KafkaUnavailable, "one's control"))
    worker = Worker(stage)
    version = stage.deploy(stage.file("new", broken=True))
    for _ in range(2):
        stage.night(2, worker)
    assert stage.register().change(version).state is State.SHADOW
    for _ in range(2):
        stage.night(2, worker)
        stage.clock.advance(10)
    assert stage.register().change(version).state is State.PAUSED
    assert stage.served() == ["own"] * 8


def test_comparisons_that_their_topic_does_not_take_are_left_out(stage: Stage) -> None:
    stage.kafka.delete_topic(COMPARISONS)
    stage.kafka.create_topic(COMPARISONS, bytes_max=50)
    worker = Worker(stage)
    stage.deploy(stage.file("new"))
    stage.night(5, worker)
    assert stage.served() == ["own"] * 5
    assert stage.compared() == []


def test_what_shadows_said_adds_up_to_the_comparison(stage: Stage) -> None:
    worker = Worker(stage)
    stage.deploy(stage.file("new", says=0.2, declines=5))
    for _ in range(10):
        stage.night(10, worker)
    known = {f"object-{number}": "real" if number % 2 else "bogus" for number in range(10)}
    found = comparison(stage.compared(), known)
    assert found is not None
    assert (found.alerts, found.agreement, found.faults) == (100, 0.0, 0)
    assert (found.declined, found.declined_against) == (0.2, 0.0)
    assert found.marks is not None
    assert found.marks_against is not None
    assert (found.marks.alerts, found.marks.objects, found.marks.recall) == (80, 8, 0.5)
    assert found.marks.log_loss == pytest.approx(-np.log([0.2, 0.8]).mean(), rel=1e-4)
    assert found.marks.calibration_error == pytest.approx(0.3, rel=1e-4)
