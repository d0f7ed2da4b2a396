"""The benchmark of latencies: what its tables say, from laps that are known."""

from __future__ import annotations

from rich.console import Console

from benchmarks.latency import Kind, Lap, bursts_table, in_turn, rates_table

KINDS = (Kind("ours", None), Kind("handed-on", {}))


def test_kinds_go_in_turn_and_each_lap_has_a_name_of_its_own() -> None:
    asked: list[str] = []

    def one(kind: Kind, prefix: str) -> Lap:
        asked.append(prefix)
        return Lap([], 0.0)

    in_turn(KINDS, 2, one, "10")
    assert asked == ["10-0-ours-", "10-0-handed-on-", "10-1-ours-", "10-1-handed-on-"]


def test_the_tables_have_medians_and_what_they_are_of_the_ceilings() -> None:
    ours = [Lap([0.03 * at] * 20, 5.0 * at) for at in (1, 2, 9)]
    laps = {"ours": ours, "handed-on": [Lap([0.05] * 20, 4.0)]}
    console = Console(width=100)
    with console.capture() as told:
        console.print(rates_table({333.0: laps}), bursts_table({10_000: laps}))
    assert told.get().count("1.20") == 2
    assert "10.0" in told.get() and "4.0" in told.get()


def test_a_queue_that_grows_is_seen() -> None:
    assert Lap([0.1 + 0.01 * at for at in range(100)], 1.0).growth_s > 0.7
    assert Lap([0.1] * 100, 1.0).growth_s == 0.0
