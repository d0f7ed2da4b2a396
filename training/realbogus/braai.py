"""braai d6_m9 by its public weights: the network behind drb, as a rival of ours on the same alerts.

Duev et al. 2019 (MNRAS 489, 3582); layers and weights are those of github.com/dmitryduev/braai at
9fb2259 (`models/braai_d6_m9.architecture.json`, `.weights.h5`). It is asked about every alert, as
nobody outside knows which of them it learnt from. The one door to h5py.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray
from torch.nn import functional

from schemas.errors import ModelError
from training.realbogus.answers import FILE, NOT_DRAWN
from training.realbogus.verifying import BRAAI, headlines
from training.tables import figures_table, with_section

Stamps = NDArray[np.float32]
LAYERS = ("conv1", "conv2", "conv3", "conv4", "fc_1", "fc_out")
POOLED = {"conv2": 2, "conv4": 4}
"""After which layer the largest of how many pixels a side is kept."""
TOGETHER = 128
"""Stamps a pass."""
TEXT = """
The network behind drb (Duev et al. 2019) by its public weights, asked about the same alerts; it may
have learnt from some of them. **Its lead on drb is agreement with itself**: the drb of most packets
is this network's. What owes nothing to drb is its recall of the asteroids that drb did not choose,
at 95 % of the low alerts of other nights refused, where ours has {ours:.4f}.
"""


class Layer(NamedTuple):
    """Kernel, of a convolution (rows, columns, in, out) or (in, out), and bias."""

    kernel: torch.Tensor
    bias: torch.Tensor


def opened(weights: Path) -> dict[str, Layer]:
    """The layers of a file of Keras's. Raises ModelError where it is not braai's."""
    try:
        with h5py.File(weights) as file:
            return {
                name: Layer(
                    *(torch.from_numpy(file[f"{name}/{name}/{one}:0"][()]) for one in Layer._fields)
                )
                for name in LAYERS
            }
    except (OSError, KeyError) as error:
        raise ModelError(f"{weights} does not hold braai's layers: {error}") from error


def log_odds(layers: dict[str, Layer], stamps: Stamps) -> NDArray[np.float32]:
    """Of "real", (n,), of science, template and difference as they are sent, (n, 3, 63, 63)."""
    parts = [_pass(layers, stamps[at : at + TOGETHER]) for at in range(0, len(stamps), TOGETHER)]
    return np.concatenate(parts)


def _pass(layers: dict[str, Layer], stamps: Stamps) -> NDArray[np.float32]:
    planes = np.nan_to_num(stamps.astype(np.float64))
    length = np.sqrt((planes**2).sum(axis=(2, 3), keepdims=True))
    seen = torch.from_numpy((planes / np.where(length, length, 1.0)).astype(np.float32))
    for name, (kernel, bias) in layers.items():
        if kernel.ndim == 4:
            seen = functional.relu(functional.conv2d(seen, kernel.permute(3, 2, 0, 1), bias))
            seen = functional.max_pool2d(seen, POOLED.get(name, 1))
            continue
        if seen.ndim == 4:  # Keras keeps channels last
            seen = seen.permute(0, 2, 3, 1).flatten(1)
        seen = seen @ kernel + bias
        seen = seen if name == LAYERS[-1] else functional.relu(seen)
    found: NDArray[np.float32] = seen[:, 0].numpy()
    return found


def keep(scores: NDArray[np.float32], alert_id: NDArray[np.int64], path: Path = FILE) -> None:
    """Put the scores beside ours. Raises ModelError where the answers are of other alerts."""
    table = pq.read_table(path)
    drawn = table["drawn"].to_numpy() != NOT_DRAWN
    if not np.array_equal(table["alert_id"].to_numpy()[~drawn], alert_id):
        raise ModelError(f"{path} holds answers about other alerts; run the step `report` first")
    column = np.full(len(drawn), np.nan, np.float32)
    column[~drawn] = scores.astype(np.float16)
    others = table.drop_columns("braai") if "braai" in table.column_names else table
    pq.write_table(others.append_column("braai", pa.array(column)), path, compression="zstd")


def put_into(card: Path, path: Path = FILE) -> None:
    """The card's section of it, anew."""
    found = headlines(path)
    ours = found["recall of asteroids without a drb, ours"]
    own = {name: value for name, value in found.items() if name.endswith("braai")}
    body = f"{TEXT.format(ours=ours)}\n{figures_table('figure', own)}"
    card.write_text(with_section(card.read_text("utf-8"), BRAAI, body), encoding="utf-8")
