"""CI's share of the night of shifting topics, by the run's seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.nights import Asked
from tests.chaos.shifting_night import shifting_night
from tests.seeds import run_seed


@pytest.mark.kafka
@pytest.mark.timeout(1_500)
def test_topics_that_come_go_and_grow_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    shifting_night(Asked(run_seed(), False, tmp_path))
