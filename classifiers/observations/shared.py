"""A batch's light curves gathered and written as rows once, for all networks that read them.

Stages of a worker run one after another over the same batch. The last one's rows are held for as
long as the batch itself lives, by thread.
"""

from __future__ import annotations

import threading
from typing import NamedTuple
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from classifiers.observations.gathering import gathered
from classifiers.observations.layout import REDSHIFT
from classifiers.observations.rows import rows
from schemas.batch import AlertBatch, LightCurves


class Told(NamedTuple):
    """What networks read of n alerts."""

    curves: LightCurves
    """As `gathered` has them: empty for alerts of another system."""
    rows: NDArray[np.float32]
    """(n, ROW); not to be written to."""


class _Last(threading.local):
    """By photometric system: the batch that was read last."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[ref[AlertBatch], Told]] = {}


_LAST = _Last()


def told(batch: AlertBatch, system: str) -> Told:
    """The light curves of a batch, of one system, and their rows."""
    last = _LAST.kept.get(system)
    if last is not None and last[0]() is batch:
        return last[1]
    curves = gathered(batch, system)
    redshift = np.column_stack([getattr(batch, name) for name in REDSHIFT])
    found = Told(curves, rows(curves, redshift))
    _LAST.kept[system] = ref(batch, lambda _: _LAST.kept.pop(system, None)), found
    return found
