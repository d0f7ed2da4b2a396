"""What `benchmarks.stretch` tells: medians of laps, ours beside the ceiling's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from statistics import median
from typing import Final

from rich.table import Table

from benchmarks.cases import PARTITIONS, Laps
from benchmarks.copier import Copies
from benchmarks.stamps_clock import STAMPS
from benchmarks.whole_path import STEPS, Lap

WIDTH: Final = 88
WORKERS: Final = (1, 2)
SHARED_TIMES: Final = 4
"""Several workers have the packets so often: a group takes a second or two to share them out."""
COSTS: Final[Mapping[str, Callable[[Lap], float]]] = {
    "client's CPU": attrgetter("cpu_s"),
    "Kafka's CPU": attrgetter("server_cpu_s"),
    "wall clock": attrgetter("wall_s"),
}
"""Seconds an alert, by name."""
SPREAD_COST_MAX: Final = 0.15
"""What 45 partitions may cost more than one, by wall clock."""


def us(laps: Sequence[Lap], of: Callable[[Lap], float]) -> float:
    """The median of laps, in microseconds an alert."""
    return median(map(of, laps)) * 1e6


def busy(lap: Lap) -> float:
    """Cores that Kafka kept busy: near the number of those that it may use, it is the limit."""
    return lap.server_cpu_seconds / lap.seconds


def at_once(laps: Sequence[Lap]) -> str:
    """Alerts in a transaction."""
    return _whole(median(lap.at_once for lap in laps))


def whole_table(found: Sequence[Laps]) -> Table:
    """By step, and in all; below, what the ceiling took."""
    shown = _table("Topic to topics through Kafka: µs an alert, median of laps", "")
    for one in found:
        shown.add_column(one.case.title, justify="right")
    for step in (*STEPS[:3], STAMPS, *STEPS[3:]):
        name = "  stamps, of it" if step == STAMPS else step
        shown.add_row(name, *(_whole(us(one.ours, _step(step))) for one in found))
    shown.add_section()
    for name, cost in COSTS.items():
        shown.add_row(name, *(_whole(us(one.ours, cost)) for one in found))
        shown.add_row("  handed on alone", *(_whole(us(one.ceiling, cost)) for one in found))
    shown.add_row("goal", *(_whole(one.case.goal_us) for one in found))
    shown.add_section()
    for name, of in (("of the ceiling's rate", "wall clock"), ("  by CPU", "client's CPU")):
        ratios = (us(one.ceiling, COSTS[of]) / us(one.ours, COSTS[of]) for one in found)
        shown.add_row(name, *(f"{100 * each:.0f} %" for each in ratios))
    for name, of_laps in (("Kafka's cores busy", _busy), ("alerts in a transaction", at_once)):
        shown.add_row(name, *(of_laps(one.ours) for one in found))
        shown.add_row("  handed on alone", *(of_laps(one.ceiling) for one in found))
    return shown


def partitions_table(one: Laps, spread: Laps) -> Table:
    """A case over topics of one partition, and over those of many."""
    title = f"{one.case.title}, in and out over 1 and {PARTITIONS} partitions: µs an alert"
    shown = _table(title, "", "1", f"{PARTITIONS}", "ratio")
    for kind, pair in (
        ("", (one.ours, spread.ours)),
        ("  handed on", (one.ceiling, spread.ceiling)),
    ):
        for name, cost in COSTS.items():
            few, many = (us(laps, cost) for laps in pair)
            row = f"{kind}, {name}" if kind else name
            shown.add_row(row, _whole(few), _whole(many), f"{many / few:.2f}")
        row = f"{kind}, alerts in a transaction" if kind else "alerts in a transaction"
        shown.add_row(row, *map(at_once, pair), "")
        shown.add_section()
    shown.add_row("goal, by wall clock", "", "", f"{1 + SPREAD_COST_MAX:.2f}")
    return shown


def workers_table(shared: Mapping[int, Sequence[Lap]]) -> Table:
    """One worker and several, of the same input."""
    title = f"Workers that share {PARTITIONS} partitions, and all cores with Kafka: µs an alert"
    shown = _table(f"{title} (each had the alerts {SHARED_TIMES} times)", "", *map(str, shared))
    for name, cost in COSTS.items():
        shown.add_row(name, *(_whole(us(laps, cost)) for laps in shared.values()))
    rates = [1e6 / us(laps, COSTS["wall clock"]) for laps in shared.values()]
    shown.add_row("alerts a second", *(f"{rate:,.0f}" for rate in rates))
    shown.add_row("of one's rate", *(f"{rate / rates[0]:.2f}" for rate in rates))
    shown.add_row("Kafka's cores busy", *(_busy(laps) for laps in shared.values()))
    return shown


def took(laps: Sequence[Lap]) -> dict[str, float]:
    """By step, µs an alert; scoring is stamps and networks."""
    steps = {step: us(laps, _step(step)) for step in (*STEPS, STAMPS)}
    networks = steps.pop("score") - steps[STAMPS]
    return {**steps, "networks": networks}


def copies_table(found: Sequence[Copies]) -> Table:
    """Kafka's own copier, and handing on."""
    shown = _table(
        "Letters as many as packets have bytes, topic to topic: µs a message",
        *("", "in a transaction", *COSTS),
    )
    for one in found:
        for kind, laps in one.laps.items():
            costs = (_whole(us(laps, cost)) for cost in COSTS.values())
            shown.add_row(f"{one.survey}: {kind}", str(one.at_once[kind]), *costs)
        shown.add_section()
    return shown


def _step(name: str) -> Callable[[Lap], float]:
    return lambda lap: lap.step_s(name)


def _table(title: str, *columns: str) -> Table:
    shown = Table(title=title, title_justify="left", min_width=WIDTH)
    for place, column in enumerate(columns):
        shown.add_column(column, justify="right" if place else "left", ratio=None if place else 1)
    return shown


def _whole(value: float) -> str:
    return f"{value:,.0f}"


def _busy(laps: Sequence[Lap]) -> str:
    return f"{median(map(busy, laps)):.2f}"
