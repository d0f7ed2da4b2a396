"""A bound stops a stream that dies, before anything of it is committed."""

from __future__ import annotations

import pytest

from broker.dead_letters import DeadLetter, DeadLetterBound
from broker.errors import TooManyDead
from broker.ports import Message
from schemas.batch import Reason


def letters(count: int, reason: str = Reason.TRUNCATED) -> list[DeadLetter]:
    """So many alerts that died of one reason."""
    return [
        DeadLetter(reason, "schema id 1200", Message("rubin", 2, 40 + n, -1, None, b""))
        for n in range(count)
    ]


def test_the_bound_is_off_unless_set() -> None:
    bound = DeadLetterBound()
    for _ in range(100):
        bound.check(1000, letters(1000))


def test_the_bound_looks_at_the_last_alerts_only() -> None:
    bound = DeadLetterBound(fraction_max=0.5, alerts_min=100)
    for _ in range(50):
        bound.check(10, [])
    for _ in range(5):
        bound.check(10, letters(10))
    with pytest.raises(TooManyDead, match="60 of the last 100 alerts"):
        bound.check(10, letters(10))


def test_the_bound_waits_until_it_has_seen_enough() -> None:
    bound = DeadLetterBound(fraction_max=0.5, alerts_min=100)
    for _ in range(9):
        bound.check(11, letters(11))
    with pytest.raises(TooManyDead, match="dead_fraction_max"):
        bound.check(1, letters(1))


def test_a_small_night_is_enough_for_the_bound_as_it_is_set_first() -> None:
    bound = DeadLetterBound(fraction_max=0.5)
    bound.check(999, letters(999))
    with pytest.raises(TooManyDead):
        bound.check(1, letters(1))
