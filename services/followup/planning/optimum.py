"""The plan that is worth most, by mixed-integer programming: SciPy's one door (HiGHS)."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import numpy as np

from schemas.errors import BrokerError
from services.followup.planning.planner import Choice, Plan, Problem, greedy

GAP: Final = 0.002
"""Of its worth that the plan may lack: a night's weather is not known so well."""
CHOICES_MAX: Final = 60_000
"""Of more, those of least worth are left out: the solver's time grows faster than its gain."""


def optimum(problem: Problem, *, limit_s: float) -> Plan:
    """The best plan found within the limit, never below the greedy one.

    Raises BrokerError where SciPy is not installed.
    """
    fallback = greedy(problem)
    found = sorted(problem.choices(), key=lambda one: -one[1])[:CHOICES_MAX]
    if not found:
        return fallback
    solved = _solved(problem, found, limit_s)
    if solved is None or solved.value < fallback.value:
        bound = float("nan") if solved is None else solved.bound
        return Plan(fallback.chosen, fallback.value, fallback.by, bound)
    return solved


def _solved(problem: Problem, found: list[tuple[Choice, float]], limit_s: float) -> Plan | None:
    try:
        from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise BrokerError(
            "plans need SciPy; install gueststar with the extra `followup`"
        ) from error
    matrix, most = _rules(problem, [choice for choice, _ in found])
    worth = np.array([value for _, value in found])
    answer = milp(
        -worth,
        integrality=np.ones(len(worth)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, ub=most),
        options={"time_limit": limit_s, "mip_rel_gap": GAP},
    )
    if answer.x is None:
        return None
    chosen = [found[at][0] for at in np.flatnonzero(answer.x > 0.5).tolist()]
    bound = -answer.mip_dual_bound if answer.mip_dual_bound is not None else float("nan")
    return Plan(tuple(sorted(chosen)), float(worth[answer.x > 0.5].sum()), "optimum", float(bound))


def _rules(problem: Problem, choices: list[Choice]) -> tuple[object, np.ndarray]:
    """A sparse matrix over the choices, and how much of each row there may be."""
    from scipy.sparse import csr_array  # noqa: PLC0415 - an extra

    row_of: dict[object, int] = defaultdict(lambda: len(row_of))
    rows, columns, weights = list[int](), list[int](), list[float]()

    def put(key: object, column: int, weight: float = 1.0) -> None:
        rows.append(row_of[key])
        columns.append(column)
        weights.append(weight)

    for column, (request, site, slot) in enumerate(choices):
        length = int(problem.length[site][request])
        put(("request", request), column)
        for at in range(slot, slot + length):
            put((site, at), column)
        programme = int(problem.programme[request])
        if programme in problem.limits:
            put(("programme", programme), column, length)
    most = np.ones(len(row_of))
    for programme, limit in problem.limits.items():
        if ("programme", programme) in row_of:
            most[row_of["programme", programme]] = limit
    shape = (len(row_of), len(choices))
    return csr_array((weights, (rows, columns)), shape=shape), most
