"""What every room's tests share: the real data's folder, and a real Kafka."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The real alerts' folder; skips where GUESTSTAR_DATA does not name one."""
    named = os.environ.get("GUESTSTAR_DATA", "")
    if not named or not Path(named).is_dir():
        pytest.skip("GUESTSTAR_DATA names no folder of real alerts")
    return Path(named)
