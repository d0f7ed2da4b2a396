"""Each built-in filter on hand-made alerts: one passes, and one that each clause refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pytest

from filters.alerts import Alerts
from filters.clauses import is_real
from filters.conformance import violations
from filters.decision import SELECTED
from filters.handmade import Epoch
from filters.sources import builtin_names, load_builtin
from tests.filters.builtin.making import FLUX, INF, NAN, NOW, Case, batch_of

BOGUS = {"real": 0.3}
FADED = {"flux_njy": -FLUX}
ONCE = {"detections": 1}
MOVING = {"age_days": 0.01}
OLD = {"age_days": 500.0}
ASTEROID = {"asteroid_distance_arcsec": 1.0}
STAR = {"star_distance_arcsec": 0.4, "star_galaxy_score": 0.99}
NUCLEUS = {"star_distance_arcsec": 0.4, "star_galaxy_score": 0.02}
IN_THE_PLANE = {"ra_deg": 266.4, "dec_deg": -28.9}
BLUE = (Epoch(NOW - 5, "r", FLUX), Epoch(NOW - 0.1, "g", 1.1 * FLUX))
RED = (Epoch(NOW - 5, "r", FLUX), Epoch(NOW - 0.1, "g", 0.4 * FLUX))
SWINGING = (*(Epoch(NOW - days, "r", -FLUX) for days in (9, 7, 5)), *BLUE)
SUDDEN = (Epoch(NOW - 4, "r", limit_mag=21.0), Epoch(NOW - 1, "r", FLUX))
LONG = tuple(Epoch(NOW - days, "r", FLUX) for days in (12, 9, 6, 3))


class Cases(NamedTuple):
    """An alert that a filter selects, and by clause what of it to change to be refused there."""

    passing: Case
    refused: Mapping[str, Case]


NEW = {"real": BOGUS, "brighter": FADED, "seen again": MOVING, "no asteroid": ASTEROID}
"""What every filter of new sources asks."""

CASES = {
    "young_supernovae": Cases({}, NEW | {"young": OLD, "no star": STAR}),
    "type_ia_supernovae": Cases(
        {"supernova SNIa": 0.8},
        NEW | {"recent": OLD, "no star": STAR, "type Ia": {"supernova SNIa": 0.05}},
    ),
    "fast_transients": Cases(
        {"history": (Epoch(NOW - 1, "r", FLUX / 2),)},
        NEW | {"short": OLD, "fast": {"history": LONG}, "no star": STAR},
    ),
    "nuclear_transients": Cases(
        NUCLEUS | {"history": BLUE},
        NEW
        | {
            "nuclear": {"star_distance_arcsec": 2.0},
            "new": OLD,
            "never fainter": {"history": SWINGING},
            "told from dust": IN_THE_PLANE | {"history": RED},
            "blue": {"history": RED},
        },
    ),
    "hostless_transients": Cases(
        {"star_distance_arcsec": INF},
        NEW
        | {
            "no source near": {"star_distance_arcsec": 3.0},
            "off the plane": IN_THE_PLANE,
            "recent": OLD,
            "never fainter": {"history": SWINGING},
        },
    ),
    "infant_supernovae": Cases(
        {"age_days": 1.0, "history": (Epoch(NOW - 2, "g", limit_mag=21.0), BLUE[1])},
        NEW
        | {
            "young": OLD,
            "no star": STAR,
            "dark before": {"history": (Epoch(NOW - 8, "g", limit_mag=21.0), BLUE[1])},
        },
    ),
    "cataclysmic_outbursts": Cases(
        STAR | {"template_flux_njy": 1_000.0, "history": SUDDEN},
        {
            "real": BOGUS,
            "brighter": FADED,
            "no asteroid": ASTEROID,
            "on a star": {"star_galaxy_score": 0.1},
            "far above it": {"template_flux_njy": FLUX},
            "of late": {"history": LONG},
            "told from dust": IN_THE_PLANE | {"history": (*SUDDEN, RED[1])},
            "not red": {"history": (*SUDDEN, RED[1])},
        },
    ),
    "variable_star_outbursts": Cases(
        STAR | OLD | {"template_flux_njy": 20_000.0, "history": LONG},
        {
            "real": BOGUS,
            "brighter": FADED,
            "no asteroid": ASTEROID,
            "on a star": {"star_distance_arcsec": 4.0},
            "twice its light": {"template_flux_njy": 2 * FLUX},
            "lasting": {"history": LONG[:1]},
            "one-sided": {"history": SWINGING},
        },
    ),
    "agn_flares": Cases(
        NUCLEUS | OLD | {"template_flux_njy": FLUX},
        {
            "real": BOGUS,
            "brighter": FADED,
            "no asteroid": ASTEROID,
            "nucleus": STAR,
            "active before": {"age_days": 20.0},
            "flaring": {"template_flux_njy": 9 * FLUX},
        },
    ),
    "solar_system": Cases(
        ASTEROID,
        {
            "predicted here": {"asteroid_distance_arcsec": 7.0},
            "brighter": FADED,
            "no star": STAR,
        },
    ),
    "bright_transients": Cases(
        {"magnitude": 17.5},
        NEW
        | {
            "bright": {"magnitude": 19.0},
            "new": OLD,
            "no star": STAR,
            "off the plane": IN_THE_PLANE,
            "never fainter": {"history": SWINGING},
        },
    ),
    "artefacts": Cases(
        {"real": 0.02, "cosmic_ray": 0.9},
        {"hardly real": BOGUS, "of one kind": {"cosmic_ray": 0.3}, "no asteroid": ASTEROID},
    ),
}
REFUSALS = [(name, clause) for name, cases in CASES.items() for clause in cases.refused]


def every_case(name: str) -> list[Case]:
    """The alert that passes, and those that are refused."""
    passing, refused = CASES[name]
    return [passing, *({**passing, **changed} for changed in refused.values())]


def test_each_filter_that_is_built_in_is_tried_here() -> None:
    assert sorted(CASES) == builtin_names()


@pytest.mark.parametrize("name", CASES)
def test_what_a_filter_is_for_is_selected(name: str) -> None:
    decision = load_builtin(name).judge(batch_of(CASES[name].passing))
    assert decision.selected.all(), (decision.refused_by, decision.unknown_by)


@pytest.mark.parametrize(("name", "clause"), REFUSALS)
def test_each_clause_refuses_what_it_is_for(name: str, clause: str) -> None:
    passing, refused = CASES[name]
    decision = load_builtin(name).judge(batch_of({**passing, **refused[clause]}))
    found = [one for one, count in decision.refused_by.items() if count]
    assert found == [clause], (found, decision.unknown_by)


@pytest.mark.parametrize("name", CASES)
def test_no_clause_is_left_untried(name: str) -> None:
    decision = load_builtin(name).judge(batch_of(CASES[name].passing))
    assert set(decision.clauses) == set(CASES[name].refused)


@pytest.mark.parametrize("name", CASES)
def test_the_cut_of_the_stream_does_not_show(name: str) -> None:
    assert violations(load_builtin(name), batch_of(*every_case(name), {}, BOGUS)) == []


@pytest.mark.parametrize("name", CASES)
def test_what_comes_after_the_alert_changes_no_decision(name: str) -> None:
    later = [Epoch(NOW + 0.1, "g", 90 * FLUX), Epoch(NOW + 1, "r", -FLUX), Epoch(NOW + 2, "r", 1.0)]
    known, foretold = (
        load_builtin(name).judge(batch_of(*every_case(name), later=points))
        for points in ((), later)
    )
    assert known.trace.tolist() == foretold.trace.tolist()
    assert known.unknown.tolist() == foretold.unknown.tolist()


@pytest.mark.parametrize("name", sorted(CASES.keys() - {"solar_system"}))
def test_an_alert_that_the_network_declined_is_unknown(name: str) -> None:
    decision = load_builtin(name).judge(batch_of({**CASES[name].passing, "real": NAN}))
    assert decision.unknown.all()


@pytest.mark.parametrize("name", CASES)
def test_no_decision_is_made_of_nothing(name: str) -> None:
    """Of an alert of which nothing was measured but a light curve no filter says yes."""
    nothing = dict.fromkeys(("real", "flux_njy", "asteroid_distance_arcsec"), NAN)
    assert load_builtin(name).judge(batch_of(nothing)).trace[0] != SELECTED


@pytest.mark.parametrize(("real", "flux_njy", "passes"), [(0.85, 1, True), (0.85, -1, False)])
def test_of_light_that_was_lost_more_certainty_is_asked(
    real: float, flux_njy: float, passes: bool
) -> None:
    batch = batch_of({"real": real, "flux_njy": flux_njy})
    assert is_real(Alerts(batch)).tolist() == [passes]
