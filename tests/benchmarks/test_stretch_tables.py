"""What the stretch benchmark tells, from laps that are known."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from benchmarks.cases import Case, Laps
from benchmarks.copier import COPIED, Copies
from benchmarks.stamps_clock import STAMPS
from benchmarks.stretch_tables import (
    copies_table,
    partitions_table,
    took,
    whole_table,
    workers_table,
)
from benchmarks.whole_path import STEPS, Lap

CASE = Case("ZTF", [], 390.0, None, "lite")
STEPS_S = dict.fromkeys((*STEPS, STAMPS), 0.05)


def lap(wall_s: float, cpu_s: float, server_s: float) -> Lap:
    """Of a thousand alerts: seconds are milliseconds an alert."""
    return Lap(1000, wall_s, cpu_s, STEPS_S | {"score": 0.2}, server_s, 4)


def laps(wall_s: float) -> Laps:
    ours = [lap(wall_s * at, 0.4, 0.3) for at in (1, 1, 9)]
    return Laps(CASE, 17_000, ours, [lap(wall_s / 2, 0.1, 0.25)])


def lines(table: Table) -> dict[str, list[str]]:
    """What stands in each row, by its name."""
    console = Console(width=100)
    with console.capture() as told:
        console.print(table)
    rows = (line.strip("│").split("│") for line in told.get().splitlines() if "│" in line)
    return {name.strip(): [each.strip() for each in cells] for name, *cells in rows}


def test_the_medians_of_ours_stand_beside_the_ceilings() -> None:
    found = lines(whole_table([laps(0.5)]))
    assert (found["wall clock"], found["Kafka's CPU"]) == (["500"], ["300"])
    assert found["of the ceiling's rate"] == ["50 %"]
    assert found["by CPU"] == ["25 %"]
    assert found["Kafka's cores busy"] == ["0.60"]
    assert found["stamps, of it"] == ["50"]
    assert found["alerts in a transaction"] == ["250"]


def test_many_partitions_are_a_ratio_to_one() -> None:
    found = lines(partitions_table(laps(0.5), laps(0.6)))
    assert found["wall clock"] == ["500", "600", "1.20"]
    assert found["handed on, client's CPU"] == ["100", "100", "1.00"]


def test_two_workers_are_told_by_one_ones_rate() -> None:
    found = lines(workers_table({1: [lap(1.0, 0.4, 0.3)], 2: [lap(0.8, 0.5, 0.3)]}))
    assert found["alerts a second"] == ["1,000", "1,250"]
    assert found["of one's rate"] == ["1.00", "1.25"]


def test_a_copy_is_told_with_how_many_messages_a_transaction_had() -> None:
    one = Copies("ZTF", {COPIED: [lap(0.5, 0.4, 0.3)]}, {COPIED: 15})
    assert lines(copies_table([one]))[f"ZTF: {COPIED}"] == ["15", "400", "300", "500"]


def test_scoring_is_stamps_and_networks() -> None:
    steps = took(laps(0.5).ours)
    assert "score" not in steps
    assert (round(steps[STAMPS]), round(steps["networks"])) == (50, 150)
