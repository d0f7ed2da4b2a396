"""`gueststar why`: what a filter says of one alert, clause by clause, with what each one read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table as Lines
from rich.text import Text

from broker.errors import SettingsError
from filters.alerts import Alerts, Reading, Table
from filters.selection import Selection
from filters.sources import builtin_names
from gueststar.configured import Configured, settings_of
from gueststar.filtering.candidates import EXPRESSIONS, Candidate, candidates
from gueststar.filtering.deployed import deployed
from gueststar.filtering.lookup import in_archive, on_topic
from gueststar.filtering.place import place_of
from gueststar.subscription import reader, registered
from gueststar.table import plain_table
from schemas.batch import AlertBatch
from schemas.columns import CODES
from sky.catalogues import NO_SKY, Sky
from sky.configuration import open_sky

NOT_SELECTED = 3
"""The exit status where the filter selects none of the alerts asked for; 1 is an error's."""

PASSED, REFUSED, UNMEASURED, RAISED = "passed", "refused", "not measured", "raised"
STYLES = {PASSED: "green", REFUSED: "red", UNMEASURED: "yellow", RAISED: "red"}

UNITS = {"_deg": "°", "_arcsec": "arcsec", "_days": "days", "_njy": "nJy", "_pixels": "pixels"}
"""By how a column's name ends."""

TIMES = ("mjd", "exposed_unix_s")
"""Columns of which six digits would say nothing."""


class ClauseDecision(NamedTuple):
    """What one clause said of one alert."""

    clause: str
    said: str
    """PASSED, REFUSED, UNMEASURED or RAISED."""
    decides: bool
    """The first that did not pass."""
    read: tuple[str, ...]
    """Each thing it read, with its value and unit."""


def why(
    wanted: str,
    what: str,
    *,
    version: int | None = None,
    archive: Path | None = None,
    topic: str | None = None,
    hours: float = 24,
    config: Path | None = None,
    bootstrap: str | None = None,
    registry: str | None = None,
    console: Console | None = None,
) -> bool:
    """Say clause by clause what a filter makes of an alert; whether any alert was selected.

    `wanted` is an alert's id, or an object's, whose alerts are then all answered. `what` is a
    built-in filter, a .py, .toml or .filter file, or a deployed filter's name, of which `version`
    is meant. The alert is looked for in `archive`, or else in the last `hours` of the `topic` of
    enriched alerts (the configuration's, unless one is named), where its scores are those that
    were published. Raises ArchiveError where no such alert is found, FilterError for a filter
    that there is not.
    """
    console, settings = console or Console(), settings_of(config)
    sky = open_sky(settings.filters.regions, settings.filters.watchlists)
    asked = _candidates(what, version, config, bootstrap, on_kafka=archive is None)
    if archive is not None:
        found = in_archive(wanted, archive, schemas=settings.schemas.folder)
    else:
        link = Configured.of(config, bootstrap).connection
        source = reader(link, topic or settings.topics.enriched, start=f"{hours}h")
        found = on_topic(wanted, source, schemas=registered(registry or settings.own_registry))
    selected = False
    for batch in found:
        for row in range(len(batch)):
            one = batch.take(np.array([row]))
            for each in asked:
                selected |= _say(each, one, sky, console)
    return selected


def decisions(selection: Selection, one: Table, sky: Sky = NO_SKY) -> list[ClauseDecision]:
    """What every clause says of one alert; all are asked, those after the first refusal too."""
    found: list[ClauseDecision] = []
    alerts = Alerts(one, sky)
    try:
        for clause, mask in selection.asked(alerts):
            said = PASSED if mask[0] else UNMEASURED if alerts.unmeasured()[0] else REFUSED
            read = tuple(dict.fromkeys(map(reading, alerts.readings)))
            found.append(ClauseDecision(clause, said, _is_first(said, found), read))
    except Exception as error:  # a filter may raise anything
        decision = selection.evaluate(one, sky)
        told = [fault.message for fault in decision.faults] or [str(error)]
        found.append(ClauseDecision("", RAISED, True, tuple(told)))
    return found


