"""A planted kilonova on a real Kafka, from its alert to its point."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from broker.assembly import worker
from broker.followup_settings import FollowupSection, Site
from broker.messengers.section import MessengersSection
from kafka_node.node import KafkaNode
from schemas.object_annotation import Measured, ObjectAnnotation, read_object_annotation
from services.followup.assembly import followup
from services.followup.conditions import Said
from services.followup.fusion import fuse
from services.followup.programme import Bounds, Observe, Programme
from services.followup.requests import State
from services.messengers.assembly import listener
from tests.chaos.proof import messages
from tests.running import running, until
from tests.services.followup.kafka_places import (
    LOG,
    Place,
    meridian,
    site,
    tonight,
)

pytestmark = pytest.mark.kafka

EVENT = "GBM 745121685"


def notice(ra_deg: float, dec_deg: float, kind: str = "initial", minute: int = 0) -> bytes:
    """Of a burst an hour ago, within five degrees of there."""
    then = datetime.fromtimestamp(time.time() - 86_400, UTC)
    said = {
        "instrument": "GBM",
        "id": ["745121685"],
        "alert_type": kind,
        "alert_datetime": f"{then:%Y-%m-%dT%H}:{minute:02d}:00",
        "trigger_time": f"{then:%Y-%m-%dT%H}:00:00",
        "ra": ra_deg,
        "dec": dec_deg,
        "ra_dec_error": 5.0,
        "containment_probability": 0.9,
    }
    return json.dumps(said).encode()


KILONOVAE = Programme(
    "0.01 + 100 * messenger_probability()",
    "kilonovae",
    clauses={"seen": "magnitude < 30"},
    observe=Observe(bands=("r",), exposure_s=300.0),
    limits=Bounds(hours_a_night=24.0, requests_a_night=1_000),
)
STARS = (15.0, 16.0, 17.0)


def sites_for(place: Place, ra_deg: float, dec_deg: float) -> dict[str, Site]:
    """Where it is up in deep night three times, and where it is day."""
    up = meridian(ra_deg)
    places = {"good": up, "closed": up + 5, "day": up + 180, "poor": up - 5}
    return {
        name: site(portal.address, places[name], -dec_deg if name == "day" else dec_deg)
        for name, portal in place.portals.items()
    }


def tell_of_sites(place: Place, section: FollowupSection) -> None:
    now = time.time()
    for name, clear, why in (("good", 1.0, ""), ("closed", 0.0, "snow"), ("poor", 0.1, "")):
        said = Said(name, now, clear, 1.0, why)
        place.write(section.conditions, name.encode(), said.encode())


def measured(magnitude: float) -> Mapping[str, Any]:
    """A point, and stars beside it, in the telescope's own system."""
    point = {"mjd": time.time() / 86_400 + 40_587, "magnitude_err": 0.03, "band": "r"}
    stars = [{**point, "magnitude": star + 0.2, "star": f"s{star}"} for star in STARS]
    points = [{**point, "magnitude": magnitude}, *stars]
    return {"results": [{"kind": "photometry", "points": points}]}


def assert_on_one_curve(survey: Measured, back: ObjectAnnotation) -> None:
    stars = [Measured(61_000.0, "r", star, 0.01, f"s{star}") for star in STARS]
    fused = fuse({"survey": [survey, *stars], "good": back.points}, "survey")
    assert [who for who, _ in fused.points] == ["survey", "good"]
    change = fused.points[1][1].magnitude - fused.points[0][1].magnitude
    assert change == pytest.approx(0.4, abs=0.02)


def came_back(place: Place, section: FollowupSection, request: str) -> ObjectAnnotation:
    """The one annotation of a request."""
    said = messages(place.link.bootstrap, section.annotations)
    read = [read_object_annotation(value) for _, value in said]
    (found,) = [one for one in read if one.texts["request"] == request]
    return found


def assert_ranked_first(place: Place, section: FollowupSection, name: str) -> None:
    """At the good site, and it says why not elsewhere."""
    requests = place.requests(section)
    assert max(requests.values(), key=lambda one: one.priority).id == name
    found = requests[name]
    assert (found.site, found.events) == ("good", (EVENT,))
    assert "closed: closed now, snow" in found.reason
    assert "day: " in found.reason
    assert place.portals["good"].documents[0]["name"] == name


def test_a_planted_kilonova_is_found_ranked_observed_and_back_on_its_light_curve(
    kafka: KafkaNode, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gueststar")
    with ExitStack() as opened:
        place = Place(kafka, tmp_path, opened)
        packets, batch = tonight(40)
        ra_deg, dec_deg = float(batch.ra_deg[0]), float(batch.dec_deg[0])
        sites = sites_for(place, ra_deg, dec_deg)
        heard = MessengersSection(topics=(place.gcn,), group=f"{place.name}.messengers")
        settings = place.settings(sites, messengers=heard)
        section = settings.followup
        place.deploy(section, KILONOVAE)
        tell_of_sites(place, section)
        for runner in (
            opened.enter_context(worker(settings, "one", version="test")),
            opened.enter_context(listener(settings, version="test")),
            opened.enter_context(followup(settings, version="test")),
        ):
            opened.enter_context(running(runner))
        place.cluster.publish(place.gcn, [notice(ra_deg, dec_deg)])
        until(lambda: caplog.text.count(f"event {EVENT} is asked of") >= 2)
        began_s = time.monotonic()
        place.cluster.publish(place.alerts, packets)
        name = f"kilonovae/{batch.object_id[0]}/1"
        good = place.portals["good"]
        until(lambda: any(one["name"] == name for one in good.documents))
        asked_s = time.monotonic() - began_s
        assert_ranked_first(place, section, name)
        good.observe(lambda _: measured(float(batch.magnitude[0]) + 0.6))
        until(lambda: place.requests(section)[name].state is State.COMPLETED)
        done_s = time.monotonic() - began_s
        back = came_back(place, section, name)
        survey = Measured(float(batch.mjd[0]), "r", float(batch.magnitude[0]), 0.05)
        assert_on_one_curve(survey, back)
        LOG.info("from alert to request %.2f s, to its point %.2f s", asked_s, done_s)
        print(f"from alert to request {asked_s:.2f} s, to its point {done_s:.2f} s")  # noqa: T201
        place.cluster.publish(place.gcn, [notice(ra_deg, dec_deg, "retraction", 5)])
        until(lambda: f"{EVENT} is no longer asked of" in caplog.text)
        until(
            lambda: (
                not any(
                    EVENT in one.events
                    for one in place.requests(section).values()
                    if not one.is_final
                )
            )
        )
