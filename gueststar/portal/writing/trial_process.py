"""The process that tries a filter on nights of a lake, beside the portal, which shall not wait.

It reads the question from its input, says how far it is as lines of JSON, and last the report.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from broker.deployments.lists import Lists, SkyList, sky_with
from broker.json_records import read
from filters.expressions.filter import ExpressionFilter
from gueststar.filtering.candidates import of_expressions
from gueststar.filtering.deployment import objections
from gueststar.filtering.dry_run import go_through, recorded
from gueststar.filtering.report import Report, ReportBuilder, Run
from gueststar.filtering.sources import kept, opened
from gueststar.portal.night import finite
from schemas.errors import GueststarError
from sky.catalogues import Sky
from sky.configuration import open_sky

NICE = 10
"""A trial stands behind the stream's viewers."""
TELL_S = 0.3
"""Between two lines of how far it is."""


def main() -> None:
    """Try it, and say what came of it."""
    os.nice(NICE)
    try:
        told = report_of(json.load(sys.stdin))
    except GueststarError as error:
        told = {"error": " ".join(str(error).split())}
    say(told)


def say(told: Mapping[str, Any]) -> None:
    """A line for the portal."""
    print(json.dumps(told, allow_nan=False), flush=True)  # noqa: T201 - what the other side reads


def report_of(question: Mapping[str, Any]) -> dict[str, Any]:
    """A question answered. Raises GueststarError."""
    archive, nights = Path(question["lake"]), tuple(question["nights"])
    schemas = Path(question["schemas"]) if question["schemas"] else None
    sky = sky_of(question["sky"], question["lists"])
    source = opened(archive, nights, schemas=schemas)
    live = question["live"]
    builder = ReportBuilder(
        of_expressions(ExpressionFilter.of(question["filter"]), "draft"),
        lambda rows: kept(rows, source.decoder),
        sky=sky,
        live=of_expressions(ExpressionFilter.of(live["document"]), live["origin"])
        if live
        else None,
    )
    go_through(source, [builder], sky, Teller(source.size).tell)
    run = Run(archive, nights, source.sha256, source.rejected, source.has_stamps, time.time())
    report = builder.report()
    return {"report": described(report) | {"objections": objections(recorded(report, run))}}


def sky_of(given: Mapping[str, Mapping[str, str]], lists: Sequence[Mapping[str, Any]]) -> Sky:
    """Regions and watchlists out of files, and those that were deployed."""
    paths = {kind: {name: Path(path) for name, path in given[kind].items()} for kind in given}
    found = [read(SkyList, each) for each in lists]
    known = Lists({each.name: each for each in found})
    return sky_with(open_sky(paths["regions"], paths["watchlists"]), known)


class Teller:
    """Says how far it is, not too often."""

    def __init__(self, size: float) -> None:
        self._size = size
        self._told_s = 0.0

    def tell(self, done: float, alerts: int) -> None:
        if time.monotonic() - self._told_s > TELL_S:
            self._told_s = time.monotonic()
            say({"done": min(1.0, done / max(self._size, 1e-9)), "alerts": alerts})


def described(report: Report) -> dict[str, Any]:
    """A report as JSON has it."""
    waterfall, compared = report.waterfall, report.comparison
    return {
        "alerts": waterfall.alerts,
        "selected": waterfall.selected,
        "pass_rate": waterfall.pass_rate,
        "at_fault": waterfall.at_fault,
        "steps": [{**each._asdict(), "passed": each.passed} for each in waterfall.steps],
        "nights": [
            {"night": night, "alerts": each.alerts, "selected": each.selected}
            for night, each in report.nights.items()
        ],
        "objects": [{"object_id": name, "alerts": alerts} for name, alerts in report.objects],
        "troubles": [{"said": said, "alerts": one.alerts} for said, one in report.troubles.items()],
        "examples": [
            {
                "alert_id": str(one.alert_id),
                "object_id": one.object_id,
                "mjd": finite(one.mjd),
                "magnitude": finite(one.magnitude),
                "band": one.band,
                "ra_deg": finite(one.ra_deg),
                "dec_deg": finite(one.dec_deg),
            }
            for one in report.examples
        ],
        "looks_ahead": report.ahead.found,
        "cost_us": finite(report.cost_us),
        "compared": None
        if compared is None
        else {
            "with": compared.version,
            "both": compared.both,
            "only_live": compared.only_live,
            "only_new": compared.only_new,
        },
    }


if __name__ == "__main__":
    main()
