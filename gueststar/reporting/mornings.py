"""Each night's report once its morning has come, and each week's: a loop that looks at the lake.

A night is over once nothing of it came for `[lake] quiet_s`, whichever survey it is of and wherever
that stands; the week is, once a night after it is over, or its Sunday's. What comes late has its
page made again. Which pages are made of what is kept beside them, so that a job that was killed
makes none twice.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from broker.clock import SystemClock
from broker.errors import SettingsError
from broker.ports import Clock
from broker.settings import read_settings
from gueststar.logs import log_to_stderr
from gueststar.reporting.making import make
from gueststar.signals import stopped_by_signal
from lake.closed import fingerprints
from lake.part import Part
from lake.standing import standing
from schemas.errors import GueststarError

LOG: Final = logging.getLogger("gueststar.report")

MADE: Final = ".made.json"
"""In the folder of reports: of each the fingerprint of its nights."""


class Mornings:
    """Which nights and weeks are due, and what was made."""

    def __init__(
        self,
        lake: Path,
        folder: Path,
        write: Callable[[str], object],
        *,
        quiet_s: float,
        nights_max: int,
        clock: Clock,
    ) -> None:
        """write: makes the page of nights, "20231018" or "20231016:20231022"."""
        self._lake, self._folder, self._write = lake, folder, write
        self._quiet_s, self._nights_max, self._clock = quiet_s, nights_max, clock
        self._seen: dict[str, tuple[str, float]] = {}
        """By night its fingerprint, and since when it is that one."""

    def look(self) -> list[str]:
        """Write what is due; which pages. One that cannot be made is logged, and tried again."""
        self._see()
        made, done = self._made(), list[str]()
        for nights, mark in self._due():
            if made.get(nights) == mark:
                continue
            try:
                self._write(nights)
            except (GueststarError, OSError) as error:
                LOG.warning("no report of %s: %s", nights, error)
                continue
            made[nights] = mark
            self._keep(made)
            done.append(nights)
        return done

    def _see(self) -> None:
        now_s = self._clock.monotonic_s()
        found = fingerprints([Part(one) for one in standing(self._lake)])
        for night, mark in found.items():
            if self._seen.get(night, ("", 0.0))[0] != mark:
                self._seen[night] = mark, now_s

    def _due(self) -> Iterator[tuple[str, str]]:
        """What is over, and the fingerprint of each."""
        now_s = self._clock.monotonic_s()
        over = {
            night: mark
            for night, (mark, since_s) in self._seen.items()
            if now_s - since_s >= self._quiet_s
        }
        newest = sorted(self._seen)[-self._nights_max :]
        yield from ((night, over[night]) for night in newest if night in over)
        for first, last in dict.fromkeys(map(_week, newest)):
            nights = [night for night in sorted(self._seen) if first <= night <= last]
            if {*nights} <= over.keys() and max(over) >= last:
                yield f"{first}:{last}", " ".join(over[night] for night in nights)

    def _made(self) -> dict[str, str]:
        try:
            return dict(json.loads((self._folder / MADE).read_text()))
        except FileNotFoundError:
            return {}

    def _keep(self, made: Mapping[str, str]) -> None:
        written = self._folder / f"{MADE}.new"
        written.write_text(json.dumps(made))
        written.rename(self._folder / MADE)


def _week(night: str) -> tuple[str, str]:
    """Its Monday and its Sunday."""
    day = datetime.strptime(night, "%Y%m%d").replace(tzinfo=UTC)
    monday = day - timedelta(days=day.weekday())
    return monday.strftime("%Y%m%d"), (monday + timedelta(days=6)).strftime("%Y%m%d")


def keep(config: Path, *, once: bool = False) -> None:
    """Until a signal, or once. Raises SettingsError where a lake or a folder is not named."""
    settings = read_settings(config)
    log_to_stderr(settings.logs.format, "reports")
    section, lake = settings.report, settings.lake.path
    if section.folder is None or lake is None:
        raise SettingsError("[report] folder and [lake] path: name both, to have nights told of")
    folder = section.folder
    folder.mkdir(parents=True, exist_ok=True)

    def write(nights: str) -> None:
        page = folder / f"report-{nights.replace(':', '-')}.html"
        pdf = page.with_suffix(".pdf") if section.pdf else None
        alerts = make(lake, nights, page, config=config, pdf=pdf, objective_s=section.objective_s)
        LOG.info("%s tells of %d alerts", page, alerts)

    quiet_s = 0.0 if once else settings.lake.quiet_s
    mornings = Mornings(
        lake, folder, write, quiet_s=quiet_s, nights_max=section.nights_max, clock=SystemClock()
    )
    with stopped_by_signal() as stop:
        mornings.look()
        while not (once or stop.wait(section.look_s)):
            try:
                mornings.look()
            except GueststarError as error:
                LOG.warning("%s; it is looked at again later", error)
