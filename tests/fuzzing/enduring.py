"""Hostile cases of any kind, one after another: how each ends, how long, and what they leave.

A kind says what is drawn and how a case ends. Each must be a result or a refusal of one line;
each within a bounded time, and all within bounded memory. Warnings count as harm.
"""

from __future__ import annotations

import resource
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.progress import track
from rich.table import Table

SETTLED_CASES: Final = 2_000
"""Memory is compared with that after so many: by then all that is kept once is there."""
MESSAGE_CHARS_MAX: Final = 2_000
REPEATS: Final = 4
"""Of a case that seems to be the slowest so far; the shortest time counts."""
HARMS_SHOWN: Final = 10
SHOWN_CHARS: Final = 300
RESULT: Final = "a result"


class Kind(NamedTuple):
    """One sort of hostile cases."""

    drawn: Callable[[int, int], Iterator[tuple[str, Any]]]
    """So many cases of a seed, each with the name of its draw."""
    end: Callable[[str, Any], str]
    """How a case of a draw ends: RESULT, "refused…", or what `refusal` says. What it raises is
    harm, and so is an end that begins with "harm"."""
    cpu_ms_max: float
    """Of one case, read and used; several times what the slowest known takes."""
    growth_mb_max: float = 20.0
    """Of the peak of resident memory, over that after the first cases."""


@dataclass
class Outcome:
    """What became of the cases."""

    kind: Kind
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By what was drawn, and how it ended."""
    harms: list[str] = field(default_factory=list)
    slowest_ms: float = 0.0
    """CPU time of the slowest case."""
    slowest: str = ""
    settled_mb: float = 0.0
    peak_mb: float = 0.0
    took_s: float = 0.0

    @property
    def growth_mb(self) -> float:
        """The peak of resident memory at the end over that after the first cases."""
        return self.peak_mb - self.settled_mb

    @property
    def did_harm(self) -> bool:
        """Whether anything was other than it must be."""
        return bool(self.harms) or self.growth_mb > self.kind.growth_mb_max


def endure(kind: Kind, cases: int, seed: int) -> Outcome:
    """So many cases of a kind."""
    outcome, begin = Outcome(kind), time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = kind.drawn(cases, seed)
        shown = track(drawn, total=cases, transient=True, console=Console(stderr=True))
        for number, (name, case) in enumerate(shown):
            _endure(name, case, outcome)
            if number < SETTLED_CASES:
                outcome.settled_mb = peak_mb()
    outcome.peak_mb, outcome.took_s = peak_mb(), time.perf_counter() - begin
    return outcome


def refusal(error: Exception) -> str:
    """The end of a case that was refused: "refused", or harm where the message is no one line."""
    message = str(error)
    if not message or not message.isprintable() or len(message) > MESSAGE_CHARS_MAX:
        return f"harm: the message {message!r:.300}"
    return "refused"


def _endure(name: str, case: object, outcome: Outcome) -> None:
    end, took_ms = _timed(name, case, outcome.kind)
    # Among other work a clock is late now and then; what is slow by itself is so every time.
    for _ in range(REPEATS if took_ms > outcome.slowest_ms else 0):
        took_ms = min(took_ms, _timed(name, case, outcome.kind)[1])
    if took_ms > outcome.kind.cpu_ms_max:
        end = f"harm: took {took_ms:.0f} ms"
    if took_ms > outcome.slowest_ms:
        outcome.slowest_ms, outcome.slowest = took_ms, repr(case)[:SHOWN_CHARS]
    if end.startswith("harm"):
        outcome.harms.append(f"{end}: {name}: {case!r:.{SHOWN_CHARS}}")
        end = "harm"
    outcome.ends[name, end] += 1


def _timed(name: str, case: object, kind: Kind) -> tuple[str, float]:
    """How a case ends, and its CPU time, ms."""
    begin = time.thread_time()
    try:
        end = kind.end(name, case)
    except Exception as error:
        end = f"harm: {type(error).__name__}: {error}"
    return end, 1000 * (time.thread_time() - begin)


def peak_mb() -> float:
    """Of resident memory, so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def tell(title: str, outcome: Outcome, console: Console) -> None:
    """How many cases of each draw ended in which way, the slowest, memory, and what did harm."""
    ends = sorted({end for _, end in outcome.ends})
    cases, kind = outcome.ends.total(), outcome.kind
    table = Table("drawn", *ends, title=f"{cases:,} hostile {title}")
    for name in sorted({name for name, _ in outcome.ends}):
        table.add_row(name, *(f"{outcome.ends[name, end]:,}" for end in ends))
    console.print(table)
    console.print(
        f"{outcome.took_s:.0f} s, {cases / outcome.took_s:,.0f} a second. Slowest case "
        f"{outcome.slowest_ms:.1f} ms of CPU (at most {kind.cpu_ms_max:.0f}). Peak memory"
        f" {outcome.settled_mb:.0f} MB after {SETTLED_CASES:,}, {outcome.peak_mb:.0f} MB at the"
        f" end: {outcome.growth_mb:+.1f} MB (at most {kind.growth_mb_max:.0f})."
        f"\nThe slowest: {outcome.slowest[:120]}",
        markup=False,
    )
    for harm in outcome.harms[:HARMS_SHOWN]:
        console.print(harm, markup=False)
