"""What has ended is kept for as long as an alert that is seen again might ask for it twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from broker.errors import SettingsError
from broker.followup_settings import FollowupSection
from broker.ports import Message
from services.followup.adapters.ocs import OcsPortal
from services.followup.requests import Requests, State, id_of
from tests.services.followup.job_world import LOG, World
from tests.services.followup.jobs import wanted
from tests.services.followup.portal_server import PortalServer
from tests.services.followup.test_adapters import OBSERVE, asked, site


@pytest.mark.parametrize("is_killed", [False, True])
def test_what_ended_is_asked_for_again_after_its_retention_and_not_before(is_killed: bool) -> None:
    world = World()
    assert (world.alert(), world.alert()) == (1, 0)
    world.pass_days(2)
    assert [one.state for one in world.on_topic()] == [State.WINDOW_EXPIRED]
    world.pass_days(29.9)
    if is_killed:
        world.begin()
    assert world.alert() == 0
    world.pass_days(0.2)
    if is_killed:
        world.begin()
    assert world.on_topic() == [*world.coordinator.requests.all.values()] == []
    assert (world.alert(), world.alert()) == (1, 0)
    world.coordinator.look()
    assert [one.state for one in world.on_topic()] == [State.WANTED]
    assert len(world.coordinator.requests.open) == 1


def test_a_deletion_that_is_read_late_takes_nothing_that_was_wanted_since() -> None:
    requests, again = Requests(), wanted(1, 1.8e9)
    requests.put(again)
    gone = again.deletion("asked")
    requests.learn([Message("asked", 0, 9, -1, gone.key, gone.value)], LOG)
    assert requests.open == [again]


def test_an_objects_visits_are_forgotten_together_once_the_last_has_ended() -> None:
    requests, one = Requests(), wanted(1, 0.0, state=State.COMPLETED, changed_unix_s=10.0)
    second = replace(one, id=id_of("test", one.object_id, 2), visit=2, changed_unix_s=50.0)
    for each in (one, second, wanted(2, 0.0, state=State.CANCELED, changed_unix_s=20.0)):
        requests.put(each)
    assert [each.object_id for each in requests.forgettable(30.0)] == ["ZTF000002"]
    assert len(requests.forgettable(51.0)) == 3
    requests.put(replace(second, state=State.PENDING, sequence=2))
    assert [each.object_id for each in requests.forgettable(51.0)] == ["ZTF000002"]


def test_what_a_portal_did_for_a_forgotten_request_is_not_taken_for_this_one_s() -> None:
    with PortalServer().serving() as portal:
        ocs, one = OcsPortal(site(portal.address, proposal="P1"), OBSERVE, answer_s=5.0), asked()
        (reference,) = [ocs.submit(one).reference]
        portal.portal.groups[reference].created = "2020-01-01T00:00:00.000000Z"
        (found,) = ocs.find(one)
        assert not one.may_have(found.made_unix_s)
        portal.portal.groups[reference].created = ""
        assert one.may_have(ocs.find(one)[0].made_unix_s)


def test_a_retention_within_which_clocks_may_differ_is_refused() -> None:
    with pytest.raises(SettingsError, match="kept_days_max"):
        FollowupSection(kept_days_max=0.5)
