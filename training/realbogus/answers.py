"""Out-of-fold answers of one seed as one small Parquet file, from which figures can be recomputed.

Read with nothing but pyarrow: no torch, no alerts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from training.realbogus.judging.flags import flagged
from training.realbogus.judging.outcome import Exam, Outcome, Scored
from training.realbogus.labels import REAL

FILE = Path(__file__).parents[1] / "answers" / "realbogus.parquet"
"""Committed; of the first seed."""
PROBABILITY_MIN = 1e-12
"""Nearer to 0 or 1 a logarithm is no help."""
NOT_DRAWN = -1
"""The drawn label of an alert as it came."""


def write(outcome: Outcome, path: Path = FILE) -> None:
    """A row for each alert, then one for each stamp of the exam; of the outcome's first seed.

    `ours` and `taught_by_drb` are natural log-odds of "real", float32.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    alerts, drawn = _alerts(outcome.scored), _drawn(outcome.exam)
    rows = len(outcome.exam.label)
    columns = {
        name: np.concatenate([one, drawn.get(name, np.full(rows, _nothing(one)))])
        for name, one in alerts.items()
    }
    pq.write_table(pa.table(columns), path, compression="zstd")


def read(path: Path = FILE) -> dict[str, NDArray[Any]]:
    """The columns by name, each (n,)."""
    table = pq.read_table(path)
    return {name: table[name].to_numpy() for name in table.column_names}


def _alerts(scored: Scored) -> dict[str, NDArray[Any]]:
    return {
        "survey": scored.survey.astype(object),
        "alert_id": scored.alert_id,
        "night": scored.night.astype(np.int32),
        "field_night": scored.field_night.astype(np.int32),
        "fold": scored.fold.astype(np.int8),
        "drawn": np.full(len(scored.night), NOT_DRAWN, np.int8),
        "drb": scored.drb.astype(np.float32),
        "rb": scored.rb.astype(np.float32),
        "magnitude": scored.magnitude.astype(np.float32),
        "snr": scored.snr.astype(np.float32),
        "faded": scored.negative,
        "asteroid": scored.asteroid,
        "spectroscopic": scored.spectroscopic != "",
        "simbad": scored.simbad != "",
        "flagged": flagged(scored),
        "ours": log_odds(scored.ours[0, :, REAL]),
        "taught_by_drb": log_odds(scored.taught_by_drb[0]),
    }


def _drawn(exam: Exam) -> dict[str, NDArray[Any]]:
    """Of the columns above, those that a drawn stamp has; the rest is missing."""
    return {
        "survey": exam.survey.astype(object),
        "field_night": exam.field_night.astype(np.int32),
        "drawn": exam.label.astype(np.int8),
        "snr": exam.snr.astype(np.float32),
        "faded": exam.negative,
        "ours": log_odds(exam.ours[0, :, REAL]),
    }


def _nothing(column: NDArray[Any]) -> Any:  # noqa: ANN401 - of the column's kind
    kind = column.dtype.type
    return kind(np.nan) if np.issubdtype(kind, np.floating) else kind(0)


def log_odds(probability: NDArray[np.float64]) -> NDArray[np.float32]:
    """Natural, of probabilities of any shape."""
    inside = np.clip(probability, PROBABILITY_MIN, 1 - PROBABILITY_MIN)
    return np.asarray(np.log(inside / (1 - inside)), np.float32)
