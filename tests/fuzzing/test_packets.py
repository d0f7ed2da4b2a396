"""Hostile packets, some thousands; as many as GUESTSTAR_HOSTILE_CASES says where it is set."""

from __future__ import annotations

import os

from replay.invention import invent
from tests.fuzzing.packets import GROWTH_MB_MAX, SETTLED_CASES, STRIKES, endure, table

CASES = int(os.environ.get("GUESTSTAR_HOSTILE_CASES", "2000"))


def test_hostile_packets_each_end_in_one_way_and_leave_no_memory_behind() -> None:
    sound = [one.packet for one in invent(10, seed=3)]
    outcome = endure(sound, CASES, seed=CASES)
    assert sum(outcome.ends.values()) == outcome.cases >= CASES > SETTLED_CASES
    assert {name for name, _ in outcome.ends} == set(STRIKES)
    assert outcome.growth_mb < GROWTH_MB_MAX
    assert table(outcome).row_count == len(STRIKES)
