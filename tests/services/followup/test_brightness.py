"""How bright an object is going to be, by the stage `phase` or by a programme's own rate."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from broker.followup_settings import Site
from broker.ports import Message
from broker.toml_tables import Signed
from classifiers.phase import GIVES
from gueststar.testing import alerts
from schemas.learned import Learned
from services.followup.planning.brightness import Course, foretold
from services.followup.planning.visibility import Night, middles
from services.followup.planning.worth import Conditions, Wish, signal_to_noise
from services.followup.requests import Requests
from tests.services.followup.jobs import wanted

DAY_S = 86_400.0
BEGIN_S = 1.8e9


def course(said: Mapping[str, float], band: str = "r") -> Course | None:
    """What is made of one alert in r at 20 mag, of which `phase` says so."""
    batch = alerts(band=["r"], magnitude=[20.0])
    values = np.array([[said.get(name, np.nan) for name in GIVES]])
    batch.learned["phase"] = Learned("values", GIVES, values)
    found = foretold(batch, band).get(0)
    return Course(BEGIN_S, *found) if found else None


def at(one: Course | None, *days: float) -> list[float]:
    assert one is not None
    return [*one.at(BEGIN_S + np.array(days) * DAY_S).round(6).tolist()]


FADING = {"mag_r_in_1d": 20.4, "mag_r_in_3d": 21.0, "mag_g_in_1d": 21.0, "mag_g_in_3d": 22.0}
RISING = {"mag_r_in_1d": 19.5, "mag_r_in_3d": 19.0, "days_to_peak": 7.0, "peak_mag_r": 18.5}


def test_what_fades_goes_on_fading_after_what_is_foretold() -> None:
    assert at(course(FADING), 0, 0.5, 1, 2, 3, 5) == [20.0, 20.2, 20.4, 20.7, 21.0, 21.6]


def test_what_rises_rises_to_its_peak_and_is_not_taken_to_be_brighter() -> None:
    assert at(course(RISING), 1, 3, 5, 7, 30) == [19.5, 19.0, 18.75, 18.5, 18.5]
    assert at(course({**RISING, "days_to_peak": 2.0}), 3, 30) == [19.0, 19.0]


def test_another_band_is_taken_for_the_nearer_of_the_two_and_begins_with_what_is_foretold() -> None:
    assert at(course(FADING, "g"), 0, 1, 3) == [21.0, 21.0, 22.0]
    assert at(course(FADING, "u"), 3) == [22.0]
    assert at(course(FADING, "z"), 3) == [21.0]


def test_where_phase_says_nothing_nothing_is_foretold() -> None:
    assert course({}) is None
    assert foretold(alerts(magnitude=[20.0]), "r") == {}


def test_a_target_that_is_foretold_to_fade_is_worth_less_later() -> None:
    night = Night(
        Site(Signed(28.3), Signed(-16.5)),
        middles(BEGIN_S, 3, DAY_S),
        np.array([100.0]),
        np.array([28.0]),
    )
    steady = Course(BEGIN_S, ((0.0, 20.0),), 0.0)
    wishes = [Wish(one, 60.0, 20.0, 1.0, 24.0) for one in (steady, course(FADING)) if one]
    reached = [signal_to_noise(night, [one], Conditions(1.0, 1.0))[0] for one in wishes]
    assert (reached[1] < reached[0]).all()


def test_a_request_counts_from_its_alert_and_one_of_an_old_night_from_when_it_is_wanted() -> None:
    live = replace(wanted(1, BEGIN_S, fades_mag_per_day=0.5), mjd=40_587 + BEGIN_S / DAY_S - 0.25)
    assert live.course.at(np.array([BEGIN_S]))[0] == pytest.approx(18.625)
    third_visit = replace(live, wanted_unix_s=BEGIN_S + 3 * DAY_S)
    assert third_visit.course.at(np.array([BEGIN_S]))[0] == pytest.approx(18.625)
    again = replace(live, mjd=60_000.0)
    assert again.course.at(np.array([BEGIN_S]))[0] == pytest.approx(18.5)


def test_a_request_of_an_earlier_version_is_read_as_one_of_which_nothing_is_foretold() -> None:
    requests, one = Requests(), wanted(1, BEGIN_S)
    value = one.output("asked").value.replace(b', "ahead": []', b"")
    assert b"ahead" not in value
    requests.learn([Message("asked", 0, 0, -1, one.id.encode(), value)], logging.getLogger())
    assert [*requests.all.values()] == [one]
