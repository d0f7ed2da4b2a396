"""What smaller forms of a network save and cost, whatever else is measured of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.arrays import Floats, Singles
from training.timing import BATCHES, ROUNDS, Scorer, medians_us

FLOAT = "float"
"""The step that the others are held against."""


@dataclass(frozen=True)
class Cost:
    """Of one step of a study."""

    step: str
    size_bytes: int
    time_us: Mapping[int, float]
    """An alert, by size of batch: CPU time on one thread, the median of rounds in turn."""
    change_max: float
    """Of a probability, against the float network."""
    change_mean: float
    neighbours_max: float
    """Change of a probability when its row is scored alone: the product promises none."""


def costs(
    files: Mapping[str, Path],
    scorers: Mapping[str, Scorer],
    rows: Singles,
    *,
    alone: int,
    compared: Callable[[Singles], Floats | Singles] = lambda scores: scores,
    rounds: int = ROUNDS,
) -> dict[str, Cost]:
    """Of each file, FLOAT's among them, by step. All are timed in turn.

    The first `alone` rows are also scored one by one. Of scores, `compared` says what has to stay;
    NaN where a network declines.
    """
    times = medians_us(scorers, rows, rounds)
    given = {step: compared(score(rows)) for step, score in scorers.items()}
    found = {}
    for step, score in scorers.items():
        single = np.concatenate([compared(score(one[None])) for one in rows[:alone]])
        change = np.abs(given[step] - given[FLOAT])
        found[step] = Cost(
            step=step,
            size_bytes=files[step].stat().st_size,
            time_us=times[step],
            change_max=float(np.nanmax(change)),
            change_mean=float(np.nanmean(change)),
            neighbours_max=float(np.nanmax(np.abs(single - given[step][:alone]))),
        )
    return found


def study_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, words: int = 0) -> str:
    """A study as Markdown: figures to the right, but for the step and the last columns of words."""
    rule = "|---|" + "---:|" * (len(head) - 1 - words) + "---|" * words
    return "\n".join([_line(head), rule, *map(_line, rows)])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def times_head() -> list[str]:
    return [f"µs at {batch}" for batch in BATCHES]
