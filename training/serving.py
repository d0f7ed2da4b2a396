"""Writes a network of rows as the small file that is served: 16-bit weights, metadata beside."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from torch import nn

from training.export import described, stripped, traced, without_origins, written
from training.packing import half


def write_served(net: nn.Module, columns: int, said: Mapping[str, str], path: Path) -> str:
    """The file's sha256. The network reads rows (n, columns); `said` is its metadata."""
    model: onnx.ModelProto = half(without_origins(traced(net, (columns,), "rows")))
    return written(stripped(described(model, said)), path)


def sha256_of(*columns: NDArray[Any]) -> str:
    """Of what a network was taught, by its bytes."""
    found = hashlib.sha256()
    for column in columns:
        found.update(np.ascontiguousarray(column).tobytes())
    return found.hexdigest()
