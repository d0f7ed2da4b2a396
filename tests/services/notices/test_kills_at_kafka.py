"""CI's share of the notices' job's night under kills, by the run's seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.nights import Asked
from tests.seeds import run_seed
from tests.services.notices.killed import notices_night


@pytest.mark.kafka
@pytest.mark.timeout(3_000)
def test_what_was_sent_and_summed_is_what_was_found_and_no_id_is_of_two_finds(
    tmp_path: Path,
) -> None:
    notices_night(Asked(run_seed(), False, tmp_path))
