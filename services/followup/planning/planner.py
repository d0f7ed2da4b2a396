"""Who observes what when: each request at most once, each site one at a time, programmes' limits.

The objective is the sum of what the observations are worth (worth.py). A greedy queue takes the
dearest that still fits, again and again; the optimum (optimum.py) is 7 to 10 % above it where sites
are asked for more than they can do. Random is what both are held against.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.followup.planning.ephemeris import Floats

STICKS: Final = 1.25
"""What is asked for already counts so many times: others must be worth that much more."""


class Choice(NamedTuple):
    """One request at one site from one slot on."""

    request: int
    site: str
    slot: int


@dataclass(frozen=True)
class Problem:
    """What is to be planned: n requests, some sites, slots of one length.

    worth: by site (n, slots), 0 where it is not seen. length: (n,) slots that each takes, by site.
    programme: (n,) which programme each is of; limits: by programme, slots a night at most.
    fixed: what is asked for already, kept unless something is worth more.
    """

    worth: Mapping[str, Floats]
    length: Mapping[str, NDArray[np.int64]]
    programme: NDArray[np.int64]
    limits: Mapping[int, int]
    fixed: Sequence[Choice] = ()

    @property
    def requests(self) -> int:
        return len(self.programme)

    def starts(self, site: str) -> Floats:
        """What each request is worth from each slot on, (n, slots): the mean over its slots.

        0 where any of them is not seen, or lies beyond the end.
        """
        value, lengths = self.worth[site], self.length[site]
        found = np.zeros_like(value)
        for length in np.unique(lengths):
            rows, last = lengths == length, value.shape[1] - int(length) + 1
            if last <= 0:
                continue
            windows = np.lib.stride_tricks.sliding_window_view(value[rows], int(length), axis=1)
            found[rows, :last] = np.where((windows > 0).all(axis=2), windows.mean(axis=2), 0.0)
        for request, where, slot in self.fixed:
            if where == site and slot < found.shape[1]:
                found[request, slot] *= STICKS
        return found

    def choices(self) -> Iterator[tuple[Choice, float]]:
        """Everything that is worth anything."""
        for site in self.worth:
            value = self.starts(site)
            for request, slot in np.argwhere(value > 0).tolist():
                yield Choice(request, site, slot), float(value[request, slot])


@dataclass(frozen=True)
class Plan:
    """What was chosen, and what it is worth together."""

    chosen: tuple[Choice, ...]
    value: float
    by: str
    """"optimum", "greedy", or "random"."""
    bound: float = float("nan")
    """No plan is worth more, where that was shown."""

    def of(self, request: int) -> Choice | None:
        """Where one request went."""
        return next((one for one in self.chosen if one.request == request), None)


class Taken:
    """Which slots are gone."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._requests: set[int] = set()
        self._slots: dict[str, set[int]] = defaultdict(set)
        self._used: dict[int, int] = defaultdict(int)

    def fits(self, choice: Choice) -> bool:
        programme = int(self._problem.programme[choice.request])
        length = self._length(choice)
        limit = self._problem.limits.get(programme)
        return (
            choice.request not in self._requests
            and (limit is None or self._used[programme] + length <= limit)
            and self._slots[choice.site].isdisjoint(range(choice.slot, choice.slot + length))
        )

    def take(self, choice: Choice) -> None:
        length = self._length(choice)
        self._requests.add(choice.request)
        self._used[int(self._problem.programme[choice.request])] += length
        self._slots[choice.site].update(range(choice.slot, choice.slot + length))

    def _length(self, choice: Choice) -> int:
        return int(self._problem.length[choice.site][choice.request])


def greedy(problem: Problem) -> Plan:
    """The dearest that still fits, again and again; of equals the soonest."""
    found = sorted(problem.choices(), key=lambda one: (-one[1], one[0].slot, one[0]))
    return _filled(problem, found, "greedy")


def at_random(problem: Problem, draw: np.random.Generator) -> Plan:
    """In an order that is drawn, whatever it is worth."""
    found = [*problem.choices()]
    return _filled(problem, [found[at] for at in draw.permutation(len(found)).tolist()], "random")


def _filled(problem: Problem, ordered: Sequence[tuple[Choice, float]], by: str) -> Plan:
    taken, chosen, value = Taken(problem), list[Choice](), 0.0
    for choice, worth in ordered:
        if taken.fits(choice):
            taken.take(choice)
            chosen.append(choice)
            value += worth
    return Plan(tuple(chosen), value, by)
