"""Every kind of fuzzing in small: all draws are drawn, end, and do no harm."""

from __future__ import annotations

import pytest

from tests.fuzzing.__main__ import KINDS, endured
from tests.fuzzing.enduring import RESULT
from tests.fuzzing.expression_cases import DRAWS

CASES = {"packets": 2_000, "expressions": 1_000, "settings": 120, "notices": 300, "frames": 200}
"""Of a hundred where nothing is said."""


@pytest.mark.parametrize("name", KINDS)
def test_hostile_input_does_no_harm(name: str) -> None:
    cases = CASES.get(name, 100)
    outcome = endured(name, cases, seed=cases)
    assert outcome.harms == []
    assert outcome.ends.total() >= cases
    assert outcome.growth_mb < outcome.kind.growth_mb_max


def test_a_sound_clause_is_evaluated() -> None:
    outcome = endured("expressions", 1_000, seed=4)
    assert {name for name, _ in outcome.ends} == set(DRAWS)
    assert {end for name, end in outcome.ends if name == "sound clauses"} == {RESULT}
