"""Draws what the network says against redshifts by spectra, and how often its intervals hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt

from training.arrays import Floats
from training.redshift.judging import NAMES, binned

SHOWN = 1500
"""Galaxies of each sample that are drawn."""


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
