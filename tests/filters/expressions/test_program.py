"""Filters judged together give every row the answer that each gives alone, the plain way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.expressions import program
from filters.expressions.filter import Clause, ExpressionFilter
from filters.expressions.parser import read
from filters.expressions.program import Program
from filters.expressions.tree import Column, Constant, Kind, Node, Operation
from filters.handmade import handmade
from filters.selection import Selection
from schemas.batch import AlertBatch
from schemas.errors import FilterError
from schemas.learned import Learned
from tests.filters.expressions import trees
from tests.filters.expressions.trees import Trees

NAN, INF = np.nan, np.inf
NUMBERS = [NAN, INF, -INF, -1.0, -0.0, 0.0, 0.1, 0.5, 1.0, 2.0, 3.0, 18.5, 1e300]
COMPARISONS = ["<", "<=", ">", ">=", "==", "!="]


def _truth(operator: str, *operands: Node) -> Node:
    return Operation(operator, operands, Kind.TRUTH)


def clauses() -> Trees:
    """Random ones; and of scores, and of functions of functions."""
    made = [
        "sqrt({0})",
        "log10(abs({0}))",
        "({0}) ** 2",
        "minimum({0}, {1})",
        "({0}) // ({1})",
        "{0}",
    ]
    values = ["magnitude", "age_days", "detections", "2", *map(_score, ("real", "bogus"))]
    numbers = st.builds(str.format, st.sampled_from(made), *[st.sampled_from(values)] * 2)
    nested = st.builds(str.format, st.sampled_from(made), numbers, numbers)
    written = st.builds("{} {} {}".format, nested, st.sampled_from(COMPARISONS), numbers)
    return trees.truths() | written.map(read)


def _score(label: str) -> str:
    return f'score("realbogus", "{label}")'


@st.composite
def batches(draw: st.DrawFn) -> AlertBatch:
    """Alerts of `trees.rows`, with scores."""
    alerts = draw(st.lists(trees.rows(), min_size=1, max_size=5)) * draw(st.sampled_from([1, 30]))
    batch = trees.batch_of(alerts)
    real = np.resize(np.array([0.1, NAN, 0.5, 0.8], np.float32), len(alerts))
    batch.learned["realbogus"] = Learned.probabilities(
        ("real", "bogus"), np.stack([real, 1 - real], axis=1)
    )
    return batch


def plain(filter_: Sequence[Node]) -> Selection:
    """The plain way: `evaluate`, clause by clause."""
    named = tuple(Clause(f"clause-{place}", "", node) for place, node in enumerate(filter_))
    return ExpressionFilter("plain", "", "lite", named).selection("plain")


def assert_same(filters: Sequence[Sequence[Node]], batch: AlertBatch) -> None:
    """Row by row, count by count."""
    together = Program(filters)
    traces, found = together.traces(batch), together.judge(batch)
    assert found.broken == {}
    for place, filter_ in enumerate(filters):
        decision = plain(filter_).judge(batch)
        assert traces.trace[place].tolist() == decision.trace.tolist()
        assert traces.unknown[place].tolist() == decision.unknown.tolist()
        selected = found.selected[found.ends[place] : found.ends[place + 1]]
        assert selected.tolist() == np.flatnonzero(decision.selected).tolist()
        refused, unknown = found.counts[slice(*together.clauses[place : place + 2])].T
        assert (refused - unknown).tolist() == list(decision.refused_by.values())
        assert unknown.tolist() == list(decision.unknown_by.values())


def texts(*written: str) -> list[Node]:
    return [read(text) for text in written]


@settings(max_examples=100)
@given(st.lists(st.lists(clauses(), min_size=1, max_size=4), min_size=1, max_size=4), batches())
def test_every_row_gets_the_answer_of_the_plain_way(
    filters: list[list[Node]], batch: AlertBatch
) -> None:
    assert_same(filters, batch)


@settings(max_examples=30)
@given(
    st.lists(st.sampled_from(NUMBERS[1:]), min_size=1, max_size=30),
    st.sampled_from(COMPARISONS),
    batches(),
)
def test_many_constants_of_one_column_are_each_compared(
    values: list[float], operator: str, batch: AlertBatch
) -> None:
    column = Column("magnitude", Kind.NUMBER)
    assert_same(
        [[_truth(operator, column, Constant(value, Kind.NUMBER))] for value in values], batch
    )


def test_what_is_written_in_two_ways_is_worked_out_once() -> None:
    same = Program([texts("magnitude + age_days < 18"), texts("18 > age_days + magnitude")])
    assert same.distinct == Program([texts("magnitude + age_days < 18")]).distinct


def test_zero_and_minus_zero_are_two_constants() -> None:
    batch = handmade(magnitude=[1.0], age_days=[2.0])
    assert_same([texts("magnitude / 0 > 0"), texts("magnitude / -0.0 > 0")], batch)


@pytest.mark.parametrize("rows", [0, 1, 63, 64, 65, 1000])
def test_any_number_of_rows_is_judged(rows: int) -> None:
    magnitudes = np.linspace(15, 21, rows).tolist()
    batch = handmade(rows=rows, light_curve=[[]] * rows, magnitude=magnitudes)
    assert_same([texts("magnitude < 18"), texts("~(magnitude < 18)", "magnitude < 20")], batch)


def test_a_long_batch_is_cut_and_counted_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "PIECE_ROWS_MAX", 64)
    magnitudes = np.linspace(15, 21, 300)
    magnitudes[::7] = NAN
    batch = handmade(magnitude=magnitudes.tolist(), age_days=np.arange(300.0).tolist())
    rising = texts("rate_mag_per_day() > 0.1")
    assert_same([texts("magnitude < 18", "age_days > 99"), texts("age_days > 150"), rising], batch)


def test_a_thousand_filters_are_judged_at_once() -> None:
    magnitudes = np.random.default_rng(5).uniform(14, 22, 256).tolist()
    batch = handmade(magnitude=magnitudes, age_days=magnitudes[::-1])
    filters = [
        texts(f"magnitude < {14 + place / 125}", f"age_days - magnitude > {place % 7}")
        for place in range(1000)
    ]
    found = Program(filters).judge(batch)
    selected = [len(rows) for rows in np.split(found.selected, found.ends[1:-1])]
    expected = [
        sum(
            magnitude < 14 + place / 125 and age - magnitude > place % 7
            for magnitude, age in zip(magnitudes, magnitudes[::-1], strict=True)
        )
        for place in range(1000)
    ]
    assert selected == expected


def test_the_order_of_filters_does_not_matter() -> None:
    batch = handmade(magnitude=[17.0, 18.0, NAN], age_days=[1.0, NAN, 3.0])
    filters = [texts("magnitude < 18"), texts("age_days < 2", "magnitude > 5"), texts("True")]
    forward, backward = Program(filters).traces(batch), Program(filters[::-1]).traces(batch)
    assert (forward.trace == backward.trace[::-1]).all()
    assert (forward.unknown == backward.unknown[::-1]).all()


def test_no_filter_at_all_selects_nothing() -> None:
    found = Program([]).judge(handmade(rows=3))
    assert (found.selected.tolist(), found.ends.tolist(), found.broken) == ([], [0], {})


def test_only_the_filters_that_read_what_raised_are_broken() -> None:
    batch = handmade(magnitude=[17.0, 19.0])
    asks = texts("magnitude < 18", 'score("nobody", "real") * 2 > 0.5')
    together = Program([texts("magnitude < 18"), asks, texts("magnitude > 18")])
    found = together.judge(batch)
    assert [*found.broken] == [1]
    assert "no classifier 'nobody'" in str(found.broken[1])
    assert found.selected[: found.ends[1]].tolist() == [0]
    assert found.selected[found.ends[2] :].tolist() == [1]
    with pytest.raises(FilterError, match="nobody"):
        together.traces(batch)


def test_a_column_is_read_once_for_all_filters() -> None:
    class Counting:
        def __init__(self, batch: AlertBatch) -> None:
            self.batch = batch
            self.asked: list[str] = []

        def __len__(self) -> int:
            return len(self.batch)

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401
            return getattr(self.batch, name)

        def column(self, name: str) -> Any:  # noqa: ANN401
            self.asked.append(name)
            return self.batch.column(name)

    table = Counting(handmade(magnitude=[17.0], age_days=[1.0]))
    filters = [texts("magnitude < 18", "magnitude + age_days < 20"), texts("magnitude > 10")]
    Program(filters).judge(table)
    assert sorted(table.asked) == ["age_days", "magnitude"]


def test_warming_up_can_be_done_twice() -> None:
    program.warm_up()
    program.warm_up()


def test_a_function_that_sees_the_alerts_is_unknown_where_it_read_nothing() -> None:
    batch = handmade(flux_njy=[10.0, NAN], flux_err_njy=[1.0, 1.0])
    unknown = Program([texts("rate_mag_per_day() > 0")]).traces(batch).unknown
    assert unknown.tolist() == [[True, True]]
    assert_same([texts("rate_mag_per_day() > 0"), texts("points_within(30) >= 1")], batch)


def test_functions_that_need_one_another_are_called_in_turn() -> None:
    batch = handmade(magnitude=[17.0, 18.0], age_days=[1.0, 2.0])
    nested = texts("sqrt(minimum(age_days, 3)) < 1.2", "sqrt(sqrt(age_days)) < 1.1")
    assert_same([nested, texts("minimum(sqrt(age_days), 7) < 1.2")], batch)


def test_cones_are_asked_at_once_and_of_one_batch_as_of_another() -> None:
    random = np.random.default_rng(2)
    ra, dec = random.uniform(0, 360, 300), random.uniform(-90, 90, 300)
    batch = handmade(ra_deg=ra.tolist(), dec_deg=dec.tolist())
    assert_same([texts(f"in_cone({at}, {at / 9}, {at})") for at in range(0, 360, 40)], batch)
