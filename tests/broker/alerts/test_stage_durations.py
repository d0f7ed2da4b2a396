"""How long a network, a cross-match, an embedding and a stranger's stage took, each by its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from broker.alerts.metrics import AlertMetrics
from broker.alerts.outcome import Step
from broker.clock import ManualClock
from broker.metrics import Metrics
from broker.observer import Observers
from classifiers.classifier import Scoring
from classifiers.embedding import Embedding
from classifiers.lightcurve import lightcurve
from schemas.batch import AlertBatch
from schemas.learned import Given
from schemas.stage import Identity, Stage
from sky.catalogue_files import Table
from sky.crossmatch import CrossMatch
from tests.broker.alerts.test_pipeline import processed
from tests.broker.fakes import FakeClassifier, packet
from tests.broker.world import World
from tests.outside.depth import Depth

NOWHERE = Table(np.array([0.0]), np.array([-90.0]), {}, "ab" * 32)
SECONDS = {"fake": 1.0, "mine": 0.25, "lightcurve": 0.5, "depth": 0.125}


@dataclass(frozen=True)
class Slow:
    """A stage that takes its seconds, by a clock in hand."""

    stage: Stage
    clock: ManualClock

    @property
    def identity(self) -> Identity:
        return self.stage.identity

    @property
    def reads(self) -> tuple[str, ...]:
        return self.stage.reads

    @property
    def gives(self) -> tuple[Given, ...]:
        return self.stage.gives

    def run(self, batch: AlertBatch) -> Sequence[NDArray[Any]]:
        self.clock.advance(SECONDS[self.identity.name])
        return self.stage.run(batch)

    def warm_up(self) -> None:
        self.stage.warm_up()


def slow_stages(clock: ManualClock, network: FakeClassifier) -> list[Slow]:
    """One of each kind."""
    kinds = (Scoring(network), CrossMatch("mine", NOWHERE, 1.0), Embedding(lightcurve()), Depth())
    return [Slow(each, clock) for each in kinds]


def test_each_stage_is_timed_under_its_own_name() -> None:
    clock = ManualClock()
    done = processed([packet(1)], stages=slow_stages(clock, FakeClassifier()), clock=clock)
    assert done.outcome.stages_s == pytest.approx(SECONDS)
    assert done.steps_s[Step.SCORE] == pytest.approx(sum(SECONDS.values()))


def test_a_stage_that_raises_is_timed_with_all_its_attempts() -> None:
    clock, network = ManualClock(), FakeClassifier(raises_on=frozenset({1}))
    sent = [packet(number) for number in range(4)]
    done = processed(sent, stages=slow_stages(clock, network)[:1], clock=clock)
    assert done.outcome.faults and network.calls > 1
    assert done.outcome.stages_s == {"fake": pytest.approx(network.calls * SECONDS["fake"])}


def test_prometheus_reads_them_of_every_committed_batch() -> None:
    world, metrics = World(), Metrics(worker="one", version="0.1.0")
    world.send(packet(1))
    world.drain()
    both = Observers(metrics, AlertMetrics(metrics.instruments))
    for report in world.workers["one"].reports:
        both.on_batch(report)
    text = metrics.text()
    assert 'gueststar_stage_duration_seconds_count{stage="fake"} 1.0' in text
    assert 'gueststar_step_duration_seconds_count{step="score"} 1.0' in text
