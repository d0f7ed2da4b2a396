"""Who is another process, and who but our own earlier or later membership, as time goes on."""

from __future__ import annotations

import pytest

from broker.clock import ManualClock
from broker.errors import MemberFenced
from broker.kafka import Connection
from broker.kafka.namesakes import GRACE_S, NOBODY, Namesakes

SESSION_S = 10.0
STEP_S = 0.5


class Told(Namesakes):
    """One that is told who has the name, instead of asking."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(Connection("nowhere:1"), "g", "one", SESSION_S, clock.monotonic_s)
        self._clock = clock
        self.holder: str | None = NOBODY

    def _holder(self) -> str | None:
        return self.holder

    def over(self, seconds: float) -> list[bool]:
        """What it says for so long."""
        found = []
        for _ in range(int(seconds / STEP_S)):
            self._clock.advance(STEP_S)
            found.append(self.are_none("one-now"))
        return found


@pytest.fixture
def namesakes() -> Told:
    """Those of a worker that was called one-before."""
    told = Told(ManualClock())
    told.note("one-before")
    return told


@pytest.mark.parametrize("holder", [NOBODY, "one-before", "one-now"])
def test_what_we_are_or_were_called_is_no_other_process(namesakes: Told, holder: str) -> None:
    namesakes.holder = holder
    assert all(namesakes.over(3 * SESSION_S))


def test_whoever_keeps_our_name_for_longer_than_a_session_lives(namesakes: Told) -> None:
    namesakes.holder = "one-another"
    assert not any(namesakes.over(SESSION_S))
    with pytest.raises(MemberFenced, match="'one' of group 'g'"):
        namesakes.over(GRACE_S + 2 * STEP_S)


def test_a_name_that_nobody_bears_is_given_up_within_a_session(namesakes: Told) -> None:
    namesakes.holder = "one-lost"
    assert not any(namesakes.over(SESSION_S))
    namesakes.holder = NOBODY
    assert all(namesakes.over(STEP_S))


def test_a_session_counts_anew_where_the_coordinator_was_away(namesakes: Told) -> None:
    namesakes.holder = "one-lost"
    namesakes.over(SESSION_S)
    namesakes.holder = None
    assert not any(namesakes.over(SESSION_S))
    namesakes.holder = "one-lost"
    assert not any(namesakes.over(SESSION_S))
