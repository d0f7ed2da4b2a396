"""Programmes as text: what they may say, what they are worth, and how they are deployed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from broker.clock import ManualClock
from broker.deployments.records import State
from broker.errors import SettingsError
from broker.memory import MemoryControlTopic, MemoryKafka
from gueststar.testing import alerts
from schemas.errors import FilterError, GueststarError
from services.followup.deployed import Programmes, change, deploy
from services.followup.programme import Programme, read_programme
from sky.catalogues import NO_SKY

TEXT = """
description = "Bright and near an event."
filter = "young_supernovae"
priority = '10 ** 0.5 * (20 - magnitude) + messenger("S1", "density_per_deg2") ** 0'

[clauses]
bright = "magnitude < 19"
near = 'messenger("S2", "credible_level") < 0.9'

[observe]
bands = ["g", "r"]
exposure_s = 300
visits = 3

[limits]
requests_a_night = 5
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "kilonovae.toml"
    path.write_text(text)
    return path


def test_a_programme_is_read_and_comes_back_from_its_record(tmp_path: Path) -> None:
    found = read_programme(written(tmp_path, TEXT))
    assert (found.name, found.observe.bands, found.limits.requests_a_night) == (
        "kilonovae",
        ("g", "r"),
        5,
    )
    assert found.events == ("S2", "S1")
    assert Programme.of(found.document()) == found
    assert Programme.of(found.document()).sha256 == found.sha256


@pytest.mark.parametrize(
    ("said", "instead", "error"),
    [
        ("magnitude < 19", "magnitude", "a clause is true or false"),
        ("(20 - magnitude)", "(magnitude < 20)", "works on numbers"),
        ("exposure_s", "exposures", "did you mean 'exposure_s'"),
        ('"g", "r"', '"g", "q"', "there is no band 'q'"),
        ("300", "-1", "must be above 0"),
        ("bright = ", '"a b" = ', "no clause's name"),
        ("priority = ", "worth = ", "priority|worth"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, said: str, instead: str, error: str) -> None:
    with pytest.raises(GueststarError, match=error):
        read_programme(written(tmp_path, TEXT.replace(said, instead, 1)))


def test_a_programme_of_every_alert_is_refused() -> None:
    with pytest.raises(SettingsError, match="takes every alert"):
        Programme("1", "all")


def test_priorities_are_of_the_alerts_that_it_selects() -> None:
    programme = Programme("20 - magnitude", "p", filter="f", clauses={"bright": "magnitude < 19"})
    batch = alerts(magnitude=[18.0, 19.5, 17.0, np.nan])
    names = [frozenset({"f"}), frozenset({"f"}), frozenset[str](), frozenset({"f"})]
    found = programme.priorities(batch, NO_SKY, names)
    assert found[0] == 2.0
    assert np.isnan(found[1:]).all()


def test_programmes_come_and_go_as_records() -> None:
    kafka = MemoryKafka(ManualClock(now_s=1.8e9))
    kafka.create_topic("programmes")
    live = Programmes(MemoryControlTopic(kafka, "programmes"))
    live.open()
    wanted = Programme("1", "one", clauses={"bright": "magnitude < 19"})
    again = Programme("2", "one", clauses={"bright": "magnitude < 19"})
    control = MemoryControlTopic(kafka, "programmes")
    assert deploy(wanted, control, by="me")[1]
    assert not deploy(wanted, MemoryControlTopic(kafka, "programmes"), by="me")[1]
    assert live.look()
    assert live.active == {"one": (1, wanted)}
    deploy(again, MemoryControlTopic(kafka, "programmes"), by="me")
    assert live.look()
    assert live.active == {"one": (2, again)}
    with pytest.raises(FilterError, match="did you mean 'one'"):
        change(MemoryControlTopic(kafka, "programmes"), "onne", State.PAUSED, reason="x", by="me")
    change(MemoryControlTopic(kafka, "programmes"), "one", State.PAUSED, reason="moon", by="me")
    kafka.publish("programmes", b"{", key=b"one/3")
    assert live.look()
    assert live.active == {}
