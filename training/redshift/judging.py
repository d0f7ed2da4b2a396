"""How good the network's redshifts are: scatter, CRPS, coverage; from answers that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from training.arrays import Floats, Ints, Mask
from training.tables import figures_under

NAMES = ("MGS", "SDSS", "BOSS", "DC2")
FILE = Path(__file__).parents[1] / "answers" / "redshift.parquet"
STEP = 1e-4
"""To which redshifts and scores are kept; no figure hangs on less."""
MAG_STEP = 0.01
BINS = 5
"""Of magnitude, each with as many galaxies."""
COVERED = 0.6827
SECTION = "Headlines"
NMAD = 1.4826
"""Of the median absolute deviation, so that a Gaussian's is its sigma."""
Answers = Mapping[str, Floats | Ints]
"""Of n galaxies, by column: sample, redshift, mag, low, middle, high, crps, trees, outside."""
BROTLI_LEVEL = 11


def keep(answers: Answers, path: Path = FILE) -> None:
    """As whole steps of STEP, small."""
    columns = {
        name: pa.array(
            np.asarray(column, np.int8)
            if name in {"sample", "outside"}
            else np.round(column / (MAG_STEP if name == "mag" else STEP)).astype(np.int32)
        )
        for name, column in answers.items()
    }
    pq.write_table(pa.table(columns), path, compression="brotli", compression_level=BROTLI_LEVEL)


def read(path: Path = FILE) -> dict[str, Floats]:
    """What `keep` wrote."""
    table = pq.read_table(path)
    found = {name: table[name].to_numpy().astype(np.float64) for name in table.column_names}
    for name, column in found.items():
        if name not in {"sample", "outside"}:
            found[name] = column * (MAG_STEP if name == "mag" else STEP)
    return found


def headlines(path: Path = FILE) -> dict[str, float]:
    """Each figure by its name in the card."""
    answers = read(path)
    found: dict[str, float] = {}
    for place, name in enumerate(NAMES):
        some = {key: column[answers["sample"] == place] for key, column in answers.items()}
        found |= {f"{what}, {name}": value for what, value in _of_sample(some).items()}
    return found


def claimed(card: str) -> dict[str, float]:
    """What the card says of each."""
    return figures_under(card, SECTION)


def _of_sample(some: Mapping[str, Floats]) -> dict[str, float]:
    z = some["redshift"]
    by_bin = [_covered(some, rows) for rows in binned(some["mag"])]
    ours, trees = nmad(some["middle"], z), nmad(some["trees"], z)
    return {
        "NMAD": ours,
        "NMAD of trees": trees,
        "standard error of the difference": paired_error(some["middle"], some["trees"], z),
        "median bias": float(np.median((some["middle"] - z) / (1 + z))),
        "outliers": float(np.mean(np.abs(some["middle"] - z) / (1 + z) > 0.15)),
        "CRPS": float(some["crps"].mean()),
        "covered by 68 %": _covered(some, np.ones(len(z), np.bool_)),
        "least covered bin of magnitude": min(by_bin),
        "most covered bin of magnitude": max(by_bin),
        "standard error of a bin's coverage": float(
            np.sqrt(COVERED * (1 - COVERED) * BINS / len(z))
        ),
        "flagged as extrapolated": float(some["outside"].mean()),
    }


def binned(mag: Floats) -> list[Mask]:
    """BINS of magnitude, alike in number."""
    edges = np.quantile(mag, np.linspace(0, 1, BINS + 1)[1:-1])
    place = np.searchsorted(edges, mag, side="right")
    return [place == one for one in range(BINS)]


def _covered(some: Mapping[str, Floats], rows: Mask) -> float:
    inside = (some["redshift"] >= some["low"]) & (some["redshift"] <= some["high"])
    return float(inside[rows].mean())


def nmad(found: Floats, z: Floats) -> float:
    """Normalised median absolute deviation of (found - z) / (1 + z) from its median."""
    off = (found - z) / (1 + z)
    return float(NMAD * np.median(np.abs(off - np.median(off))))


def paired_error(one: Floats, other: Floats, z: Floats, rounds: int = 200) -> float:
    """Standard error of the difference of two NMAD, by draws of the same galaxies."""
    random = np.random.default_rng(0)
    drawn = (random.integers(len(z), size=len(z)) for _ in range(rounds))
    return float(np.std([nmad(one[rows], z[rows]) - nmad(other[rows], z[rows]) for rows in drawn]))
