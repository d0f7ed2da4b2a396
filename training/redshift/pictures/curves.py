"""Draws what the network says against spectra, how often intervals hold, and the ten worst."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from classifiers.redshift import BANDS, COMPONENTS
from training.arrays import Floats, Ints
from training.redshift.judging import NAMES, binned
from training.redshift.samples import Galaxies

SHOWN = 1500
"""Galaxies of each sample that are drawn."""
WORST = 10


def drawn(answers: Mapping[str, Floats], folder: Path) -> None:
    """Writes `photoz.png`: a column a sample; redshifts above, coverage by magnitude below."""
    folder.mkdir(parents=True, exist_ok=True)
    figure, axes = plt.subplots(2, len(NAMES), figsize=(12, 6), height_ratios=(2, 1))
    for place, name in enumerate(NAMES):
        rows = answers["sample"] == place
        some = {key: column[rows] for key, column in answers.items()}
        above, below = axes[0, place], axes[1, place]
        above.plot(some["redshift"][:SHOWN], some["middle"][:SHOWN], ".", ms=1.5, alpha=0.5)
        most = float(some["redshift"].max())
        above.plot([0, most], [0, most], "k", lw=0.5)
        above.set(title=name, xlabel="redshift by spectrum")
        inside = (some["redshift"] >= some["low"]) & (some["redshift"] <= some["high"])
        bins = binned(some["mag"])
        below.plot(
            [some["mag"][one].mean() for one in bins], [inside[one].mean() for one in bins], "o-"
        )
        below.axhspan(0.65, 0.71, color="0.9")
        below.set(ylim=(0.55, 0.8), xlabel="magnitude")
    axes[0, 0].set_ylabel("photometric redshift")
    axes[1, 0].set_ylabel("covered by 68 %")
    figure.tight_layout()
    figure.savefig(folder / "photoz.png", dpi=70)
    plt.close(figure)


def worst(answers: Mapping[str, Floats]) -> Ints:
    """The ten galaxies whose redshift is missed by most, in widths of the interval; rising z."""
    half = np.maximum((answers["high"] - answers["low"]) / 2, 1e-3)
    off = np.abs(answers["middle"] - answers["redshift"]) / half
    rows = np.argsort(-off, kind="stable")[:WORST]
    return np.asarray(rows[np.argsort(answers["redshift"][rows])])


def worst_drawn(
    answers: Mapping[str, Floats], tests: Galaxies, mixture: np.ndarray, folder: Path
) -> None:
    """Writes `worst.png`: of each its posterior, the truth, and its magnitudes."""
    figure, axes = plt.subplots(4, WORST // 2, figsize=(14, 8), height_ratios=(2, 1, 2, 1))
    for place, row in enumerate(worst(answers).tolist()):
        above, column = 2 * (place // (WORST // 2)), place % (WORST // 2)
        _posterior(axes[above, column], mixture[row].astype(np.float64))
        truth = answers["redshift"][row]
        axes[above, column].axvline(truth, color="k", lw=1)
        flag = ", flagged" if answers["outside"][row] else ""
        axes[above, column].set_title(
            f"{NAMES[tests.sample[row]]}, z {truth:.3f}{flag}", fontsize=8
        )
        _magnitudes(axes[above + 1, column], tests.rows[row])
    axes[2, 0].set_xlabel("redshift: posterior, the spectrum's black", fontsize=8)
    axes[3, 0].set_xlabel("band, AB magnitude", fontsize=8)
    figure.tight_layout()
    figure.savefig(folder / "worst.png", dpi=60)
    plt.close(figure)


def _posterior(axes: Axes, mixture: Floats) -> None:
    weight, mean, sigma = mixture.reshape(3, COMPONENTS)
    grid = np.linspace(0, max(1.0, float((mean + 3 * sigma).max())), 800)
    off = (grid[:, None] - mean) / sigma
    axes.plot(grid, (weight / sigma * np.exp(-0.5 * off**2)).sum(axis=1), lw=1)
    axes.set_yticks([])


def _magnitudes(axes: Axes, row: np.ndarray) -> None:
    count = len(BANDS)
    errors = np.nan_to_num(row[count : 2 * count]).clip(0, 2)
    axes.errorbar(range(count), row[:count], errors, fmt="o", ms=3, lw=0.8)
    axes.set_xticks(range(count), list(BANDS))
    axes.invert_yaxis()
