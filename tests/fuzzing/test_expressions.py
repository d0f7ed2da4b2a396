"""The fuzzing of expressions in small: every kind of case is drawn, ends, and does no harm."""

from __future__ import annotations

from tests.fuzzing.expression_cases import DRAWS
from tests.fuzzing.expressions import endure


def test_random_expressions_do_no_harm() -> None:
    outcome = endure(1_000, seed=3)
    assert outcome.harms == []
    assert {name for name, _ in outcome.ends} == set(DRAWS)
    assert outcome.ends.total() == 1_000


def test_a_sound_clause_is_evaluated() -> None:
    outcome = endure(1_000, seed=4)
    assert {end for name, end in outcome.ends if name == "sound clauses"} == {"a result"}
