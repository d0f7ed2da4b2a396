"""`python -m benchmarks.reclassify`: what a live stream takes while a lake is reclassified.

Real alerts go through a broker into a live lake. Then a worker with all networks gets a steady
stream, lap after lap in turn alone and beside `gueststar reclassify`, which may use every core and
asks a network that the lake's alerts had not: what gets a verdict is published again, whole.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.table import Table

from benchmarks.cases import Case
from benchmarks.cores import cores, pin
from benchmarks.latency import PERCENTS, WIDTH, Kind, Lap, Laps, Stream, in_turn, lap, percentiles
from benchmarks.night import night
from benchmarks.page import Part
from benchmarks.system import Asked, command, system
from classifiers.lightcurve import SUPERNOVA
from kafka_node.node import KafkaNode

HANDED_ALERTS: Final = 2_000
KINDS: Final = ("alone", "beside")
LAP_S: Final = 15.0
LEFT_OUT: Final = """
[classifiers]
names = ["realbogus", "lightcurve"]
"""
LAKE_ALERTS: Final = 120_000


def live_lake(folder: Path, packets: list[bytes], alerts: int) -> Path:
    """A lake that a broker's writer wrote of so many."""
    (folder / "packets").mkdir(parents=True)
    for number, packet in enumerate(packets):
        (folder / "packets" / f"{number}.avro").write_bytes(packet)
    with system(folder, Asked(more=LEFT_OUT)) as found:
        sent = sum(found.replay(folder / "packets") for _ in range(alerts // len(packets)))
        found.wait(sent)
        return found.lake


@contextmanager
def reclassifying(lake: Path, bootstrap: str, topic: str) -> Iterator[None]:
    """The command, on all cores, until the end."""
    words = ("--stage", str(SUPERNOVA), "--bootstrap", bootstrap, "--topic", topic)
    pin(cores().all)
    process = subprocess.Popen(command("reclassify", str(lake), *words), stdout=subprocess.DEVNULL)
    pin(cores().server)
    try:
        yield
        assert process.poll() is None, "it ended before the lap did; give it more --lake alerts"
    finally:
        process.kill()
        process.wait()


def beside(case: Case, lake: Path, bootstrap: str, rate: float, laps: int) -> Laps:
    """Each kind, so many laps in turn."""
    stream = Stream(round(rate * LAP_S), rate)

    def one(kind: Kind, prefix: str) -> Lap:
        ours = Kind("ours", None)
        if kind.name == KINDS[0]:
            return lap(case, bootstrap, ours, prefix, stream)
        with reclassifying(lake, bootstrap, f"{prefix}revisions"):
            return lap(case, bootstrap, ours, prefix, stream)

    return in_turn([Kind(name, None) for name in KINDS], laps, one, f"at-{rate:g}")


def shown(found: dict[float, Laps]) -> Table:
    """Medians over the laps."""
    table = Table(title="From sent to read, ms", title_justify="left", min_width=WIDTH)
    for column in ("alerts/s", *(f"p{of:g} {name}" for of in PERCENTS for name in KINDS)):
        table.add_column(column, justify="right")
    for rate, laps in found.items():
        of = percentiles(laps)
        cells = (f"{of[name][percent]:,.0f}" for percent in PERCENTS for name in KINDS)
        table.add_row(f"{rate:g}", *cells)
    return table


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.reclassify", description=__doc__)
    options.add_argument("--laps", type=int, default=5, help="of each kind, in turn")
    options.add_argument("--rates", type=float, nargs="*", default=(100.0, 333.0))
    options.add_argument("--lake", type=int, default=LAKE_ALERTS, help="alerts of the lake")
    chosen = options.parse_args()
    packets, origin = night(HANDED_ALERTS)
    with TemporaryDirectory() as name, Part("reclassify", written=False) as part:
        lake = live_lake(Path(name), packets, chosen.lake)
        part.say(f"{origin}, {chosen.lake:,} in the lake; {cores()}; reclassify on both")
        pin(cores().server)
        with KafkaNode() as node:
            case = Case("ZTF", packets, 0.0, None, "lite")
            part.show(
                shown(
                    {
                        rate: beside(case, lake, node.address, rate, chosen.laps)
                        for rate in chosen.rates
                    }
                )
            )


if __name__ == "__main__":
    main()
