"""CI's share of the follow-up job's night under kills, by the run's seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.nights import Asked
from tests.seeds import run_seed
from tests.services.followup.killed import followup_night


@pytest.mark.kafka
@pytest.mark.timeout(3_000)
def test_a_job_that_is_killed_asks_for_nothing_twice_and_forgets_nothing(tmp_path: Path) -> None:
    followup_night(Asked(run_seed(), False, tmp_path))
