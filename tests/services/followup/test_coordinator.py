"""What is done between two batches of alerts, and what waits for nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from services.followup.adapters.port import Found
from services.followup.planning.planner import Choice, Plan, Problem
from services.followup.requests import Request, Requests, State
from services.followup.tracker import Patience, Tracker
from tests.executors import Slow
from tests.services.followup.job_world import SECTION, World
from tests.services.followup.jobs import wanted
from tests.services.followup.portals import Portal
from tests.services.followup.test_adapters import site


class Telescope:
    """It takes everything, and loses nothing."""

    def __init__(self) -> None:
        self.portal = Portal()

    def submit(self, request: Request) -> Found:
        return Found(self.portal.add(request).reference, State.PENDING)

    def find(self, request: Request) -> Sequence[Found]:
        return self.portal.of(request.id)

    def cancel(self, request: Request, reference: str) -> None:
        self.portal.cancel(reference)


def first(problem: Problem) -> Plan:
    """The first request now, whatever is seen."""
    return Plan((Choice(0, "own", 0),) if problem.requests else (), 1.0, "test")


def test_a_plan_is_made_beside_the_loop_and_asks_for_nothing_that_changed_meanwhile() -> None:
    slow, telescope = Slow(), Telescope()
    section = replace(SECTION, sites={"own": site("", "topic")}, plan_s=1.0)
    world = World(section, telescopes={"own": telescope}, plans=slow, planner=first)
    slow.go_on()
    world.pass_days(0)
    world.alert()
    world.pass_days(0.01)
    world.pass_days(0)
    assert [one.state for one in world.on_topic()] == [State.WANTED], "it is being planned"
    (before,) = world.coordinator.requests.open
    world.coordinator.wanted([replace(before, priority=9.0, sequence=before.sequence + 1)])
    slow.go_on()
    world.pass_days(0)
    assert not telescope.portal.groups
    world.pass_days(0.01)
    slow.go_on()
    world.pass_days(0)
    assert [one.state for one in world.on_topic()] == [State.PENDING]
    assert [*telescope.portal.groups] == ["1"]


def test_what_others_say_is_heard_between_two_calls_of_telescopes() -> None:
    world, requests, heard = World(), Requests(), list[int]()
    telescope = Telescope()
    tracker = Tracker(
        requests,
        {"own": telescope},
        world.journal,
        Patience(1.0, 1.0, attempts_max=3),
        meanwhile=lambda: heard.append(len(telescope.portal.groups)),
    )
    each = [wanted(number, world.clock.now_s(), site="own") for number in range(3)]
    for one in each:
        requests.put(one)
    tracker.submit(each, world.clock.now_s())
    assert heard == [1, 2, 3]
    world.clock.sleep(2.0)
    tracker.step(world.clock.now_s())
    assert len(heard) == 6
