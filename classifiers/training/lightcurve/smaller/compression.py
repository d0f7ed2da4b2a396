"""What smaller forms of the light-curve network save and cost: one row of a table for each step.

files = forms.made(net, Making(...), learnt, folder)
print(markdown(study(files, judged)))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.session import Session
from classifiers.training.lightcurve.judging.metrics import flat_log_loss, micro, with_prior
from classifiers.training.lightcurve.smaller.forms import FLOAT
from classifiers.training.timing import BATCHES, ROUNDS, medians_us

Rows = NDArray[np.float32]
ALONE = 64
"""Rows that are also scored one by one, to see whether their neighbours matter."""
NEIGHBOURS_MAX = 1e-5
"""Change of a probability by neighbours that is but the order of sums."""
TIME_NOISE = 0.05
"""Relative difference of two medians that a second run need not show again."""
LOSS_NOISE = 0.003
"""Difference of flat log-losses on the same objects that nobody would choose a file for."""


@dataclass(frozen=True)
class Judged:
    """Objects that the quality is measured on; no step may have learnt from them."""

    rows: Rows
    """(n, ROW), with redshift where it is known."""
    hidden: Rows
    """(n, ROW), the same objects without any."""
    label: NDArray[np.int64]
    prior: NDArray[np.float64]
    """(classes,) shares of the classes among the training objects."""


@dataclass(frozen=True)
class Row:
    """One step of the study."""

    step: str
    size_bytes: int
    time_us: Mapping[int, float]
    """An alert, by size of batch: CPU time on one thread, the median of rounds in turn."""
    flat: float
    """Flat log-loss, with redshift."""
    flat_hidden: float
    """And without."""
    auc: float
    """Micro, with redshift, under the prior."""
    change_max: float
    """Of a probability, against the float network."""
    change_mean: float
    neighbours_max: float
    """Change of a probability when its row is scored alone: the product promises none."""


def study(files: Mapping[str, Path], judged: Judged, rounds: int = ROUNDS) -> list[Row]:
    """A row for each file, FLOAT being among them. All are timed in turn."""
    networks = {step: Session(path, judged.rows.shape[1:]) for step, path in files.items()}
    times = medians_us({step: one.run for step, one in networks.items()}, judged.rows, rounds)
    in_float = networks[FLOAT].run(judged.rows)
    return [_row(step, path, judged, times[step], in_float) for step, path in files.items()]


def _row(
    step: str, path: Path, judged: Judged, time_us: Mapping[int, float], in_float: Rows
) -> Row:
    network = Session(path, judged.rows.shape[1:])
    classes, once = len(judged.prior), np.ones((1, len(judged.label)))
    given, hidden = network.run(judged.rows), network.run(judged.hidden)
    alone = np.concatenate([network.run(one[None]) for one in judged.rows[:ALONE]])
    change = np.abs(given - in_float)
    return Row(
        step=step,
        size_bytes=path.stat().st_size,
        time_us=time_us,
        flat=flat_log_loss(given, judged.label, classes),
        flat_hidden=flat_log_loss(hidden, judged.label, classes),
        auc=float(micro(with_prior(given, judged.prior), judged.label).auc(once)[0]),
        change_max=float(change.max()),
        change_mean=float(change.mean()),
        neighbours_max=float(np.abs(alone - given[:ALONE]).max()),
    )


def said(row: Row, against: Row) -> str:
    """What a step gave, in words: bytes, time at batch 32, loss with and without redshift."""
    size = f"{row.size_bytes / against.size_bytes:.0%} of the bytes"
    time = _time_said(row.time_us[32] / against.time_us[32] - 1)
    losses = (row.flat - against.flat, row.flat_hidden - against.flat_hidden)
    parts = [size, time, _loss_said(*losses)]
    if row.neighbours_max > NEIGHBOURS_MAX:
        parts.append("a score hangs on the rows beside it: not served")
    return "; ".join(parts)


def _time_said(more: float) -> str:
    if abs(more) < TIME_NOISE:
        return "as fast"
    return f"{more:.0%} slower" if more > 0 else f"{-more:.0%} faster"


def _loss_said(with_z: float, without: float) -> str:
    """Nothing to choose by, or the differences themselves."""
    if max(abs(with_z), abs(without)) < LOSS_NOISE:
        return "as good"
    if max(with_z, without) < LOSS_NOISE:
        return f"better by {-with_z:.3f} with z, {-without:.3f} without"
    return f"loss {with_z:+.3f} with z, {without:+.3f} without"


def markdown(rows: Sequence[Row]) -> str:
    """The study as a table; the last column is against the row of FLOAT."""
    (against,) = (row for row in rows if row.step == FLOAT)
    times = [f"µs at {batch}" for batch in BATCHES]
    figures = ["flat, z", "flat, no z", "micro AUC", "largest change", "mean change"]
    head = ["step", "bytes", *times, *figures, "what it gave"]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 2) + "---|"]
    return "\n".join([*lines, *(_line(row, against) for row in rows)]) + "\n"


def _line(row: Row, against: Row) -> str:
    times = [f"{row.time_us[batch]:.1f}" for batch in BATCHES]
    quality = [f"{row.flat:.4f}", f"{row.flat_hidden:.4f}", f"{row.auc:.4f}"]
    changes = [f"{one:.2g}" for one in (row.change_max, row.change_mean)]
    gave = "what the others are held against" if row is against else said(row, against)
    cells = [row.step, f"{row.size_bytes:,}", *times, *quality, *changes, gave]
    return "| " + " | ".join(cells) + " |"
