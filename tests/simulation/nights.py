"""The nights themselves: each kind does its script's actions, lets the night end, and judges it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

from broker.observer import Phase
from broker.publishing import Publishing
from lake.recovery import read_log
from schemas.errors import BrokerError
from tests.broker import test_remade
from tests.broker.beside import AtOnce, AtRelease, AtTheEnd
from tests.broker.jobs import ALERTS, SHARED, WORDS, Job
from tests.broker.test_law import Night as LawNight
from tests.broker.world import Setup
from tests.services.lake_writer.world import FIRST_NIGHT, Where, foreign_rows
from tests.services.lake_writer.world import World as LakeWorld
from tests.simulation.script import PUBLISHING, WORKERS, Action, Script

LAKE: Final = ALERTS._replace(
    message=lambda number, kind: json.dumps(
        json.loads(ALERTS.message(number, kind)) | {"night": FIRST_NIGHT + number % 3}
    ).encode()
)
"""Alerts that have a night, as a lake's rows do."""
JOBS: Final[Mapping[str, Job]] = {"alerts": ALERTS, "shared": SHARED, "words": WORDS, "lake": LAKE}
BESIDE: Final[Mapping[str, Callable[[], Publishing]]] = dict(
    zip(PUBLISHING, (AtOnce, AtTheEnd, AtRelease), strict=True)
)
LAKE_TURNS_MAX: Final = 400


class Night(Protocol):
    """What a script is played on."""

    def do(self, action: Action, /) -> None: ...

    def end(self) -> None:
        """Let it come to its end, and hold it to the law. AssertionError where it is broken."""


class PlainNight(LawNight):
    """Three workers on one topic; retention, limits and partitions change meanwhile."""

    def __init__(self, script: Script) -> None:
        setup = Setup(
            elsewhere=script.kind == "elsewhere",
            job=JOBS[script.job],
            publishing=BESIDE.get(script.publishing),
        )
        super().__init__(list(script.faults), script.session_s, setup)

    def do(self, action: object) -> None:
        """The three that the law's own test lacks, or what that does."""
        match action:
            case ("forget",):
                self.forget()
            case ("limit", int(bytes_max)):
                self.world.kafka.limit(self.world.setup.job.main_topic, bytes_max)
            case ("grow", int(partitions)):
                self.world.survey.add_partitions("survey", partitions)
            case ("wait", float(seconds)):
                super().do(("wait", "", seconds))
            case (str(what), str(which)):
                super().do((what, which, 0.0))
            case (str(what), str(which), (Phase() | float()) as how):
                super().do((what, which, how))  # type: ignore[arg-type]
            case _:
                raise AssertionError(action)

    def forget(self) -> None:
        """Retention drops what every worker has dealt with."""
        for partition, place in self.world.committed().items():
            if place.offset > self.world.survey.log(partition).start:
                self.world.survey.forget(partition, before=place.offset)

    def end(self) -> None:
        """The law."""
        for worker in self.world.workers.values():
            worker.at.clear()
        self.world.drain(WORKERS)
        self.world.check_law()


class TopicsNight:
    """Two workers, two topics that are remade, deleted and grow."""

    def __init__(self, script: Script) -> None:
        self.night = test_remade.Night(list(script.faults), test_remade.INPUTS)

    def do(self, action: Action) -> None:
        """One action."""
        for act in self._acts(action):
            act(self.night)

    def _acts(self, action: Action) -> list[test_remade.Action]:
        match action:
            case ("step", str(name)):
                return [test_remade.steps(name)]
            case ("send", str(topic), int(count)):
                return [test_remade.sends(topic, count)]
            case ("kill", str(name), Phase() as phase):
                return [test_remade.kills(name, phase)]
            case ("wait", float(seconds)):
                return [test_remade.waits(seconds)]
            case ("change", str(what), str(topic), int(parts)):
                return [test_remade.changes(CHANGES[what], topic, parts)]
            case ("change", str(what), str(topic), int(parts), str(name), Phase() as phase):
                return [test_remade.changes_within(CHANGES[what], topic, parts, name, phase)]
        raise AssertionError(action)

    def end(self) -> None:
        """Each life of a topic was read whole, or is over."""
        self.night.drain()
        self.night.check()


CHANGES: Final = {change.__name__: change for change in test_remade.CHANGES}


class LakeNight(PlainNight):
    """Workers, and the lake's writer behind them, which dies at any change of the disk."""

    def __init__(self, script: Script, folder: Path) -> None:
        super().__init__(script)
        self.lake = LakeWorld(folder / "lake")
        self.lake.kafka, self.lake.clock = self.world.kafka, self.world.clock

    def do(self, action: object) -> None:
        """The writer's turns, or what workers do."""
        match action:
            case ("write",):
                self.write()
            case ("die", int(steps)):
                self.write(steps)
            case _:
                super().do(action)

    def write(self, steps: int | None = None) -> None:
        """One turn of the writer's loop; steps: after so many changes of the disk it dies."""
        try:
            if steps is None:
                self.lake.step()
            else:
                self.lake.step_until_killed(steps)
        except BrokerError:
            self.lake.kill()

    def end(self) -> None:
        """The law; and the lake's rows are the alerts that were published, once each."""
        super().end()
        published = self.world.kafka.read(self.world.setup.job.main_topic)
        self.lake.sent = {Where(each.partition, each.offset): each.value for each in published}
        for _ in range(LAKE_TURNS_MAX):
            self.write()
            self.world.clock.advance(1)
            if sum(one.consumed for one in read_log(self.lake.lake).stretches) == len(published):
                break
        assert foreign_rows(self.lake.lake) == Counter(self.world.enriched())
        assert self.lake.unread() == {}
        self.lake.kill()
