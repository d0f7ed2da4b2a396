"""A watchlist and a region put in by a browser, and hit by a worker that runs, at a real Kafka."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

from broker.assembly import worker
from broker.settings import read_settings
from gueststar.filtering.place import Place
from gueststar.portal.backend import Backend
from gueststar.portal.service import opened as portal
from kafka_node.node import KafkaNode
from replay.invention import invent
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from tests.broker.clusters import RealCluster
from tests.gueststar.portal.desk import tokens_in
from tests.gueststar.portal.opened import Opened, opened
from tests.running import running, until

pytestmark = pytest.mark.kafka

CONFIG = """
[kafka]
bootstrap = "{address}"
group = "listed"
[topics]
input = ["listed-survey"]
prefix = "listed."
[classifiers]
names = []
[metrics]
port = 0
[portal]
tokens = "{tokens}"
start = "earliest"
"""
SURVEY = "listed-survey"
HEAD = "ra_deg,dec_deg,radius_arcsec\n"
RADIUS_ARCSEC, RADIUS_DEG = 2.0, 0.05


class Night:
    """Alerts of one object each, that stand well apart."""

    def __init__(self) -> None:
        self.packets = [one.packet for one in invent(40, seed=11)]
        self.batch: AlertBatch = Decoder().decode(self.packets)
        apart = apart_deg(self.batch)
        np.fill_diagonal(apart, np.inf)
        self.lonely = np.flatnonzero(apart.min(axis=0) > 2 * RADIUS_DEG).tolist()
        assert len(self.lonely) > 6

    def objects(self, rows: list[int]) -> set[str]:
        return {*self.batch.object_id[rows].tolist()}

    def rows_of(self, rows: list[int], radius: float) -> str:
        batch = self.batch
        return "".join(
            f"{batch.ra_deg[row]:.7f},{batch.dec_deg[row]:.7f},{radius}\n" for row in rows
        )


def apart_deg(batch: AlertBatch) -> np.ndarray:
    ra, dec = np.radians(batch.ra_deg), np.radians(batch.dec_deg)
    toward = np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    apart: np.ndarray = np.degrees(np.arccos(np.clip(toward.T @ toward, -1.0, 1.0)))
    return apart


@contextmanager
def running_portal(kafka: KafkaNode, folder: Path, tokens: Path) -> Iterator[Backend]:
    """With a worker beside it."""
    config = folder / "gueststar.toml"
    config.write_text(CONFIG.format(address=kafka.address, tokens=tokens))
    RealCluster(kafka.address).create(SURVEY)
    place = Place.of(config, None)
    with (
        worker(read_settings(config), "one", version="test") as runner,
        running(runner),
        portal(place) as backend,
    ):
        yield backend


def put(seen: Opened, name: str, *, rows: str = "", file: Path | None = None, kind: str) -> None:
    seen.go("/lists")
    seen.page.fill("#put [name=name]", name)
    seen.page.select_option("#put [name=kind]", kind)
    if file is not None:
        seen.page.set_input_files("#put [name=file]", file)
    seen.page.fill("#put [name=rows]", rows)
    seen.page.click("#put button")
    seen.page.wait_for_url(f"**/lists?name={name}")


def deploy(seen: Opened, name: str, text: str) -> None:
    seen.go("/filter")
    seen.page.fill("#name", name)
    seen.page.fill("#text", text)
    seen.page.check("#force")
    until(lambda: seen.page.is_enabled("#deploy"))
    seen.page.click("#deploy")
    until(lambda: f"{name} version 1 is deployed" in seen.page.locator("#deployed").inner_text())


def test_a_list_that_is_put_in_by_a_browser_is_hit_by_the_next_alerts(
    browser: Browser, kafka: KafkaNode, tmp_path: Path
) -> None:
    path, tokens = tokens_in(tmp_path, ada="author")
    night, survey = Night(), RealCluster(kafka.address)
    first, then, inside = night.lonely[:3], night.lonely[3:5], night.lonely[5]
    file = tmp_path / "mine.csv"
    file.write_text(HEAD + night.rows_of(first, RADIUS_ARCSEC))
    with running_portal(kafka, tmp_path, path) as backend, opened(browser, backend) as seen:
        seen.sign_in(tokens["ada"], "/lists")
        put(seen, "mine", file=file, kind="watchlist")
        put(seen, "field", rows=night.rows_of([inside], RADIUS_DEG), kind="region")
        deploy(seen, "near", 'near: watchlist("mine")')
        deploy(seen, "within", 'within: in_region("field")')
        survey.publish(SURVEY, night.packets)
        until(lambda: found(backend, "near") == night.objects(first))
        assert found(backend, "within") == night.objects([inside])
        # The list is put in again with other rows: the same filter takes those from now on.
        put(seen, "mine", rows=night.rows_of(then, RADIUS_ARCSEC), kind="watchlist")
        until(lambda: again(survey, night, backend) >= night.objects(then))
        seen.go("/?topic=near")
        seen.page.wait_for_selector("#stream tbody tr")
        assert "near" in seen.text("[data-part='/part/finds']")
        seen.go("/lists")
        assert "near" in seen.text("main table")
        assert seen.complaints == []


def again(survey: RealCluster, night: Night, backend: Backend) -> set[str]:
    """What the filter has taken, once the night was sent once more."""
    survey.publish(SURVEY, night.packets)
    return found(backend, "near")


def found(backend: Backend, name: str) -> set[str]:
    """The objects that a filter took, as the portal heard."""
    return {one.alert.object_id for one in backend.night.finds() if name in one.alert.filters}
