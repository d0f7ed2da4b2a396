"""A filter held to what is true: completeness and purity by class."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from gueststar.filtering.dry_run import dry_run
from gueststar.filtering.scorecard import Scorecard
from lake.simulated.truth import read_truth

CURVES = """object_id,mjd,passband,flux,flux_err,detected_bool
1,59600,1,900,1,1
1,59601,1,1,1,1
2,59600,1,900,1,1
2,59601,1,900,1,1
3,59600,1,1,1,1
4,59600,1,900,1,0
"""
ABOUT = """object_id,ra,decl,target
1,10,1,90
2,20,1,42
3,30,1,90
4,40,1,64
"""


@pytest.fixture
def season(tmp_path: Path) -> Path:
    folder = tmp_path / "season"
    folder.mkdir()
    (folder / "curves.csv").write_text(CURVES)
    (folder / "about.csv").write_text(ABOUT)
    return folder


def test_completeness_counts_objects_of_a_class_and_purity_what_was_found(season: Path) -> None:
    card = Scorecard(read_truth(season))
    names = np.array(["1", "1", "2", "2", "3", "77"])
    selected = np.array([True, False, True, True, False, True])

    class Rows:
        def column(self, name: str) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
            assert name == "object_id"
            return names

    card.add(Rows(), selected)  # type: ignore[arg-type]
    lines = {line.name: line for line in card.rows()}
    assert set(lines) == {"supernova Ia", "supernova II"}  # nothing of the kilonova was seen
    assert lines["supernova Ia"].completeness == 0.5
    assert lines["supernova II"].completeness == 1.0
    assert lines["supernova Ia"].purity == lines["supernova II"].purity == 0.5
    assert lines["supernova II"].alerts == 2
    assert card.unknown == 1


def test_a_dry_run_over_a_season_prints_them(
    season: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUESTSTAR_STATE", str(tmp_path))
    rule = tmp_path / "bright.filter"
    rule.write_text("bright: magnitude < 21\n")
    screen = Console(file=io.StringIO(), width=100)
    dry_run(str(rule), archive=season, truth=season, console=screen)
    assert isinstance(screen.file, io.StringIO)
    lines = [line.split() for line in screen.file.getvalue().splitlines() if "supernova" in line]
    assert ["supernova", "Ia", "2", "1", "50.0%", "50.0%", "1"] in lines
    assert ["supernova", "II", "1", "1", "100.0%", "50.0%", "2"] in lines
