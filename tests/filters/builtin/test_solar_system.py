"""Known solar-system objects: each clause on alerts made by hand."""

from __future__ import annotations

import numpy as np

from filters.builtin.solar_system import solar_system
from filters.conformance import violations
from filters.handmade import handmade

NAN, INF = np.nan, np.inf
ALERTS = handmade(
    asteroid_distance_arcsec=[0.3, 7.0, INF, NAN, 0.3, 0.3, 0.3],
    flux_njy=[9e4, 9e4, 9e4, 9e4, -9e4, 9e4, 9e4],
    star_distance_arcsec=[9.0, 9.0, 9.0, 9.0, 9.0, 0.5, NAN],
    star_galaxy_score=[0.9, 0.9, 0.9, 0.9, 0.9, 0.9, NAN],
)


def test_a_known_asteroid_is_selected_and_what_is_none_is_refused_by_name() -> None:
    decision = solar_system.judge(ALERTS)
    assert decision.selected.tolist() == [True, False, False, False, False, False, True]
    assert decision.refused_by == {"predicted here": 2, "brighter": 1, "no star": 1}


def test_an_alert_for_which_no_asteroid_was_looked_for_is_unknown() -> None:
    assert solar_system.judge(ALERTS).unknown.tolist() == [False] * 3 + [True] + [False] * 3


def test_solar_system_keeps_the_law_of_the_stream() -> None:
    assert violations(solar_system, ALERTS) == []
