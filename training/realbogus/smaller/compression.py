"""What smaller forms of a network save and what they cost: one row of a table for each step.

    files = made(net, Making(...), [(16, 16, 32, 32)], calibration, folder)
    print(markdown(study(files, judged)))

Nothing is decided here: whoever reads the table keeps what pays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from torch import nn

from classifiers.realbogus import RealBogus
from training.arrays import Floats, Mask
from training.compression import FLOAT, Cost, costs, study_table, times_head
from training.quantisation import forms
from training.realbogus.judging.contest import auc
from training.realbogus.labels import REAL
from training.realbogus.smaller.pruning import slimmed
from training.timing import BATCHES, ROUNDS

SCALING = ("Softsign", "TopK", "Where")
"""Operators of the stamps' scaling: the network begins behind the last one of them."""
ALONE = 128
"""Alerts that are also scored one by one, to see whether their neighbours matter."""


@dataclass(frozen=True)
class Judged:
    """Alerts that the quality is measured on; no step may have learnt from them."""

    stamps: NDArray[np.float32]
    """(n, 3, 63, 63), counts as sent."""
    real: Mask


@dataclass(frozen=True)
class Making:
    """How to build, teach and export a network of the kind that is compressed."""

    build: Callable[[Sequence[int]], nn.Module]
    """From its channels, with fresh weights."""
    fine_tune: Callable[[nn.Module], nn.Module]
    """A few epochs on the training's own examples."""
    export: Callable[[nn.Module, Path], object]


@dataclass(frozen=True)
class Row(Cost):
    """One step of the study; what has to stay is the probability of "real"."""

    weights: int
    """Biases apart."""
    auc: float


def made(
    net: nn.Module,
    making: Making,
    slimmer: Sequence[Sequence[int]],
    calibration: NDArray[np.float32],
    folder: Path,
) -> dict[str, Path]:
    """The files to study, by step: float, pruned to each of `slimmer`, and 8-bit forms of all.

    `calibration` are stamps of the training, (n, 3, 63, 63).
    """
    files = {FLOAT: folder / "float.onnx"}
    making.export(net, files[FLOAT])
    for channels in slimmer:
        name = "-".join(map(str, channels))
        files[f"pruned to {name}"] = folder / f"pruned-{name}.onnx"
        slim = making.fine_tune(slimmed(net, making.build(channels)))
        making.export(slim, files[f"pruned to {name}"])
    for step, path in list(files.items()):
        files |= quantised(step, path, calibration)
    return files


def quantised(step: str, path: Path, calibration: NDArray[np.float32]) -> dict[str, Path]:
    """The 8-bit forms of one file, written beside it, by step."""
    names = ("int8 dynamic", "int8 static", "int8 static, ends in float")
    before = "" if step == FLOAT else f"{step}, "
    files = {
        f"{before}{name}": path.with_stem(f"{path.stem}-{place}")
        for place, name in enumerate(names)
    }
    forms(path, list(files.values()), calibration, SCALING)
    return files


def study(files: Mapping[str, Path], judged: Judged, rounds: int = ROUNDS) -> list[Row]:
    """A row for each file, the first being the float network."""
    networks = {step: RealBogus(path) for step, path in files.items()}
    scorers = {step: one.score_stamps for step, one in networks.items()}
    found = costs(files, scorers, judged.stamps, alone=ALONE, compared=_real, rounds=rounds)
    return [
        Row(**vars(cost), weights=weights(files[step]), auc=_auc(networks[step], judged))
        for step, cost in found.items()
    ]


def _real(scores: NDArray[np.float32]) -> Floats:
    """The probability of "real", (n,), NaN where it declines."""
    return scores[:, REAL].astype(np.float64)


def _auc(network: RealBogus, judged: Judged) -> float:
    found = _real(network.score_stamps(judged.stamps))
    seen = ~np.isnan(found)
    return auc(~judged.real[seen], found[seen])


def weights(path: Path) -> int:
    """How many a file holds: kernels and matrices, in whatever type."""
    held = onnx.load(path).graph.initializer
    return sum(int(np.prod(one.dims)) for one in held if len(one.dims) > 1)


def markdown(rows: Sequence[Row]) -> str:
    changes = ["largest change", "mean change", "by neighbours"]
    head = ["step", "kB", "weights", *times_head(), "AUC", *changes]
    return study_table(head, [_cells(row) for row in rows]) + "\n"


def _cells(row: Row) -> list[str]:
    times = [f"{row.time_us[batch]:.0f}" for batch in BATCHES]
    changes = [f"{one:.2g}" for one in (row.change_max, row.change_mean, row.neighbours_max)]
    size = f"{row.size_bytes / 1e3:.0f}"
    return [row.step, size, f"{row.weights:,}", *times, f"{row.auc:.3f}", *changes]
