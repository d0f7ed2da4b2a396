"""The real/bogus network's last hidden layer, told once for all that read a batch's stamps.

Held for as long as the batch lives, by thread and by file.
"""

from __future__ import annotations

import threading
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from schemas.batch import AlertBatch


class _Last(threading.local):
    """The layer that was told last, of which batch, by which file."""

    def __init__(self) -> None:
        self.kept: tuple[ref[AlertBatch], str, NDArray[np.float32]] | None = None


_LAST = _Last()


def tell(batch: AlertBatch, sha256: str, layer: NDArray[np.float32]) -> None:
    """Keep what a file's layer says of a batch."""

    def forget(gone: ref[AlertBatch]) -> None:
        if _LAST.kept is not None and _LAST.kept[0] is gone:
            _LAST.kept = None

    _LAST.kept = ref(batch, forget), sha256, layer


def told(batch: AlertBatch, sha256: str) -> NDArray[np.float32] | None:
    """What that file said of it; None where it was not asked, or not last."""
    last = _LAST.kept
    return last[2] if last and last[0]() is batch and last[1] == sha256 else None
