"""Requests to their end, whatever is lost and whoever is killed."""

from __future__ import annotations

from collections import Counter

import pytest

from services.followup.requests import State
from tests.services.followup.jobs import World, faults_of


@pytest.mark.parametrize("seed", range(2))
def test_after_fifty_kills_nothing_was_observed_twice_and_nothing_is_forgotten(seed: int) -> None:
    told = World(wanted=250, kills=50, seed=seed).run()
    assert len(told.requests) == 250
    assert told.kills == 50
    assert faults_of(told) == []
    assert {*told.faults} >= {"late", "answer lost", "lost on the way", "no answer"}
    ends = Counter(one.state for one in told.requests.values())
    assert ends[State.COMPLETED] > 120
    assert ends[State.CANCELED] > 0
