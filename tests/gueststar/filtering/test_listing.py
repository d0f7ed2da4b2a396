"""What is shown of deployed filters: the table, the lines, and a filter's history."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from broker.deployments.records import Cause, Change, State, Status, Version
from broker.deployments.register import Register
from gueststar.filtering.listing import changed_clauses, filter_lines, filter_table, history
from schemas.errors import FilterError
from tests.broker.deployments.test_records import status_of, version_of


def with_clauses(version: Version, form: str = "lite", **clauses: str) -> Version:
    document = {"name": version.name, "description": "", "form": form, "clauses": clauses}
    return replace(version, document=document)


@pytest.fixture
def register() -> Register:
    forced = version_of("early-sn", dry_run=None, overridden=("it had no dry run",))
    paused = version_of("fast_1", 3)
    removed = version_of("bright")
    statuses = [status_of(paused, State.PAUSED), status_of(removed, State.REMOVED)]
    return Register().after([forced, paused, removed, *statuses])


def test_a_line_for_a_pipe_holds_what_the_table_shows(register: Register) -> None:
    lines = [line.split("\t") for line in filter_lines(register)]
    assert [" ".join(line) for line in lines] == [
        "early-sn 1 live gueststar.filter.early-sn lite none ada@observatory 2023-11-14 22:13:21"
        " forced: it had no dry run",
        "fast_1 3 paused gueststar.filter.fast_1 lite 2.00% worker one 2023-11-14 22:14:20 0",
    ]
    screen = io.StringIO()
    Console(file=screen, width=220).print(filter_table(register))
    assert all(cell in screen.getvalue() for line in lines for cell in line)


def test_removed_filters_are_shown_to_who_asks(register: Register) -> None:
    assert len([*filter_lines(register, removed=True)]) == 3
    assert "removed" not in "".join(filter_lines(register))


def test_a_history_tells_every_version_its_clauses_that_changed_and_its_states() -> None:
    first = with_clauses(version_of(), real="a", bright="magnitude < 18")
    second = with_clauses(version_of(version=2), "full", real="a", bright="magnitude < 17", new="c")
    change = Change(State.PAUSED, Cause.COST, "too dear", "worker one", 1_700_000_100.0)
    status = Status("bright", 1, (change, replace(change, state=State.LIVE, cause=Cause.ASKED)))
    assert [*history(Register().after([first, second, status]), "bright")] == [
        "version 1  2023-11-14 22:13:21  deployed by ada@observatory  lite  000000000000",
        "  dry run: 2 of 100 alerts selected, 2.00%, of night.tar",
        "  asks galaxies",
        "  + real: a",
        "  + bright: magnitude < 18",
        "  paused  2023-11-14 22:15:00  by worker one (cost): too dear",
        "  live  2023-11-14 22:15:00  by worker one (asked): too dear",
        "version 2  2023-11-14 22:13:22  deployed by ada@observatory  full  000000000000",
        "  dry run: 2 of 100 alerts selected, 2.00%, of night.tar",
        "  asks galaxies",
        "  - bright: magnitude < 18",
        "  + bright: magnitude < 17",
        "  + new: c",
        "  ~ its records are full, and were lite",
    ]


def test_a_mere_change_of_order_is_told() -> None:
    first = with_clauses(version_of(), a="x", b="y")
    second = with_clauses(version_of(version=2), b="y", a="x")
    assert [*changed_clauses(first, second)] == ["~ the clauses are asked in another order: b, a"]
    assert [*changed_clauses(first, first)] == []


def test_the_history_of_nothing_is_refused_with_the_nearest(register: Register) -> None:
    with pytest.raises(FilterError, match="no filter 'brigth' is deployed; did you mean 'bright'"):
        [*history(register, "brigth")]
