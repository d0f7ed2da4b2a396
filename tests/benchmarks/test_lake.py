"""The benchmark of lakes invents what it says, and asks it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import lake as benchmark
from gueststar.open_lake import OpenLake


def test_a_small_lake_is_invented_asked_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "lake"
    words = ["--alerts", "600", "--nights", "3", "--questions", "4", "--lake", str(folder)]
    monkeypatch.setattr(sys, "argv", ["benchmarks.lake", *words])
    benchmark.main()
    said = capsys.readouterr().out
    assert "600 alerts in 3 nights" in said
    assert "cone of 5 arcsec" in said
    assert "bytes an alert: alerts" in said
    assert len(OpenLake(folder)) == 600


def test_objects_have_names_of_their_own_and_places_on_the_sky() -> None:
    sky = benchmark.objects(1000)
    assert len({*sky.names.tolist()}) == 1000
    assert (sky.dec_deg >= benchmark.SOUTH_DEG).all()
    night = benchmark.night(sky, 5, 200)
    assert len({*night.object_id.tolist()}) == 200
    assert np.isfinite(night.column("magnitude")).all()
