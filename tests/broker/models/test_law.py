"""The law with models that come and go: whatever is killed or given back, once, with a version."""

from __future__ import annotations

import tempfile
from pathlib import Path
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from broker.balance import balance
from broker.errors import KafkaUnavailable, ProducerFenced, TransactionAborted
from broker.ledger import read_entry
from broker.memory import Fault
from broker.models.records import State
from tests.broker.fakes import TOPICS
from tests.broker.models.stage import NAME, FromFile, Stage, Worker

MOVES = ("send", "send", "deploy", "promote", "roll back", "pause", "kill", "spoil")
FAULTS = st.builds(
    Fault,
    st.sampled_from(["commit", "send_offsets"]),
    st.integers(1, 12),
    st.sampled_from([TransactionAborted, ProducerFenced]),
    st.just("g-one"),
)
AWAY = st.builds(
    Fault,
    st.sampled_from(["poll", "produce"]),
    st.integers(1, 12),
    st.just(KafkaUnavailable),
    st.just("one's control"),
)


def started(stage: Stage) -> Worker:
    """A new process, started until Kafka answers."""
    while True:
        try:
            return Worker(stage)
        except KafkaUnavailable:
            stage.clock.advance(1)


class Night:
    """Moves, one after another."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.worker = started(stage)
        self.sent = 0

    def move(self, what: str) -> None:
        """One of MOVES, where it can be made."""
        register = self.stage.register()
        live = register.live.get(NAME, ())
        if what == "send":
            self.sent += 3
            self.stage.night(3, self.worker)
        elif what == "kill":
            self.worker.kill()
            self.stage.clock.advance(20)
            self.worker = started(self.stage)
        elif what in ("deploy", "spoil"):
            version = f"v{len(register.all)}"
            self.stage.deploy(self.stage.file(version, broken=what == "spoil"))
        elif what == "promote" and register.shadows:
            self.stage.change(register.shadows[-1], State.LIVE)
        elif what == "pause" and register.shadows:
            self.stage.change(register.shadows[0], State.PAUSED)
        elif what == "roll back" and live:
            self.stage.change(live[0], State.PAUSED)

    def end(self) -> None:
        """Let the worker take what is left."""
        for _ in range(20):
            self.worker.runner.step()
            self.stage.clock.advance(1)


@settings(max_examples=150)
@given(
    st.lists(st.sampled_from(MOVES), max_size=25),
    st.lists(FAULTS, max_size=3),
    st.lists(AWAY, max_size=2),
)
def test_every_alert_ends_once_with_a_version_and_is_compared_at_most_once(
    moves: list[str], faults: list[Fault], away: list[Fault]
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        patch("classifiers.slot.BUILT_IN", {NAME: FromFile}),
    ):
        night = Night(Stage(Path(folder), *faults, *away))
        for each in moves:
            night.move(each)
        night.end()
    stage = night.stage
    versions = stage.served()
    assert len(versions) == night.sent
    known = {f"v{number}" for number in range(len(stage.register().all))} | {"own"}
    assert {*versions} <= known
    compared = [
        (one.name, one.version, alert)
        for one in stage.compared()
        for alert in one.alert_id.tolist()
    ]
    assert len(compared) == len({*compared})
    entries = [read_entry(each.value) for each in stage.kafka.read(TOPICS.ledger)]
    assert balance(entries, stage.kafka.visible).imbalances == ()
