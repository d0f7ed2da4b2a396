"""Plans: lawful, worth what they say, the optimum never below the greedy one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.followup.planning.optimum import optimum
from services.followup.planning.planner import Choice, Plan, Problem, Taken, at_random, greedy


def drawn(seed: int, requests: int, slots: int, sites: int = 2) -> Problem:
    draw = np.random.default_rng(seed)
    worth, length = {}, {}
    for number in range(sites):
        value = draw.lognormal(0, 1, (requests, slots))
        worth[f"s{number}"] = np.where(draw.random((requests, slots)) < 0.7, value, 0.0)
        length[f"s{number}"] = draw.integers(1, 3, requests)
    programme = draw.integers(0, 2, requests)
    return Problem(worth, length, programme, {0: int(draw.integers(1, slots * sites))})


def check(problem: Problem, plan: Plan) -> None:
    taken, value = Taken(problem), 0.0
    for choice in plan.chosen:
        assert taken.fits(choice)
        taken.take(choice)
        worth = problem.starts(choice.site)[choice.request, choice.slot]
        assert worth > 0
        value += worth
    assert value == pytest.approx(plan.value)


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 10))
@settings(max_examples=40)
def test_every_plan_keeps_the_rules_and_the_optimum_is_never_below(
    seed: int, requests: int, slots: int
) -> None:
    problem = drawn(seed, requests, slots)
    best, queue = optimum(problem, limit_s=5.0), greedy(problem)
    for plan in (best, queue, at_random(problem, np.random.default_rng(seed))):
        check(problem, plan)
        assert plan.value <= best.value + 1e-6 + 0.002 * best.value


def test_the_optimum_is_what_trying_everything_finds() -> None:
    for seed in range(8):
        problem = drawn(seed, 4, 4)
        ways: list[list[Choice | None]] = [[None] for _ in range(4)]
        for choice, _ in problem.choices():
            ways[choice.request].append(choice)
        best = 0.0
        for tried in product(*ways):
            taken, value = Taken(problem), 0.0
            for choice in filter(None, tried):
                if not taken.fits(choice):
                    break
                taken.take(choice)
                value += problem.starts(choice.site)[choice.request, choice.slot]
            else:
                best = max(best, value)
        assert optimum(problem, limit_s=5.0).value == pytest.approx(best, rel=0.003)


def test_what_is_asked_for_stays_unless_another_is_worth_much_more() -> None:
    def first(other: float) -> int:
        worth = {"s": np.array([[1.0], [other]])}
        length = {"s": np.ones(2, np.int64)}
        fixed = [Choice(0, "s", 0)]
        problem = Problem(worth, length, np.zeros(2, np.int64), {}, fixed)
        return optimum(problem, limit_s=5.0).chosen[0].request

    assert first(1.2) == 0
    assert first(1.3) == 1


def test_nothing_to_see_is_an_empty_plan() -> None:
    worth, length = {"s": np.zeros((3, 5))}, {"s": np.ones(3, np.int64)}
    empty = Problem(worth, length, np.zeros(3, np.int64), {})
    assert optimum(empty, limit_s=1.0).chosen == ()
