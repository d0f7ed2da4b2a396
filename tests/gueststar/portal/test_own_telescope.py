"""An own telescope's frames as pages of the portal: by a real Kafka, a worker and a lake."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser

from broker.settings import read_settings
from gueststar.filtering.place import Place
from gueststar.portal.service import opened as portal_of
from kafka_node.node import KafkaNode
from services.lake_writer.assembly import lake_writer
from telescope.simulated_night import write_night
from telescope.spool import Spool
from tests.gueststar.portal.opened import opened
from tests.gueststar.running import configured, run_until, said
from tests.running import Enough

pytestmark = pytest.mark.kafka

FRAMES = 3
SECTIONS = """
[topics.forms]
"gueststar.enriched" = "full"
[filters]
builtin = ["young_supernovae"]
[lake]
path = "lake"
flush_s = 0.3
[portal]
port = 0
"""


def night_sent(folder: Path, address: str, topic: str) -> list[dict[str, Any]]:
    """A site's night, at Kafka: what its spool says of those that are alerts."""
    list(write_night(folder, frames=FRAMES, side=384, transients_count=8, seed=6))
    config = folder / "telescope.toml"
    more = f'topic = "{topic}"\nbootstrap = "{address}"\n\n[camera]'
    config.write_text(config.read_text().replace("[camera]", more))
    said("telescope", "run", str(config), "--once")
    told = [
        one for entry in Spool(folder / "spool").entries() for one in entry.record["detections"]
    ]
    return [one for one in told if one["realProbability"] >= 0.8]


def test_an_own_frames_alert_has_its_page_with_stamps_north_up_and_its_light_curve(
    browser: Browser, kafka: KafkaNode, tmp_path: Path
) -> None:
    alerts = night_sent(tmp_path / "night", kafka.address, f"{tmp_path.name}-survey")
    config = configured(tmp_path, kafka.address, SECTIONS)
    settings = read_settings(config)
    run_until(settings, settings.topics.enriched, len(alerts))
    watch = Enough(len(alerts))
    with lake_writer(settings, version="test", observers=[watch]) as writer:
        watch.worker = writer
        writer.run()
    ((name, count),) = Counter(one["object"] for one in alerts).most_common(1)
    last = [one for one in alerts if one["object"] == name][-1]
    with portal_of(Place.of(config, None)) as backend, opened(browser, backend) as seen:
        seen.go(f"/alert?{urlencode({'id': last['detectionId'], 'object': name})}")
        head = seen.text("header.head")
        assert f"Alert {last['detectionId']} of telescope" in head
        assert f"{count} detections" in head
        assert "from the lake" in head
        widths = "all => all.map(one => one.naturalWidth)"
        assert seen.page.eval_on_selector_all("img.stamp", widths) == [63, 63, 63]
        assert "N " in seen.text("p.key")
        seen.page.wait_for_selector("figure.curve svg .axis")
        assert f"{count} points" in seen.text("figure.curve")
        seen.page.get_by_text("columns that filters read").click()
        assert "motion_arcsec_hour" in seen.page.inner_text("main")
        assert seen.complaints == []
