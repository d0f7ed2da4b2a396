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
from training.arrays import Floats, Ints
from training.compression import FLOAT, Cost, costs, study_table, times_head
from training.lightcurve.judging.metrics import (
    flat_log_loss,
    losses,
    micro,
    with_prior,
)
from training.lightcurve.smaller.forms import SAME_OPERATORS
from training.timing import BATCHES, ROUNDS

Rows = NDArray[np.float32]
ALONE = 64
"""Rows that are also scored one by one, to see whether their neighbours matter."""
NEIGHBOURS_MAX = 1e-5
"""Change of a probability by neighbours that is but the order of sums."""
AT = 32
"""The size of batch at which steps are said to be fast or slow: the project's promise."""
ERRORS = 2.0
"""A loss differs where it does so by this many paired standard errors."""
LOSS_NOISE = 0.003
"""Difference that nobody would choose a file for, however sure it is."""


@dataclass(frozen=True)
class Judged:
    """Objects that the quality is measured on; no step may have learnt from them."""

    rows: Rows
    """(n, ROW), with redshift where it is known."""
    hidden: Rows
    """(n, ROW), the same objects without any."""
    label: Ints
    prior: Floats
    """(classes,) shares of the classes among the training objects."""


@dataclass(frozen=True)
class Row(Cost):
    """One step of the study."""

    flat: float
    """Flat log-loss, with redshift."""
    flat_hidden: float
    """And without."""
    auc: float
    """Micro, with redshift, under the prior."""
    flat_error: float | None = None
    """Standard error of what `flat` differs by from the float network's, on the same objects;
    None where a study did not measure it."""
    flat_hidden_error: float | None = None


def study(files: Mapping[str, Path], judged: Judged, rounds: int = ROUNDS) -> list[Row]:
    """A row for each file, FLOAT being among them."""
    networks = {step: Session(path, judged.rows.shape[1:]) for step, path in files.items()}
    scorers = {step: one.run for step, one in networks.items()}
    found = costs(files, scorers, judged.rows, alone=ALONE, rounds=rounds)
    in_float = [networks[FLOAT].run(one) for one in (judged.rows, judged.hidden)]
    return [_row(cost, networks[step], judged, in_float) for step, cost in found.items()]


def _row(cost: Cost, network: Session, judged: Judged, in_float: Sequence[Rows]) -> Row:
    label, classes, once = judged.label, len(judged.prior), np.ones((1, len(judged.label)))
    found = [network.run(one) for one in (judged.rows, judged.hidden)]
    flat = [flat_log_loss(one, label, classes) for one in found]
    error = [_error(one, whole, label) for one, whole in zip(found, in_float, strict=True)]
    auc = float(micro(with_prior(found[0], judged.prior), label).auc(once)[0])
    return Row(
        **vars(cost),
        flat=flat[0],
        flat_hidden=flat[1],
        auc=auc,
        flat_error=error[0],
        flat_hidden_error=error[1],
    )


def _error(given: Rows, in_float: Rows, label: Ints) -> float:
    """Standard error of the difference of two flat log-losses, objects being drawn by class."""
    difference = losses(given, label) - losses(in_float, label)
    classes = [difference[label == one] for one in np.unique(label)]
    variance = sum(float(one.var()) / max(len(one) - 1, 1) for one in classes)
    return float(np.sqrt(variance) / len(classes))


def noise(rows: Sequence[Row]) -> tuple[float, float]:
    """What the float network takes at batch 32, µs, and by which share that is not certain.

    Steps that run its operators take its time by construction, so what these differ by is the
    noise of measuring: the median of all is the time, the largest distance from it the noise.
    """
    times = np.array([row.time_us[AT] for row in rows if row.step in SAME_OPERATORS])
    middle = float(np.median(times))
    return middle, float(np.abs(times / middle - 1).max())


def said(row: Row, against: Row, time: tuple[float, float]) -> str:
    """What a step gave, in words: bytes, time at batch 32, loss with and without redshift.

    `time` is what `noise` found.
    """
    size = f"{row.size_bytes / against.size_bytes:.0%} of the bytes"
    parts = [size, _time_said(row, *time), _loss_said(row, against)]
    if row.neighbours_max > NEIGHBOURS_MAX:
        parts.append("a score hangs on the rows beside it: not served")
    return "; ".join(parts)


def _time_said(row: Row, middle: float, unsure: float) -> str:
    more = row.time_us[AT] / middle - 1
    if row.step in SAME_OPERATORS:
        return "float's operators"
    if abs(more) <= unsure:
        return "as fast, within the noise"
    return f"{more:.0%} slower" if more > 0 else f"{-more:.0%} faster"


def _loss_said(row: Row, against: Row) -> str:
    """Nothing to choose by, or the differences with their errors."""
    differences = (row.flat - against.flat, row.flat_hidden - against.flat_hidden)
    errors = (row.flat_error, row.flat_hidden_error)
    pairs = list(zip(differences, errors, strict=True))
    if all(abs(loss) <= LOSS_NOISE for loss, _ in pairs):
        return "as good"
    with_z, without = (_difference(*one) for one in pairs)
    told = f"loss {with_z} with z, {without} without"
    sure = any(error is None or abs(loss) > ERRORS * error for loss, error in pairs)
    return told if sure else f"{told}, which is within two errors"


def _difference(loss: float, error: float | None) -> str:
    return f"{loss:+.3f}" if error is None else f"{loss:+.3f} ± {error:.3f}"


def markdown(rows: Sequence[Row]) -> str:
    """The study as a table, in words against the row of FLOAT, and how sure its times are."""
    (against,) = (row for row in rows if row.step == FLOAT)
    time = noise(rows)
    figures = ["flat, z", "flat, no z", "micro AUC", "largest change", "mean change"]
    head = ["step", "bytes", *times_head(), *figures, "what it gave"]
    table = study_table(head, [_cells(row, against, time) for row in rows], words=1)
    return f"{table}\n\n{TIMES_SAID.format(AT, *time)}\n"


TIMES_SAID = (
    'ONNX Runtime makes one and the same network of all steps marked "float\'s operators", so '
    "their times at batch {} differ by noise alone: {:.1f} µs in the median, up to {:.0%} away."
)


def _cells(row: Row, against: Row, time: tuple[float, float]) -> list[str]:
    times = [f"{row.time_us[batch]:.1f}" for batch in BATCHES]
    quality = [f"{row.flat:.4f}", f"{row.flat_hidden:.4f}", f"{row.auc:.4f}"]
    changes = [f"{one:.2g}" for one in (row.change_max, row.change_mean)]
    gave = "what the others are held against" if row is against else said(row, against, time)
    return [row.step, f"{row.size_bytes:,}", *times, *quality, *changes, gave]
