"""`python -m tests.chaos`: whole nights at a real Kafka, each of a seed; the law must hold in all.

A night that fails is told with its traceback and figures, its folder stays, and the others are
passed all the same.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.page import ROOT, Part
from tests.chaos.environment import environment
from tests.chaos.kafka_nights import one_kafka_night, two_kafkas_night
from tests.chaos.kafka_versions import kafka_upgrade_night, kafka_versions_night
from tests.chaos.lake_writer_night import lake_writer_night
from tests.chaos.nights import Asked, Told
from tests.chaos.report import table
from tests.chaos.rolling_night import rolling_night
from tests.chaos.shifting_night import shifting_night
from tests.services.followup.killed import followup_night
from tests.services.notices.killed import notices_night

NIGHTS: Final[Mapping[str, Callable[[Asked], Told]]] = {
    "one-kafka": one_kafka_night,
    "two-kafkas": two_kafkas_night,
    "shifting": shifting_night,
    "kafka-versions": kafka_versions_night,
    "kafka-upgrade": kafka_upgrade_night,
    "rolling": rolling_night,
    "lake": lake_writer_night,
    "environment": environment,
    "follow-up": followup_night,
    "notices": notices_night,
}
SEEDS: Final = {"one-kafka": 10, "two-kafkas": 10}
"""How many nights of a name make a whole one, where that is more than one: of fifty kills each,
so that one that fails is soon had again."""
PAGE: Final = ROOT / "docs" / "reliability.md"


def main() -> None:
    """Pass the nights named, or all; ends with status 1 where one broke the law."""
    options = argparse.ArgumentParser(prog="python -m tests.chaos", description=main.__doc__)
    options.add_argument("nights", nargs="*", metavar="NIGHT", help=f"of {', '.join(NIGHTS)}")
    options.add_argument(
        "--seed", type=int, nargs="+", help="by which all is drawn; without it all that count"
    )
    options.add_argument("--page", action="store_true", help=f"write it into {PAGE.name}, too")
    chosen = options.parse_args()
    for unknown in set(chosen.nights) - set(NIGHTS):
        options.error(f"no night is called {unknown!r}; there are {', '.join(NIGHTS)}")
    names = chosen.nights or list(NIGHTS)
    # Kafkas and workers end with a night that is cut short.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(True))
    held = [is_passed(each, chosen.seed, written=chosen.page) for each in names]
    sys.exit(not all(held))


def is_passed(name: str, seeds: Sequence[int] | None, *, written: bool) -> bool:
    """Whether the nights of a name held the law; what those came to that did is told, and written
    after each."""
    seeds, held = seeds or range(1, 1 + SEEDS.get(name, 1)), dict[int, Told]()
    for seed in seeds:
        again = f"python -m tests.chaos {name} --seed {seed}"
        folder, began_s = Path(tempfile.mkdtemp(prefix=f"chaos-{name}-")), time.monotonic()
        try:
            with Part(name, written=written, page=PAGE, timed=False) as part:
                told = NIGHTS[name](Asked(seed, True, folder))
                lasted = {"lasted": f"{time.monotonic() - began_s:.0f} s"}
                held[seed] = told._replace(figures={**told.figures, **lasted})
                part.show(table(held))
                part.say(f"Again: `python -m tests.chaos {name} --seed {' '.join(map(str, held))}`")
        except Exception:
            traceback.print_exc()
            print(f"{name} failed: {again}; its folder: {folder}", file=sys.stderr)  # noqa: T201
        else:
            shutil.rmtree(folder)
    return len(held) == len(seeds)


if __name__ == "__main__":
    main()
