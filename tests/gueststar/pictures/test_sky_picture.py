"""A night's sky has every alert with a position in it, and says how many have none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text

from gueststar.pictures.alert import save
from gueststar.pictures.sky import draw_sky
from tests.sky.skies import uniform


def test_cells_are_coloured_where_alerts_are_and_white_elsewhere() -> None:
    figure = draw_sky(np.array([10.0, 10.0, 200.0]), np.array([45.0, 45.0, -60.0]), title="night")
    mesh = figure.axes[0].collections[0]
    drawn: np.ndarray = np.ma.asarray(mesh.get_array()).compressed()
    assert {*drawn.tolist()} == {1, 2}


def test_it_says_how_many_alerts_it_shows() -> None:
    ra, dec = uniform(50, seed=1)
    figure = draw_sky(np.append(ra, np.nan), np.append(dec, np.nan), title="20260301")
    said = [each.get_text() for each in figure.findobj(Text)]
    assert "20260301" in said
    assert "50 alerts, 1 more without a position" in said


@pytest.mark.parametrize("count", [0, 1])
def test_a_night_of_next_to_nothing_is_drawn(count: int, tmp_path: Path) -> None:
    save(draw_sky(np.full(count, 5.0), np.full(count, 5.0), title="few"), tmp_path / "sky.png")
    assert (tmp_path / "sky.png").stat().st_size > 10_000
