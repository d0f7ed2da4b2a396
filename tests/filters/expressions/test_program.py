"""Filters judged together give every row the answer that each gives alone, the plain way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.alerts import Alerts
from filters.expressions import program
from filters.expressions.filter import ExpressionFilter
from filters.expressions.program import Program
from filters.expressions.reading import read
from filters.expressions.tree import Call, Column, Constant, Kind, Membership, Node, Operation
from filters.handmade import handmade
from filters.selection import Selection
from schemas.batch import AlertBatch
from schemas.errors import FilterError

NAN, INF = np.nan, np.inf
NUMBERS = [NAN, INF, -INF, -1.0, -0.0, 0.0, 0.1, 0.5, 1.0, 2.0, 3.0, 18.5, 1e300]
COLUMNS = ("magnitude", "age_days", "star_distance_arcsec", "detections")
COMPARISONS = ["<", "<=", ">", ">=", "==", "!="]
IDENTIFIERS = [2**60, 2**60 + 1, 7]


def constants() -> st.SearchStrategy[Node]:
    finite = st.sampled_from([each for each in NUMBERS if np.isfinite(each)])
    return finite.map(lambda value: Constant(value, Kind.NUMBER))


def columns() -> st.SearchStrategy[Node]:
    return st.sampled_from(COLUMNS).map(lambda name: Column(name, Kind.NUMBER))


def scores() -> st.SearchStrategy[Node]:
    names = st.sampled_from([("realbogus", "real"), ("realbogus", "bogus")])
    return names.map(lambda label: Call("score", label, (), Kind.NUMBER))


def numbers() -> st.SearchStrategy[Node]:
    return st.recursive(constants() | columns() | columns() | scores(), _larger, max_leaves=4)


def _larger(below: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return (
        st.builds(_operation, st.sampled_from(["+", "-", "*", "/", "//", "%"]), below, below)
        | below.map(lambda node: Operation("neg", (node,), Kind.NUMBER))
        | st.builds(_function, st.sampled_from(["abs", "sqrt", "log10"]), below)
        | st.builds(_function, st.just("minimum"), below, below)
        | below.map(lambda node: _operation("**", node, Constant(2.0, Kind.NUMBER)))
    )


def _operation(operator: str, *operands: Node, kind: Kind = Kind.NUMBER) -> Node:
    return Operation(operator, operands, kind)


def _function(name: str, *operands: Node, kind: Kind = Kind.NUMBER) -> Node:
    return Call(name, (), operands, kind)


def _truth(operator: str, *operands: Node) -> Node:
    return Operation(operator, operands, Kind.TRUTH)


def truths() -> st.SearchStrategy[Node]:
    compared = st.builds(
        _truth, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numbers(), numbers()
    )
    among = st.lists(st.sampled_from([0.0, 0.5, 2.0]), min_size=1, max_size=3).map(tuple)
    texts = st.sampled_from(['survey == "hand"', '"b" != object_id', 'object_id in ("a", "c")'])
    exact = st.sampled_from(IDENTIFIERS).map(lambda value: read(f"alert_id != {value}"))
    plain = st.sampled_from(["True", 'band in ("g", "r")', 'band == "r"', "1 < 2"]).map(read)
    missing = numbers().map(lambda node: _function("is_missing", node, kind=Kind.TRUTH))
    leaves = compared | st.builds(Membership, numbers(), among) | texts.map(read)
    return st.recursive(leaves | exact | plain | missing, _junctions, max_leaves=4)


def _junctions(below: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    two = st.builds(_truth, st.sampled_from(["&", "|", "==", "!="]), below, below)
    return two | below.map(lambda node: _truth("~", node))


@st.composite
def batches(draw: st.DrawFn) -> AlertBatch:
    rows = draw(st.integers(0, 70))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    values: dict[str, Any] = {
        name: random.choice(NUMBERS, rows) for name in COLUMNS if name != "detections"
    }
    real = random.choice([NAN, 0.1, 0.5, 0.8], rows)
    return handmade(
        rows=rows,
        light_curve=[[]] * rows,
        detections=random.integers(1, 4, rows).tolist(),
        alert_id=random.choice(IDENTIFIERS, rows).tolist(),
        object_id=random.choice(["a", "b", "c"], rows).tolist(),
        band=random.integers(-1, 6, rows).tolist(),
        scores={"realbogus": {"real": real.tolist(), "bogus": (1 - real).tolist()}},
        **values,
    )


def plain(clauses: Sequence[Node]) -> Selection:
    """The plain way: `evaluate`, clause by clause."""
    document = {"name": "plain", "clauses": {"all": "True"}}
    filter_ = ExpressionFilter.of(document)
    parts = tuple(
        filter_.clauses[0].__class__(f"c{place}", "", node) for place, node in enumerate(clauses)
    )
    return ExpressionFilter("plain", "", "lite", parts).selection("plain")


def assert_same(filters: Sequence[Sequence[Node]], batch: AlertBatch) -> None:
    """Row by row, count by count."""
    together = Program(filters)
    traces, answers = together.traces(batch), together.judge(batch)
    assert answers.broken == {}
    for place, clauses in enumerate(filters):
        verdict = plain(clauses).judge(batch)
        assert traces.trace[place].tolist() == verdict.trace.tolist()
        assert traces.unknown[place].tolist() == verdict.unknown.tolist()
        selected = answers.selected[answers.ends[place] : answers.ends[place + 1]]
        assert selected.tolist() == np.flatnonzero(verdict.selected).tolist()
        refused, unknown = answers.counts[slice(*together.clauses[place : place + 2])].T
        assert (refused - unknown).tolist() == list(verdict.refused_by.values())
        assert unknown.tolist() == list(verdict.unknown_by.values())


def texts(*clauses: str) -> list[Node]:
    return [read(text) for text in clauses]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(truths(), min_size=1, max_size=4), min_size=1, max_size=4), batches())
def test_every_row_gets_the_answer_of_the_plain_way(
    filters: list[list[Node]], batch: AlertBatch
) -> None:
    assert_same(filters, batch)


@settings(max_examples=30, deadline=None)
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
    answers = Program(filters).judge(batch)
    selected = [len(rows) for rows in np.split(answers.selected, answers.ends[1:-1])]
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
    answers = Program([]).judge(handmade(rows=3))
    assert (answers.selected.tolist(), answers.ends.tolist(), answers.broken) == ([], [0], {})


def test_only_the_filters_that_read_what_raised_are_broken() -> None:
    batch = handmade(magnitude=[17.0, 19.0])
    asks = texts("magnitude < 18", 'score("nobody", "real") * 2 > 0.5')
    together = Program([texts("magnitude < 18"), asks, texts("magnitude > 18")])
    answers = together.judge(batch)
    assert [*answers.broken] == [1]
    assert "no classifier 'nobody'" in str(answers.broken[1])
    assert answers.selected[: answers.ends[1]].tolist() == [0]
    assert answers.selected[answers.ends[2] :].tolist() == [1]
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
    assert Alerts(batch).flux_njy[0] == 10.0
