"""The filters on duty, asked of one alert: which clause refused it, and on what value."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import NamedTuple

import numpy as np

from broker.deployments.lists import Lists, sky_with
from broker.deployments.register import Register
from broker.settings import FiltersSection
from gueststar.alert import Alert
from gueststar.filtering.candidates import Candidate, candidates
from gueststar.filtering.deployed import active
from gueststar.filtering.why import PASSED, ClauseDecision, decisions
from schemas.errors import GueststarError
from sky.catalogues import NO_SKY, Sky
from sky.configuration import open_sky

LOG = logging.getLogger("gueststar.portal")

JUDGED_MAX = 200
"""Filters that are asked of one alert; of more their number is told."""


class OnDuty(NamedTuple):
    """A filter as the portal lists it."""

    name: str
    origin: str
    sha256: str
    description: str
    clauses: tuple[tuple[str, str], ...]
    """Name and text; none of a filter in code."""


@dataclass(frozen=True)
class Judged:
    """What one filter says of an alert."""

    name: str
    origin: str
    clauses: Sequence[ClauseDecision]

    @property
    def selects(self) -> bool:
        return all(one.said == PASSED for one in self.clauses)

    @property
    def decisive(self) -> ClauseDecision | None:
        """The first clause that did not pass."""
        return next((one for one in self.clauses if one.decides), None)


class Judges:
    """The filters of a configuration, and those that are deployed, as far as that is known."""

    def __init__(self, section: FiltersSection) -> None:
        self._section = section
        self._deployed: tuple[Candidate, ...] = ()
        self._lock = Lock()
        self.register = Register()
        """What was deployed when last looked."""
        self.lists = Lists()
        self.sky = self.configured_sky
        """What filters may ask of the sky."""

    def take(self, register: Register, lists: Lists | None = None) -> None:
        """Take what is deployed now in place of what was."""
        found = (active(register, each.name) for each in register.active)
        self._deployed = tuple(each for each in found if each is not None)
        self.register = register
        if lists is not None and lists.changed_since(self.lists):
            self.lists, self.sky = lists, sky_with(self.configured_sky, lists)

    def on_duty(self) -> list[OnDuty]:
        """All of them, by name."""
        return [_listed(each) for each in sorted(self._known(), key=lambda one: one.name)]

    def judge(self, alert: Alert) -> tuple[list[Judged], int]:
        """What each says, those that select first; and how many more there are."""
        known = self._known()
        one = alert.batch.take(np.array([alert.row]))
        found = [
            Judged(each.name, each.origin, decisions(each.selection, one, self.sky))
            for each in known[:JUDGED_MAX]
        ]
        found.sort(key=lambda each: (not each.selects, each.name))
        return found, max(0, len(known) - JUDGED_MAX)

    def _known(self) -> list[Candidate]:
        """A deployed one stands for one of its name that the configuration has."""
        with self._lock:
            known = (*self._configured, *self._deployed)
        return [*{each.name: each for each in known}.values()]

    @cached_property
    def _configured(self) -> list[Candidate]:
        wanted = (*self._section.builtin, *map(str, self._section.files))
        return [each for what in wanted for each in _opened(what)]

    @cached_property
    def configured_sky(self) -> Sky:
        """The regions and watchlists that CONFIG.toml names."""
        try:
            return open_sky(self._section.regions, self._section.watchlists)
        except GueststarError as error:
            LOG.warning("regions and watchlists that the portal cannot ask: %s", error)
            return NO_SKY


def _opened(what: str) -> Sequence[Candidate]:
    """What cannot be opened is left out, and logged: the page shall not fail for one file."""
    try:
        return candidates(what)
    except GueststarError as error:
        LOG.warning("filters that the portal cannot ask: %s", error)
        return ()


def _listed(one: Candidate) -> OnDuty:
    described = one.selection.description.strip().partition("\n\n")[0]
    return OnDuty(one.name, one.origin, one.sha256, described, tuple(one.texts.items()))
