"""CI's share of the environment's faults, by the run's seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.environment import environment
from tests.chaos.nights import Asked
from tests.seeds import run_seed

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(1_500)]


def test_what_befalls_disks_clocks_memory_and_handles_loses_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    environment(Asked(run_seed(), False, tmp_path))
