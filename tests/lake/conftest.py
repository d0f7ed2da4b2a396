"""A lake of an invented night, for all tests of lakes to read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from replay.invention import invent
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from tests.lake.held import as_kept, with_scores, written


@pytest.fixture(scope="session")
def batch() -> AlertBatch:
    """In the order in which a lake keeps it."""
    return with_scores(as_kept(Decoder().decode([one.packet for one in invent(40, seed=3)])))


@pytest.fixture(scope="session")
def lake(batch: AlertBatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lake")
    written(folder, batch.take(np.random.default_rng(3).permutation(len(batch))))
    return folder
