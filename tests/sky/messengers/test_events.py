"""What alerts are to events: by name and alias, in time, by distance, by chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from filters.handmade import handmade
from schemas.batch import AlertBatch
from schemas.distances import luminosity_distance_mpc
from sky.catalogues import EVENT_COLUMNS, AskedOf, NoEvents
from sky.messengers.circle import Circle
from sky.messengers.events import Event, LiveEvents
from sky.messengers.localisation import SKY_DEG2, Distances, Places
from sky.messengers.rates import ChanceRate, SkyRates
from sky.messengers.sky_map import Pixels, SkyMap
from tests.sky.messengers.skies import everywhere, spiral

NAN = float("nan")
CIRCLE = Circle(10.0, 20.0, 5.0, 0.9)
EVENT = Event("S1", ("GW-1",), 60000.0, CIRCLE, open=True)


def asked(**columns: list[float]) -> AskedOf:
    rows = len(next(iter(columns.values())))
    given = {"ra_deg": [10.0] * rows, "dec_deg": [20.0] * rows, "mjd": [60001.0] * rows}
    given["distance_mpc"] = [NAN] * rows
    return AskedOf(**{key: np.array(each, float) for key, each in (given | columns).items()})


def test_an_event_is_known_by_name_and_by_alias_and_what_is_not_live_is_nan() -> None:
    live = LiveEvents([EVENT])
    for name in ("S1", "GW-1"):
        assert live.value(name, "days_since", asked(mjd=[60003.5])).tolist() == [3.5]
    for column in EVENT_COLUMNS:
        assert np.isnan(live.value("S2", column, asked(mjd=[60003.5]))).all()
    live.replace([])
    assert np.isnan(live.value("S1", "days_since", asked(mjd=[60003.5]))).all()


def test_an_alert_without_a_place_is_nan_and_its_neighbours_are_not() -> None:
    live, alerts = LiveEvents([EVENT]), asked(ra_deg=[10.0, NAN, 190.0], dec_deg=[20.0, 0.0, -20.0])
    level = live.value("S1", "credible_level", alerts)
    assert level[0] == 0
    assert np.isnan(level[1])
    assert level[2] == pytest.approx(1)
    assert live.probability(alerts).tolist() == pytest.approx([1, NAN, 0], nan_ok=True)


def test_the_most_probable_event_counts_within_its_days_alone() -> None:
    near = replace(EVENT, name="S2", aliases=(), mjd=60005.0, where=Circle(10.0, 21.0, 5.0, 0.9))
    live = LiveEvents([EVENT, near, replace(EVENT, name="MS3", open=False, mjd=59990.0)])
    alerts = asked(mjd=[59999.0, 60000.0, 60006.0, 60014.0, 60016.0, 60020.0])
    level = live.value("S2", "credible_level", alerts)[0]
    assert 0 < level < 1
    assert live.probability(alerts).tolist() == pytest.approx([0, 1, 1, 1, 1 - level, 0])


def test_no_events_are_a_probability_of_zero() -> None:
    alerts = asked(mjd=[60000.0, 60001.0])
    assert NoEvents().probability(alerts).tolist() == [0, 0]
    assert LiveEvents().probability(alerts).tolist() == [0, 0]
    assert np.isnan(NoEvents().value("S1", "days_since", alerts)).all()


def three_dimensional(mean: float = 100.0, width: float = 20.0) -> SkyMap:
    """A map even over the sky, whose distances sum to one on every line of sight."""
    grid = np.linspace(0.01, 600, 200_000)
    gauss = np.exp(-(((grid - mean) / width) ** 2) / 2) / np.sqrt(2 * np.pi) / width
    norm = 1 / (np.sum(grid**2 * gauss) * (grid[1] - grid[0]))
    far = Distances(*(np.full(12, one) for one in (mean, width, norm)))
    return SkyMap(Pixels(np.arange(12), np.zeros(12, np.int64), np.full(12, 1 / 4 / np.pi), far))


def test_the_volume_density_sums_to_one_over_all_of_space() -> None:
    where = three_dimensional()
    live = LiveEvents([replace(EVENT, where=where)])
    shells = np.linspace(0.05, 400, 4_000)
    density = live.value("S1", "density_per_mpc3", asked(distance_mpc=shells.tolist()))
    volume = 4 * np.pi * shells**2 * (shells[1] - shells[0])
    assert np.sum(density * volume) == pytest.approx(1, abs=1e-3)


def test_the_distance_weighs_most_where_the_line_of_sight_is_densest() -> None:
    where = three_dimensional()
    live = LiveEvents([replace(EVENT, where=where)])
    far = np.linspace(1, 300, 3_000)
    weight = live.value("S1", "distance_weight", asked(distance_mpc=far.tolist()))
    assert weight.max() == pytest.approx(1, abs=1e-5)
    gauss = far**2 * np.exp(-(((far - 100) / 20) ** 2) / 2)
    assert weight == pytest.approx(gauss / gauss.max(), rel=1e-4)
    unknown = live.value("S1", "distance_weight", asked(distance_mpc=[NAN]))
    assert np.isnan(unknown).all()
    circle = LiveEvents([EVENT]).value("S1", "distance_weight", asked(distance_mpc=[100.0]))
    assert np.isnan(circle).all()


def test_chance_is_what_counting_alerts_in_the_region_gives() -> None:
    rates, nights = SkyRates(), 4
    for night in range(nights):
        sky = spiral(200_000)
        rates.add(f"2024010{night}", sky.ra_deg, sky.dec_deg)
    rates.add("20240100", np.array([NAN]), np.array([0.0]))
    chance = ChanceRate.of(CIRCLE, rates)
    live = LiveEvents([replace(EVENT, chance=chance)])
    level = 0.9
    expected = CIRCLE.area_deg2(level) * 200_000 / SKY_DEG2
    assert chance.at(np.array([level]))[0] == pytest.approx(expected, rel=0.02)
    at_edge = live.value("S1", "chance_per_night", asked(dec_deg=[25.0]))
    assert at_edge[0] == pytest.approx(expected, rel=0.03)
    where = three_dimensional()
    assert ChanceRate.of(where, rates).at(np.array([1.0]))[0] == pytest.approx(200_000, rel=0.01)


def test_distances_are_those_of_astropys_cosmology() -> None:
    from astropy.cosmology import FlatLambdaCDM

    redshift = np.array([0.001, 0.0099, 0.1, 0.5, 2.0])
    expected = FlatLambdaCDM(H0=70, Om0=0.3, Tcmb0=0).luminosity_distance(redshift).value
    assert luminosity_distance_mpc(redshift) == pytest.approx(expected, rel=1e-3)
    assert np.isnan(luminosity_distance_mpc(np.array([NAN, 0.0, -1.0]))).all()


def test_what_is_asked_twice_of_one_batch_is_worked_out_once() -> None:
    live, places = LiveEvents([EVENT]), everywhere(20)
    batch: AlertBatch = handmade(
        ra_deg=places.ra_deg.tolist(), dec_deg=places.dec_deg.tolist(), mjd=[60001.0] * 20
    )
    of = AskedOf(batch.ra_deg, batch.dec_deg, batch.mjd, np.full(20, NAN))
    level = live.value("S1", "credible_level", of)
    assert live.probability(of).tolist() == pytest.approx((1 - level).tolist())
    expected = CIRCLE.at(Places(places.ra_deg, places.dec_deg)).credible_level
    assert level.tolist() == expected.tolist()
