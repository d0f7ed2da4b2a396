"""What networks say of pairs that none was taught, kept small, and the card's figures of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from training.arrays import Floats, Mask
from training.realbogus.labels import REAL
from training.realbogus.own import ROUND_MAX
from training.tables import figures_under

if TYPE_CHECKING:  # it needs torch, and who has the figures again needs none
    from training.realbogus.own.pairs import Shown

FILE = Path(__file__).parents[2] / "answers" / "telescope_realbogus.parquet"
SECTION = "Headlines"
REAL_MIN, SIGNAL_MIN = 0.8, 8.0
NETWORKS = {"own": "this network", "survey": "the surveys' network"}
SHAPES = {"round": (0.0, ROUND_MAX), "elongated": (ROUND_MAX, 1.0)}
"""By the ellipticity of the frame's stars."""
STEP = 0.01
Answers = Mapping[str, Floats]


def keep(shown: Shown, own: Floats, path: Path = FILE) -> None:
    """Log-odds of both networks beside what each candidate was, in whole steps of STEP."""
    columns = {
        "label": shown.label.astype(np.int8),
        "pair": shown.pair.astype(np.int32),
        "up": shown.up,
        "ellipticity": np.round(shown.ellipticity / STEP).astype(np.int16),
        "signal": np.round(np.nan_to_num(shown.signal) / STEP).astype(np.int16),
        "own": np.round(own / STEP).astype(np.int16),
        "survey": np.round(shown.survey / STEP).astype(np.int16),
    }
    pq.write_table(pa.table(columns), path, compression="zstd")


def read(path: Path = FILE) -> dict[str, Floats]:
    """What `keep` wrote, steps made numbers again."""
    table = pq.read_table(path)
    found = {name: table[name].to_numpy().astype(np.float64) for name in table.column_names}
    return {
        name: column if name in {"label", "pair", "up"} else column * STEP
        for name, column in found.items()
    }


def headlines(path: Path = FILE) -> dict[str, float]:
    """Each figure by its name in the card."""
    return dict(_all(read(path)))


def claimed(card: str) -> dict[str, float]:
    """What the card says of each."""
    return figures_under(card, SECTION)


def _all(answers: Answers) -> Iterator[tuple[str, float]]:
    for shape, (low, high) in SHAPES.items():
        rows = (answers["ellipticity"] >= low) & (answers["ellipticity"] < high)
        some = {name: column[rows] for name, column in answers.items()}
        real, pairs = some["label"] == REAL, len(np.unique(some["pair"]))
        bright = real & (some["signal"] > SIGNAL_MIN)
        for network, name in NETWORKS.items():
            passed = some[network] >= np.log(REAL_MIN / (1 - REAL_MIN))
            yield f"{shape}: AUC, {name}", auc(real, some[network])
            yield f"{shape}: sources of S/N above 8 kept, {name}", float(passed[bright].mean())
            yield f"{shape}: others passed, {name}", float(passed[~real].mean())
            left = (passed & ~real).sum() / max(pairs, 1)
            yield f"{shape}: others passed a pair, {name}", float(left)


def auc(real: Mask, score: Floats) -> float:
    """Area under the curve, by the sum of ranks (Mann and Whitney 1947); ties share theirs."""
    _, at, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[at]
    ends = (real.sum() + 1) / 2
    return float((rank[real].mean() - ends) / (~real).sum())
