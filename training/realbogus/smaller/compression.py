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
from training.quantisation import dynamic, static
from training.realbogus.judging.evaluation import auc
from training.realbogus.smaller.pruning import slimmed
from training.timing import BATCHES, ROUNDS, medians_us

Floats = NDArray[np.float64]
SCALING = ("Softsign", "TopK", "Where")
"""Operators of the stamps' scaling: the network begins behind the last one of them."""
FLOAT = "float"
"""The step that the others are held against."""
ALONE = 128
"""Alerts that are also scored one by one, to see whether their neighbours matter."""


@dataclass(frozen=True)
class Judged:
    """Alerts that the quality is measured on; no step may have learnt from them."""

    stamps: NDArray[np.float32]
    """(n, 3, 63, 63), counts as sent."""
    real: NDArray[np.bool_]


@dataclass(frozen=True)
class Making:
    """How to build, teach and export a network of the kind that is compressed."""

    build: Callable[[Sequence[int]], nn.Module]
    """From its channels, with fresh weights."""
    fine_tune: Callable[[nn.Module], nn.Module]
    """A few epochs on the training's own examples."""
    export: Callable[[nn.Module, Path], object]


@dataclass(frozen=True)
class Row:
    """One step of the study."""

    step: str
    size_bytes: int
    weights: int
    """Biases apart."""
    time_us: Mapping[int, float]
    """An alert, by size of batch: CPU time on one thread, the median of rounds in turn."""
    auc: float
    change_max: float
    """Of the probability of "real", against the float network."""
    change_mean: float
    neighbours_max: float
    """Change of a row's probability when it is scored alone: the product promises none."""


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
    on_the_fly, throughout, inside = files.values()
    dynamic(path, on_the_fly, scaling=SCALING)
    static(path, throughout, calibration, scaling=SCALING, ends_in_float=False)
    static(path, inside, calibration, scaling=SCALING, ends_in_float=True)
    return files


def study(files: Mapping[str, Path], judged: Judged, rounds: int = ROUNDS) -> list[Row]:
    """A row for each file, the first being the float network. All are timed in turn."""
    networks = {step: RealBogus(path) for step, path in files.items()}
    times = medians_us(
        {step: one.score_stamps for step, one in networks.items()}, judged.stamps, rounds
    )
    float_scores = _real(next(iter(networks.values())), judged.stamps)
    return [_row(step, path, judged, times[step], float_scores) for step, path in files.items()]


def _row(
    step: str, path: Path, judged: Judged, time_us: Mapping[int, float], float_scores: Floats
) -> Row:
    network = RealBogus(path)
    together = _real(network, judged.stamps)
    alone = np.concatenate([_real(network, one[None]) for one in judged.stamps[:ALONE]])
    change = np.abs(together - float_scores)
    seen = ~np.isnan(together)
    return Row(
        step=step,
        size_bytes=path.stat().st_size,
        weights=weights(path),
        time_us=time_us,
        auc=auc(~judged.real[seen], together[seen]),
        change_max=float(np.nanmax(change)),
        change_mean=float(np.nanmean(change)),
        neighbours_max=float(np.nanmax(np.abs(alone - together[:ALONE]))),
    )


def _real(network: RealBogus, stamps: NDArray[np.float32]) -> Floats:
    """The probability of "real", (n,), NaN where it declines."""
    column = network.labels.index("real")
    return network.score_stamps(stamps)[:, column].astype(np.float64)


def weights(path: Path) -> int:
    """How many a file holds: kernels and matrices, in whatever type."""
    held = onnx.load(path).graph.initializer
    return sum(int(np.prod(one.dims)) for one in held if len(one.dims) > 1)


def markdown(rows: Sequence[Row]) -> str:
    """The study as a table."""
    times = [f"µs at {batch}" for batch in BATCHES]
    changes = ["largest change", "mean change", "by neighbours"]
    head = ["step", "kB", "weights", *times, "AUC", *changes]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *map(_line, rows)]) + "\n"


def _line(row: Row) -> str:
    times = [f"{row.time_us[batch]:.0f}" for batch in BATCHES]
    changes = [f"{one:.2g}" for one in (row.change_max, row.change_mean, row.neighbours_max)]
    size = f"{row.size_bytes / 1e3:.0f}"
    cells = [row.step, size, f"{row.weights:,}", *times, f"{row.auc:.3f}", *changes]
    return "| " + " | ".join(cells) + " |"
