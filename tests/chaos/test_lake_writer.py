"""CI's share of the night of the lake's writer, by the run's seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.lake_writer_night import lake_writer_night
from tests.chaos.nights import Asked
from tests.seeds import run_seed


@pytest.mark.kafka
@pytest.mark.timeout(1_500)
def test_a_writer_killed_again_and_again_keeps_each_message_once(tmp_path: Path) -> None:
    lake_writer_night(Asked(run_seed(), False, tmp_path))
