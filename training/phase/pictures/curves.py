"""Draws how often intervals hold, by age and light, and the ten worst."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from classifiers.observations import layout
from training.arrays import Floats, Ints
from training.phase.judging import SYSTEMS, binned, covered
from training.phase.material import Material

WORST = 10
TARGET = "days_to_peak"


def drawn(answers: Mapping[str, Floats], asked: Material, folder: Path) -> None:
    """Writes `coverage.png` and `worst.png`."""
    folder.mkdir(parents=True, exist_ok=True)
    _coverage(answers, folder / "coverage.png")
    _worst(answers, asked, folder / "worst.png")


def _coverage(answers: Mapping[str, Floats], path: Path) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.2))
    for place, system in enumerate(SYSTEMS):
        own = answers["system"] == place
        some = {name: column[own] for name, column in answers.items()}
        for one, what in zip(axes, ("age", "mag"), strict=True):
            bins = binned(some[what])
            at = [float(np.nanmean(some[what][rows])) for rows in bins]
            one.plot(at, [covered(some, TARGET, rows) for rows in bins], "o-", label=system)
            one.axhspan(0.65, 0.71, color="0.92", zorder=0)
            one.set(ylim=(0.5, 0.85), xlabel={"age": "days detected", "mag": "magnitude"}[what])
    axes[0].set_ylabel("days to peak covered by 68 %")
    axes[0].legend()
    _saved(figure, path)


def worst(answers: Mapping[str, Floats]) -> Ints:
    """The cuts of ten objects whose date of peak is missed by most, in widths of the interval."""
    truth, middle = answers[TARGET], answers[f"{TARGET}_middle"]
    half = np.maximum(answers[f"{TARGET}_high"] - answers[f"{TARGET}_low"], 0.5) / 2
    order = np.argsort(-np.nan_to_num(np.abs(truth - middle) / half))
    _, first = np.unique(answers["object"][order], return_index=True)
    found: Ints = order[np.sort(first)][:WORST]
    return found


def _worst(answers: Mapping[str, Floats], asked: Material, path: Path) -> None:
    figure, axes = plt.subplots(2, WORST // 2, figsize=(14, 5))
    for one, row in zip(axes.ravel(), worst(answers).tolist(), strict=True):
        _points(one, asked.rows[row])
        one.axvline(answers[TARGET][row], color="k", lw=1)
        one.axvspan(
            answers[f"{TARGET}_low"][row], answers[f"{TARGET}_high"][row], color="C3", alpha=0.3
        )
        one.set_title(f"{asked.name[row]}", fontsize=8)
        one.set_xlim(-60, 40)
    axes[1, 0].set_xlabel("days from the alert: peak black, 68 % red")
    _saved(figure, path)


def _points(axes: Axes, row: np.ndarray) -> None:
    seen = row[layout.TOKENS_BEGIN : layout.ROW].reshape(layout.TOKENS, -1)
    seen = seen[seen[:, 2] > 0]
    days = seen[:, 0] - row[layout.CONTEXT_BEGIN + layout.CONTEXT.index("days_detected")]
    for band in np.unique(seen[:, 3]).astype(int):
        own = seen[:, 3] == band
        axes.errorbar(days[own], seen[own, 1], 1 / seen[own, 2], fmt=".", ms=3, lw=0.5)


def _saved(figure: plt.Figure, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=65)
    plt.close(figure)
