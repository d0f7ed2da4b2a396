"""`make bench`: gueststar against the textbook pipeline, in the same run, on one core."""

from __future__ import annotations

import argparse
import sys

from benchmarks.cores import cores, pin
from gueststar.allocator import keep_freed_memory


def main() -> None:
    """Measure, print four tables, and fail where the two pipelines' outputs differ."""
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    options.add_argument("--alerts", type=int, default=4000, help="through Kafka, each lap")
    options.add_argument("--step-alerts", type=int, default=1000, help="step by step, each lap")
    options.add_argument("--laps", type=int, default=3, help="of each pipeline, in turn")
    options.add_argument("--page", action="store_true", help="write it into docs/speed.md, too")
    chosen = options.parse_args()
    pin(cores().client)
    keep_freed_memory()  # as `gueststar run` does; both pipelines have it here
    # Imported on the client's core: libraries start threads when they are imported, and a
    # thread stays on the cores that it was born on.
    from benchmarks.report import report  # noqa: PLC0415

    sys.exit(
        report(
            alerts=chosen.alerts,
            step_alerts=chosen.step_alerts,
            laps=chosen.laps,
            written=chosen.page,
        )
    )


if __name__ == "__main__":
    main()
