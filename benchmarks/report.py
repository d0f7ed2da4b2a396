"""The benchmark's run and its four tables: step by step, both networks, the path through Kafka."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from rich.table import Table

from benchmarks import lightcurves, networks, whole_path
from benchmarks.cores import cores, pin
from benchmarks.night import night
from benchmarks.page import Part
from benchmarks.steps import STEPS, Ours, medians_us, run_laps
from benchmarks.textbook import Textbook
from benchmarks.whole_path import Lap
from classifiers.realbogus import WEIGHTS
from classifiers.served import BUILT_IN
from gueststar.allocator import keep_freed_memory
from kafka_node.node import KafkaNode, missing_packages
from training.timing import BATCHES, ROUNDS

DIFFERENCES_SHOWN = 10
WIDTH = 72


def report(*, alerts: int, step_alerts: int, laps: int, written: bool) -> int:
    """Measure and print; the exit status: 1 where the outputs differ.

    written: into docs/speed.md, too.
    """
    with Part("textbook", written=written) as part:
        return _told(part, alerts=alerts, step_alerts=step_alerts, laps=laps)


def _told(part: Part, *, alerts: int, step_alerts: int, laps: int) -> int:
    part.say(f"gueststar against a textbook pipeline; {cores()}.")
    keep_freed_memory()
    packets, origin = night(alerts)
    size_kb = sum(map(len, packets)) / len(packets) / 1e3
    part.say(f"{len(packets)} alerts of {size_kb:.0f} kB on the mean: {origin}")
    part.show(_step_table(packets[:step_alerts], laps))
    part.show(_network_table(packets))
    _show_light_curves(part)
    if absent := missing_packages():
        part.say(f"The whole path needs {' and '.join(absent)} (Debian packages): left out.")
        return 0
    pin(cores().server)
    with KafkaNode() as node:
        pin(cores().client)
        return _whole_path(node.address, packets, laps, part)


def _step_table(packets: Sequence[bytes], laps: int) -> Table:
    pairs = list(run_laps(Ours(), Textbook(WEIGHTS), packets, laps))
    ours, theirs = (medians_us(side, len(packets)) for side in zip(*pairs, strict=True))
    table = _table(f"Step by step without Kafka: CPU µs an alert, median of {laps} laps")
    for step in STEPS:
        _add(table, step, ours[step], theirs[step])
    _add(table, "all", sum(ours.values()), sum(theirs.values()))
    return table


def _network_table(packets: Sequence[bytes]) -> Table:
    ours, theirs = networks.measure(packets)
    table = _table(f"Stamps in, scores out: CPU µs an alert, median of {ROUNDS} rounds", "network")
    for batch in BATCHES:
        _add(table, f"{batch} at once", ours.us[batch], theirs.us[batch])
    _add(table, "parameters", ours.parameters, theirs.parameters)
    _add(table, "file, kB", ours.size_bytes / 1e3, theirs.size_bytes / 1e3)
    return table


def _show_light_curves(part: Part) -> None:
    ours, theirs, origin = lightcurves.measure()
    part.say(origin)
    title = f"Light curves in, classes out: CPU µs a light curve, median of {ROUNDS} rounds"
    table = _table(title, "step", "t2")
    _add(table, "rows, or a Gaussian process", ours.before_us, theirs.before_us)
    for batch in BATCHES:
        _add(table, f"network, {batch} at once", ours.network_us[batch], theirs.network_us[batch])
    for batch in BATCHES:
        _add(table, f"all, {batch} at once", ours.whole_us[batch], theirs.whole_us[batch])
    _add(table, "file, kB", ours.size_bytes / 1e3, theirs.size_bytes / 1e3)
    part.show(table)


def _whole_path(bootstrap: str, packets: Sequence[bytes], laps: int, part: Part) -> int:
    textbook, alerts = Textbook(WEIGHTS), len(packets)
    prefixes = [(f"ours-{lap}.", f"textbook-{lap}.") for lap in range(laps)]
    topics = [topic for _, their in prefixes for topic in whole_path.outputs(their)]
    whole_path.fill(bootstrap, packets, topics)
    ours, theirs = [], []
    for own, their in prefixes:
        ours.append(whole_path.run_ours(bootstrap, alerts, own).lap())
        theirs.append(whole_path.run_textbook(bootstrap, textbook, alerts, their).lap())
    part.show(_path_table(ours, theirs))
    compared, found = whole_path.compare(bootstrap, *prefixes[0])
    part.say(f"{compared} messages of each compared value by value: {len(found)} differences")
    for line in found[:DIFFERENCES_SHOWN]:
        part.say(line)
    return 1 if found else 0


def _path_table(ours: Sequence[Lap], theirs: Sequence[Lap]) -> Table:
    table = _table(
        f"Topic to topics through Kafka: µs an alert, median of {len(ours)} laps; "
        f"gueststar with {len(BUILT_IN)} networks, the textbook with that of stamps"
    )
    for step in whole_path.STEPS:
        _add(
            table,
            "stamps and score" if step == "score" else step,
            *(_median_us([lap.step_s(step) for lap in side]) for side in (ours, theirs)),
        )
    cpu = ([lap.cpu_s for lap in side] for side in (ours, theirs))
    wall = ([lap.wall_s for lap in side] for side in (ours, theirs))
    _add(table, "client's CPU, all threads", *map(_median_us, cpu))
    _add(table, "wall clock", *map(_median_us, wall))
    return table


def _median_us(seconds: Sequence[float]) -> float:
    return median(seconds) * 1e6


def _table(title: str, rows: str = "step", rival: str = "textbook") -> Table:
    table = Table(title=title, title_justify="left", min_width=WIDTH)
    table.add_column(rows, ratio=1)
    for name in ("gueststar", rival, "ratio"):
        table.add_column(name, justify="right")
    return table


def _add(table: Table, name: str, ours: float, theirs: float) -> None:
    table.add_row(name, f"{ours:,.0f}", f"{theirs:,.0f}", f"{theirs / ours:.1f}")
