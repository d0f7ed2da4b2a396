"""A portal that stands for LCO's: what it was asked for, and how each stands, with OCS' states."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from services.followup.adapters.port import (
    AnswerLost,
    Found,
    NotReached,
    Refused,
    Result,
    TelescopeError,
)
from services.followup.requests import Request, State


@dataclass
class Group:
    """One request that it has."""

    reference: str
    name: str
    begin_unix_s: float
    end_unix_s: float
    state: State = State.PENDING
    results: Sequence[Result] = ()
    created: str = ""
    """As the portal writes it, where it does."""


@dataclass
class Portal:
    """Its store: no faults. `observed` counts what its telescopes did, by name."""

    groups: dict[str, Group] = field(default_factory=dict)
    observed: Counter[str] = field(default_factory=Counter)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def add(self, request: Request) -> Group:
        group = Group(str(next(self.numbers)), request.id, request.begin_unix_s, request.end_unix_s)
        self.groups[group.reference] = group
        return group

    def of(self, name: str) -> list[Found]:
        return [
            Found(one.reference, one.state, "", one.results)
            for one in self.groups.values()
            if one.name == name
        ]

    def cancel(self, reference: str) -> None:
        if self.groups[reference].state is State.PENDING:
            self.groups[reference].state = State.CANCELED

    def observe(self, reference: str, results: Sequence[Result] = ()) -> None:
        """Have a telescope do it."""
        group = self.groups[reference]
        assert group.state is State.PENDING
        self.observed[group.name] += 1
        group.state, group.results = State.COMPLETED, results

    def expire(self, now_unix_s: float) -> None:
        for group in self.groups.values():
            if group.state is State.PENDING and now_unix_s > group.end_unix_s:
                group.state = State.WINDOW_EXPIRED


class Lossy:
    """A telescope over a network that loses, delays and refuses, as a seed has it."""

    def __init__(
        self, portal: Portal, draw: np.random.Generator, now_s: Callable[[], float]
    ) -> None:
        self.portal = portal
        self._draw = draw
        self._now_s = now_s
        self._late: list[tuple[float, Request]] = []
        self.faults = Counter[str]()

    def tick(self, late_s: float) -> None:
        """Have what was delayed for so long arrive."""
        still = [one for one in self._late if self._now_s() - one[0] < late_s]
        for one in self._late:
            if one not in still:
                self.portal.add(one[1])
        self._late = still

    def submit(self, request: Request) -> Found:
        fate = self._draw.random()
        if fate < 0.05:
            self._fail("refused connection", NotReached)
        if fate < 0.06:
            self._fail("refused", Refused)
        if fate < 0.11:
            self._fail("lost on the way", AnswerLost)
        if fate < 0.15:
            self._late.append((self._now_s(), request))
            self._fail("late", AnswerLost)
        group = self.portal.add(request)
        if fate < 0.22:
            self._fail("answer lost", AnswerLost)
        return Found(group.reference, State.PENDING)

    def find(self, request: Request) -> Sequence[Found]:
        if self._draw.random() < 0.05:
            self._fail("no answer", AnswerLost)
        return self.portal.of(request.id)

    def cancel(self, request: Request, reference: str) -> None:
        fate = self._draw.random()
        if fate < 0.05:
            self._fail("cancel lost", AnswerLost)
        self.portal.cancel(reference)
        if fate < 0.1:
            self._fail("answer to cancel lost", AnswerLost)

    def _fail(self, what: str, kind: type[TelescopeError]) -> None:
        self.faults[what] += 1
        raise kind(what)
