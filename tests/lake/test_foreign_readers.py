"""What others' readers make of a lake: LSDB and hats of a collection, deltalake of a Delta log.

They have an environment of their own, `.venv-hats` (`make test-hats`); without it this is skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lake.delta import write_logs
from lake.hats.collection import add_nights, roll_back
from lake.reading import Lake
from tests.lake.hats_skies import NIGHTS, ids, seen, write_alerts, write_night

ROOT = Path(__file__).parents[2]
ENVIRONMENT = Path(os.environ.get("GUESTSTAR_HATS", ROOT / ".venv-hats"))
SCRIPT = Path(__file__).with_name("foreign_readers.py")

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not (ENVIRONMENT / "bin" / "python").exists(),
        reason="LSDB and deltalake are not there; `make test-hats` fetches them",
    ),
]

CONE = 150.1, 20.1, 300.0


def said(*words: object) -> Any:  # noqa: ANN401 - what JSON holds
    """What a foreign reader says."""
    command = [ENVIRONMENT / "bin" / "python", SCRIPT, *words]
    # The threads of two libraries at once are more than they save on so little.
    quiet = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, env=quiet, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_lsdb_opens_searches_and_matches_a_collection_of_nights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from astropy import units
    from astropy.coordinates import SkyCoord

    for module in ("cells", "catalogue"):
        monkeypatch.setattr(f"lake.hats.{module}.ROWS_A_CELL_MAX", 60)
    for night in NIGHTS:
        write_night(tmp_path / "lake", night)
        add_nights(tmp_path / "lake", tmp_path / "sky", version="test")
    for night in (20260401, 20260402):
        write_alerts(tmp_path / "lake", night, [150.1, 200.0], [20.1, 5.0], scored=True)
        add_nights(tmp_path / "lake", tmp_path / "sky", version="test")
    tables = seen(tmp_path / "sky").alerts
    names, ra, dec = (
        np.concatenate([table.column(name).to_numpy() for table in tables.values()])
        for name in ("alert_id", "ra_deg", "dec_deg")
    )
    found = said("hats", tmp_path / "sky", *CONE)
    assert found["valid"] == [True, True, True]
    assert found["name"] == "sky"
    assert found["alerts"] == ids(tables)
    assert found["scored"] == 4
    places = SkyCoord(ra, dec, unit=units.deg)
    middle = SkyCoord(*CONE[:2], unit=units.deg)
    assert found["cone"] == sorted(names[places.separation(middle).arcsec < CONE[2]].tolist())
    left, right, _, _ = places.search_around_sky(places, 10 * units.arcsec)
    near = sorted(zip(names[left].tolist(), names[right].tolist(), strict=True))
    assert sorted(map(tuple, found["pairs"])) == near
    roll_back(tmp_path / "sky")
    before = said("hats", tmp_path / "sky", *CONE)
    assert before["valid"] == [True, True, True]
    assert before["alerts"] == ids(seen(tmp_path / "sky").alerts)
    assert len(before["alerts"]) < len(found["alerts"])


def test_deltalake_reads_a_lake_and_may_not_write_it(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    for night in NIGHTS:
        write_night(lake, night, rows=50)
        write_logs(lake)
    every = [one for rows in Lake(lake).tables() for one in rows.column("alert_id").tolist()]
    own = [one for one in every if one // 1000 == NIGHTS[1]]
    for table in ("alerts", "light_curves"):
        found = said("delta", lake / table, NIGHTS[1])
        assert found["version"] == 2
        assert found["alerts"] == sorted(every)
        assert found["of_night"] == sorted(own)
        assert found["columns"][-1] == "night"
        assert found["is_kept"]
