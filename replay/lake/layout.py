"""What a lake looks like on disk: its folders, files, columns and marks.

    LAKE/night=20231018/alerts.parquet              every plain column, scores, sizes
    LAKE/night=20231018/light_curves-MARK.parquet   light curves and forced photometry, as lists
    LAKE/night=20231018/packets-MARK.bin            the packets, one after another, if kept

`alerts.parquet` names the mark of its two companions, so that a night is replaced whole by one
rename: who reads it sees the old night or the new one. Nothing is ever null: what was not measured
is NaN, as everywhere, so that a column on disk is a NumPy array once it was read.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filters.alerts import COLUMNS
from schemas.batch import AlertBatch, LightCurves

VERSION = "1"
"""Of this layout; a lake of another is refused."""

ROWS_PER_GROUP = 131_072
"""Alerts that are read together: a column of them fits a core's cache, and calls cost nothing."""

CURVES_PER_GROUP = 8_192
"""Light curves that are read together: ten examples shall not read a night's."""

NIGHT = "night="
"""How a night's folder begins."""

ALERTS = "alerts.parquet"

PLAIN = tuple(name for name in AlertBatch.__annotations__ if name in COLUMNS)
"""The columns that a filter may read, in the order of `AlertBatch`."""

TEXTS = ("survey", "object_id")
"""Those of them that hold text."""

REPEATING = (*TEXTS, "band", "photometric_system", "detections")
"""Those of few values, which are written as places in a dictionary."""

PACKET_BYTES, LITE_BYTES, PACKET_AT = "packet_bytes", "lite_bytes", "packet_at"
"""A packet's size, its size without cutouts, and where it begins in packets-MARK.bin."""

SCORE = "score."
"""How a score's column begins; the classifier and the label follow, after a dot each."""

CURVES = ("light_curve", "forced_photometry")
POINTS = tuple(one.name for one in fields(LightCurves) if one.name != "offsets")
"""What a point of a light curve holds: "light_curve.mjd" is a column of lists."""

ENCODING: dict[str, Any] = {"compression": "lz4", "write_statistics": False}
"""LZ4 on plain values reads as fast as nothing at all, at 0.6 of the size; Zstandard saves a tenth
more, byte streams split another, and both read at less than half the speed (a million rows of real
alerts; the benchmark `dry_run` times the reading)."""


def night_of(unix_s: float) -> str:
    """The UTC date of an instant, "20231018"."""
    return str(np.datetime64(int(unix_s // 86_400), "D")).replace("-", "")


def night_date(night: str) -> date:
    """The day of a night's name. Raises ValueError where it is none."""
    return date.fromisoformat(f"{night[:4]}-{night[4:6]}-{night[6:]}")


def night_folder(lake: Path, night: str) -> Path:
    """Where a night stands in a lake."""
    return lake / f"{NIGHT}{night}"


def curves_file(folder: Path, mark: str) -> Path:
    """The light curves of the night in a folder."""
    return folder / f"light_curves-{mark}.parquet"


def packets_file(folder: Path, mark: str) -> Path:
    """The packets of the night in a folder."""
    return folder / f"packets-{mark}.bin"


def packet_sizes(batch: AlertBatch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bytes of each packet as the survey sent it, and without its cutouts, int64 (n,) each."""
    whole = np.array([len(packet) for packet in batch.packets], dtype=np.int64)
    cutouts = batch.spans.field[:, :, 1] - batch.spans.field[:, :, 0]
    # A cutout that is left out still costs the byte that says so.
    return whole, whole - np.maximum(cutouts - 1, 0).sum(axis=1)
