"""`python -m tests.fuzzing.expressions`: many random expressions, none of which may do harm.

They are drawn from a seed: noise, tokens in any order, sound clauses, sound clauses struck at
random, Python that the language lacks, and much of one thing. Each must be a tree, which is then
evaluated on a few alerts, or an ExpressionError of one line; each within a bounded time, and all
within bounded memory. Warnings count as harm.
"""

from __future__ import annotations

import argparse
import ast
import resource
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from filters.alerts import Alerts
from filters.expressions.checker import checked
from filters.expressions.evaluation import evaluate
from filters.expressions.parser import read
from filters.expressions.refusal import ExpressionError
from filters.expressions.tree import Node
from filters.handmade import Epoch, handmade
from schemas.errors import FilterError
from sky.catalogues import CatalogueIdentity, Degrees, Sky
from tests.fuzzing.expression_cases import DRAWS, UNSCANNED, drawn

CPU_MS_MAX = 25.0
"""Of one case, reading and evaluating; seven times what the slowest known takes."""
GROWTH_MB_MAX = 20.0
"""Of the peak of resident memory, over that after the first cases."""
SETTLED_CASES = 2_000
MESSAGE_CHARS_MAX = 2_000
REPEATS = 4
"""Of a case that seems to be the slowest so far; the shortest time counts."""
HARMS_SHOWN = 10
STAGES = {"scanning": "the scan", "checking": "the check"}
"""By module."""


class _North:
    """A region and a watchlist: the northern half of the sky."""

    identity = CatalogueIdentity("north", "0" * 64)

    def contains(self, ra_deg: Degrees, dec_deg: Degrees) -> np.ndarray:
        return dec_deg > 0

    def distance_arcsec(self, ra_deg: Degrees, dec_deg: Degrees) -> np.ndarray:
        return np.where(dec_deg > 0, 1.0, np.inf)


BATCH = handmade(
    magnitude=[18.0, np.nan, np.inf, 0.0],
    age_days=[0.0, 1.0, -1.0, 1e300],
    dec_deg=[-90.0, 0.0, 90.0, np.nan],
    light_curve=[[Epoch(59999.0, "g", 10.0), Epoch(60000.0, "r", 20.0)], [], [Epoch(6e4, "g")], []],
    scores={"realbogus": {"bogus": [0.1, 0.9, 0.5, np.nan], "real": [0.9, 0.1, 0.5, np.nan]}},
    values={"gaia": {"parallax_mas": [1.0, -np.inf, 0.0, np.nan]}},
)
SKY = Sky(regions=[_North()], watchlists=[_North()])


@dataclass
class Outcome:
    """What became of the cases."""

    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By what was drawn, and how it ended."""
    harms: list[str] = field(default_factory=list)
    slowest_ms: float = 0.0
    """CPU time of the slowest case."""
    slowest: str = ""
    settled_mb: float = 0.0
    peak_mb: float = 0.0

    @property
    def growth_mb(self) -> float:
        """The peak of resident memory at the end over that after the first cases."""
        return self.peak_mb - self.settled_mb


def endure(cases: int, seed: int) -> Outcome:
    """Read and evaluate so many random expressions."""
    outcome = Outcome()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        texts = track(drawn(cases, seed), total=cases, transient=True, console=Console(stderr=True))
        for number, (name, text) in enumerate(texts):
            _endure(name, text, outcome)
            if number < SETTLED_CASES:
                outcome.settled_mb = _peak_mb()
    outcome.peak_mb = _peak_mb()
    return outcome


def _endure(name: str, text: str, outcome: Outcome) -> None:
    end, took_ms = _timed(name, text)
    # Among other work a clock is late now and then; what is slow by itself is so every time.
    for _ in range(REPEATS if took_ms > outcome.slowest_ms else 0):
        took_ms = min(took_ms, _timed(name, text)[1])
    if took_ms > CPU_MS_MAX:
        end = f"harm: took {took_ms:.0f} ms"
    if took_ms > outcome.slowest_ms:
        outcome.slowest_ms, outcome.slowest = took_ms, text
    if end.startswith("harm"):
        outcome.harms.append(f"{end}: {text!r:.300}")
        end = "harm"
    outcome.ends[name, end] += 1


def _timed(name: str, text: str) -> tuple[str, float]:
    """How a case ends, and its CPU time, ms."""
    begin = time.thread_time()
    end = _end(text, _unscanned if name == UNSCANNED else read)
    return end, 1000 * (time.thread_time() - begin)


def _unscanned(text: str) -> Node:
    try:
        parsed = ast.parse(text, mode="eval")
    except SyntaxError:
        raise ExpressionError("no expression", text, 0) from None
    return checked(parsed.body, text)


def _end(text: str, reader: Callable[[str], Node]) -> str:
    """How a case ends: "a result", which stage refused it, or harm."""
    try:
        found = evaluate(reader(text), Alerts(BATCH, SKY))
    except ExpressionError as error:
        message = str(error)
        if not message.isprintable() or len(message) > MESSAGE_CHARS_MAX or not error.picture:
            return f"harm: the message {message!r:.300}"
        return f"refused by {STAGES.get(_module(error), 'the parser')}"
    except FilterError:
        return "not configured"
    except Exception as error:
        return f"harm: {type(error).__name__}: {error}"
    sound = found.dtype == np.bool_ and found.shape == (len(BATCH),)
    return "a result" if sound else f"harm: {found.dtype} {found.shape}"


def _module(error: ExpressionError) -> str:
    """Which refused."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    name: str = place.tb_frame.f_globals["__name__"] if place else ""
    return name.rpartition(".")[2]


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def table(outcome: Outcome) -> Table:
    """How many cases of each kind ended in which way."""
    ends = sorted({end for _, end in outcome.ends})
    shown = Table("drawn", *ends, title=f"{outcome.ends.total():,} random expressions")
    for name in DRAWS:
        shown.add_row(name, *(f"{outcome.ends[name, end]:,}" for end in ends))
    return shown


def main() -> None:
    """Read random expressions, say how each kind ended, and fail where one did harm."""
    options = argparse.ArgumentParser(
        prog="python -m tests.fuzzing.expressions", description=main.__doc__
    )
    options.add_argument("--cases", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    begin = time.perf_counter()
    outcome = endure(chosen.cases, chosen.seed)
    console = Console()
    console.print(table(outcome))
    console.print(
        f"Seed {chosen.seed}, {time.perf_counter() - begin:.0f} s. Slowest case "
        f"{outcome.slowest_ms:.1f} ms of CPU (at most {CPU_MS_MAX:.0f}): "
        f"{escape(repr(outcome.slowest[:120]))}, {len(outcome.slowest):,} characters. Peak memory "
        f"{outcome.settled_mb:.0f} MB after {SETTLED_CASES:,}, {outcome.peak_mb:.0f} MB at the "
        f"end: {outcome.growth_mb:+.1f} MB (at most {GROWTH_MB_MAX:.0f})."
    )
    for harm in outcome.harms[:HARMS_SHOWN]:
        console.print(escape(harm))
    sys.exit(bool(outcome.harms) or outcome.growth_mb > GROWTH_MB_MAX)


if __name__ == "__main__":
    main()