def reading(one: Reading) -> str:
    """What was read, its value, and the unit that its name says."""
    name = one.name or "its own value"
    value = _value(name, one.values[0])
    unit = next((unit for end, unit in UNITS.items() if name.endswith(end)), "")
    measured = value not in {"not measured", "none found"}
    return (
        f"{name} = {value}{' ' * (unit != '°')}{unit}" if unit and measured else f"{name} = {value}"
    )


def _value(name: str, value: Any) -> str:  # noqa: ANN401 - of any column
    if name in CODES:
        return CODES[name][value] if value >= 0 else "unknown"
    if isinstance(value, np.bool_):
        return "yes" if value else "no"
    if not isinstance(value, np.floating):
        return str(value)
    if math.isnan(value):
        return "not measured"
    if math.isinf(value) and "_distance_" in name:
        return "none found"
    return f"{float(value):.5f}" if name in TIMES else f"{float(value):.6g}"


def _is_first(said: str, before: Sequence[ClauseDecision]) -> bool:
    return said != PASSED and all(one.said == PASSED for one in before)


def _candidates(
    what: str,
    version: int | None,
    config: Path | None,
    bootstrap: str | None,
    *,
    on_kafka: bool,
) -> tuple[Candidate, ...]:
    """A file's filters or a built-in, or else what is deployed under that name.

    Kafka is asked where a place was named, and else for a name that no built-in has, where the
    alert is looked for `on_kafka` too.
    """
    is_file = Path(what).suffix in {*EXPRESSIONS, ".py"}
    if is_file and version is not None:
        raise SettingsError(f"--version is of a deployed filter; {what} is a file")
    named = bool(version or bootstrap or config)
    if is_file or not (named or (on_kafka and what not in builtin_names())):
        return candidates(what)
    found = place_of(config, bootstrap).register()
    if version is None and what not in found.latest:
        return candidates(what)
    return (deployed(found, what, version),)


def _say(candidate: Candidate, one: AlertBatch, sky: Sky, console: Console) -> bool:
    """Print one filter's decisions on one alert; whether it selects it."""
    found = decisions(candidate.selection, one, sky)
    for line in (_heading(one), _decision(candidate, found)):
        console.print(line, soft_wrap=True)
    console.print(_table(candidate, found))
    return all(each.said == PASSED for each in found)


def _heading(one: AlertBatch) -> Text:
    band = CODES["band"][one.band[0]] if one.band[0] >= 0 else ""
    return Text(
        f"alert {one.alert_id[0]} of {one.object_id[0]}, MJD {one.mjd[0]:.4f},"
        f" {one.magnitude[0]:.2f} {band}".rstrip(),
        style="bold",
    )


def _decision(candidate: Candidate, found: Sequence[ClauseDecision]) -> Text:
    name = f"{candidate.name} ({candidate.origin})"
    decisive = next((one for one in found if one.decides), None)
    if decisive is None:
        return Text(f"selected by {name}", style="green")
    if decisive.said == RAISED:
        return Text(f"{name} raises on it", style="red")
    because = f", {REFUSED if decisive.said == REFUSED else UNMEASURED}"
    return Text(
        f"not selected by {name}: {decisive.clause!r}{because}", style=STYLES[decisive.said]
    )


def _table(candidate: Candidate, found: Sequence[ClauseDecision]) -> Lines:
    table = plain_table()
    for name in ("", "clause", "answer"):
        table.add_column(name, no_wrap=True)
    table.add_column("what it read")
    for one in found:
        table.add_row(
            "→" if one.decides else "",
            Text(one.clause),
            Text(one.said, style=STYLES[one.said]),
            Text("\n".join(_read(candidate, one))),
        )
    return table


def _read(candidate: Candidate, one: ClauseDecision) -> Iterator[str]:
    if text := candidate.texts.get(one.clause):
        yield text
    yield from one.read
