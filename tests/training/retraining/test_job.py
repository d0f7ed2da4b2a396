"""The law of requests: each carried out once, whatever is killed, fenced or raised between."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.clock import ManualClock
from broker.errors import ProducerFenced, TransactionAborted
from broker.memory import Fault, MemoryControlTopic, MemoryKafka, MemorySink
from broker.models.records import State as ModelState
from broker.models.register import ModelRegister
from broker.models.register import records_of as models_of
from broker.models.retrains import RetrainRegister, RetrainRequest, State, records_of
from classifiers.realbogus import WEIGHTS
from classifiers.reference import with_reference
from schemas.errors import BrokerError, ModelError
from tests.killed import Killed
from tests.training.retraining.references import reference
from training.retraining.job import TAKEN_MAX, Job, Topics

TOPICS = Topics("retrains", "models")


class World:
    """A memory Kafka, a folder, and jobs that are killed where they are told to be."""

    def __init__(self, folder: Path, *faults: Fault) -> None:
        self.folder = folder
        self.kafka = MemoryKafka(ManualClock(), faults=faults)
        for topic in (TOPICS.requests, TOPICS.models):
            self.kafka.create_topic(topic)
        self.made: list[tuple[str, int]] = []
        self.dies_making = 0

    def ask(self, name: str = "realbogus") -> RetrainRequest:
        number = self.requests().next_version(name)
        asked = RetrainRequest(
            *(name, number, ("20231018",), "a trial", None, "0.3.0", "a" * 64, "ada@home"),
            float(number),
        )
        self.kafka.publish(TOPICS.requests, asked.encode(), key=asked.key)
        return asked

    def make(self, request: RetrainRequest, folder: Path) -> None:
        """A file like no other; killed in the midst of it where it is to be."""
        file = folder / f"{request.name}.onnx"
        file.write_bytes(b"begun")
        if self.dies_making:
            self.dies_making -= 1
            raise Killed
        if request.name != "realbogus":
            raise ModelError(f"nobody can make {request.name}")
        self.made.append((request.name, request.version))
        file.write_bytes(with_reference(WEIGHTS.read_bytes(), reference(len(self.made))))
        shutil.copy(WEIGHTS.with_suffix(".md"), file.with_suffix(".md"))

    def job(self) -> Job:
        """A new process."""
        sink = MemorySink(self.kafka, name="retraining")
        requests, models = (MemoryControlTopic(self.kafka, one) for one in ("retrains", "models"))
        folder = self.folder
        job = Job(TOPICS, requests, models, sink, make=self.make, folder=folder, by="job@home")
        job.begin()
        return job

    def work(self) -> None:
        """One process after another, until nothing is asked for."""
        while True:
            try:
                job = self.job()
                while job.step() is not None:
                    pass
            except (Killed, BrokerError):
                continue
            return

    def requests(self) -> RetrainRegister:
        return RetrainRegister().after(records_of(self.kafka.read(TOPICS.requests)))

    def deployed(self) -> ModelRegister:
        return ModelRegister().after(models_of(self.kafka.read(TOPICS.models)))


FAULTS = st.builds(
    Fault,
    st.sampled_from(["begin", "produce", "commit", "rebuild"]),
    st.integers(1, 8),
    st.sampled_from([TransactionAborted, ProducerFenced]),
    st.none(),
    st.booleans(),
)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 3), st.integers(0, 2), st.lists(FAULTS, max_size=3))
def test_a_request_is_deployed_once_and_done(
    count: int, dies_making: int, faults: list[Fault]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), *faults)
        asked = [world.ask() for _ in range(count)]
        world.dies_making = dies_making
        world.work()
        requests, deployed = world.requests(), world.deployed()
        done = [each for each in asked if requests.change(each).state is State.DONE]
        numbers = [requests.change(each).made for each in done]
        assert not requests.open
        assert numbers == [each.version for each in deployed.all]
        for each in set(asked) - set(done):
            assert "ended 3 times" in requests.change(each).reason
        for version in deployed.all:
            assert deployed.change(version).state is ModelState.SHADOW
            assert Path(version.place).is_file()
        assert len(world.made) == len(set(world.made)) >= len(done)


def test_what_was_made_is_not_made_again_but_deployed(tmp_path: Path) -> None:
    world = World(tmp_path, Fault("produce", 2, ProducerFenced))
    world.ask()
    with pytest.raises(ProducerFenced):
        world.job().step()
    assert (world.made, world.deployed().all) == ([("realbogus", 1)], ())
    world.work()
    assert len(world.made) == 1
    assert len(world.deployed().all) == 1


def test_an_older_job_says_nothing_once_a_younger_one_began(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.ask()
    older, younger = world.job(), world.job()
    with pytest.raises(ProducerFenced):
        older.step()
    assert younger.step() is not None
    assert len(world.deployed().all) == 1


def test_what_ends_its_job_each_time_is_given_up(tmp_path: Path) -> None:
    world = World(tmp_path)
    request = world.ask()
    world.dies_making = 99
    world.work()
    now = world.requests().change(request)
    assert (now.state, now.made) == (State.FAILED, None)
    assert now.reason == f"its job ended {TAKEN_MAX} times while it was at it"
    assert world.dies_making == 99 - TAKEN_MAX


def test_what_cannot_be_made_says_why_and_the_next_is_made(tmp_path: Path) -> None:
    world = World(tmp_path)
    failing, other = world.ask("supernova"), world.ask()
    world.work()
    now = world.requests().change(failing)
    assert (now.state, now.reason) == (State.FAILED, "nobody can make supernova")
    assert world.requests().change(other).state is State.DONE
