"""The benchmark of two Kafkas: what its table says, from laps that are known."""

from __future__ import annotations

from rich.console import Console

from benchmarks.elsewhere import CASES, Kafkas, settings, table

KAFKAS = Kafkas("survey:9092", "ours:9092")


def test_the_input_stands_where_the_case_says() -> None:
    here, there = (settings(case, KAFKAS, "lap.") for case in CASES[:2])
    assert (here.is_elsewhere, there.is_elsewhere) == (False, True)
    assert here.read[0] == there.read[0]
    assert there.source.bootstrap == "survey:9092"
    assert here.kafka.bootstrap == there.kafka.bootstrap == "ours:9092"


def test_the_table_has_medians_and_what_they_are_of_the_first_row() -> None:
    laps = [[(100.0 * at, 10.0, 1.0, 5.0), (100.0 * at, 30.0, 1.0, 5.0)] for at in (1, 2, 3, 4)]
    console = Console(width=100)
    with console.capture() as told:
        console.print(table(laps, [50.0, 70.0]))
    assert "200 (2.00)" in told.get() and "20 (1.00)" in told.get()
    assert "60 (0.60)" in told.get()
