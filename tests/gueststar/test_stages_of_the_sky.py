"""Host, redshift, phase, luminosity and shape of real alerts, the same numbers everywhere.

From packets at a real Kafka to subscribers, filters, the live lake, dry runs and pictures.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from rich.console import Console

import gueststar
from broker.kafka import Connection, KafkaAdmin, TopicSettings
from broker.settings import read_settings
from filters.alerts import Alerts
from gueststar.closeup import closeup
from gueststar.filtering.dry_run import dry_run
from gueststar.predicted import sentences
from kafka_node.node import KafkaNode
from lake.reading import Lake
from services.lake_writer.assembly import lake_writer
from tests.gueststar.running import run_until_published
from tests.running import Enough

pytestmark = [pytest.mark.kafka, pytest.mark.data]

GALAXIES = "hosts/glade_plus_z_below_0.15.parquet"
ZTF, RUBIN = "ztf/astrolabsoftware+fink-client", "lsst/lsstcam"
RUBIN_ALERTS = 20
CONFIG = """
[kafka]
bootstrap = "{address}"
group = "hosts"
[topics]
input = ["hosts-survey"]
prefix = "hosts."
[stages]
names = ["host_shape", "redshift", "phase", "luminosity"]
[stages.hosts.host]
path = "{galaxies}"
columns = ["b_mag"]
[stages.redshift]
hosts = "host"
[filters]
files = ["{folder}/rising.toml"]
[lake]
path = "{folder}/lake"
flush_s = 0.3
[metrics]
port = 0
"""
RISING = 'value("phase", "days_to_peak") > 0'
KEY = ("survey", "alert_id")
Values = Mapping[str, Mapping[str, float]]
ASKED = {
    "rising": RISING,
    "matched": 'value("host", "found") == 1',
    "near": 'value("redshift", "redshift") < 0.05',
    "bright": 'value("luminosity", "absolute_magnitude") < -16',
    "extended": 'value("host_shape", "semi_major_arcsec") > 3',
}
"""Filters by what each stage gives."""
FILTER = """
name = "{name}"
description = "As {name} says."
[clauses]
asked = '{clause}'
"""


class Night(NamedTuple):
    """What became of the alerts."""

    packets: int
    published: list[gueststar.Alert]
    rising: list[gueststar.Alert]
    lake: Path
    folder: Path


def packets_of(folder: Path, count: int | None = None) -> list[bytes]:
    return [one for batch in gueststar.read(folder) for one in batch.packets][:count]


def published(topic: str, kafka: KafkaNode) -> list[gueststar.Alert]:
    return list(gueststar.subscribe(topic, bootstrap=kafka.address, start="earliest", until="end"))


def key_of(alert: gueststar.Alert) -> tuple[str, int]:
    return alert.survey, alert.alert_id


def of_stages(values: Mapping[tuple[str, int], Values]) -> list[tuple[str, str]]:
    """Each stage and column."""
    some = next(iter(values.values()))
    stages = {"host", "host_shape", "redshift", "phase", "luminosity"}
    assert set(some) == {*stages, "supernova_redshift", "lightcurve_redshift"}
    return [(stage, column) for stage, columns in some.items() for column in columns]


def filter_file(folder: Path, name: str) -> Path:
    path = folder / f"{name}.toml"
    path.write_text(FILTER.format(name=name, clause=ASKED[name]))
    return path


@pytest.fixture(scope="module")
def night(kafka: KafkaNode, tmp_path_factory: pytest.TempPathFactory) -> Night:
    data = Path(os.environ.get("GUESTSTAR_DATA", "nowhere"))
    if not (data / GALAXIES).is_file():
        pytest.skip(f"GUESTSTAR_DATA has no {GALAXIES}")
    folder = tmp_path_factory.mktemp("night")
    packets = [*packets_of(data / ZTF), *packets_of(data / RUBIN, RUBIN_ALERTS)]
    filter_file(folder, "rising")
    config = folder / "gueststar.toml"
    config.write_text(CONFIG.format(address=kafka.address, galaxies=data / GALAXIES, folder=folder))
    KafkaAdmin(Connection(kafka.address)).create([TopicSettings("hosts-survey")])
    run_until_published(config, packets)
    watch = Enough(len(packets))
    with lake_writer(read_settings(config), version="test", observers=[watch]) as worker:
        watch.worker = worker
        worker.run()
    everything, rising = (published(f"hosts.{name}", kafka) for name in ("enriched", "rising"))
    return Night(len(packets), everything, rising, folder / "lake", folder)


def test_real_alerts_carry_them_to_subscribers_and_filters(night: Night) -> None:
    assert len(night.published) == night.packets
    assert len({one.survey for one in night.published}) == 2
    said = [one.values for one in night.published]
    assert any(one["host"]["found"] == 1 and one["redshift"]["source"] == 1 for one in said)
    assert any(np.isfinite(one["luminosity"]["absolute_magnitude"]) for one in said)
    rising = {one.alert_id for one in night.rising}
    assert rising == {
        one.alert_id for one in night.published if one.values["phase"]["days_to_peak"] > 0
    }
    assert 0 < len(rising) < len(night.published)
    for survey in {one.survey for one in night.published}:
        shapes = [one.values["host_shape"] for one in night.published if one.survey == survey]
        assert any(one["found"] == 1 and np.isfinite(one["angle_deg"]) for one in shapes)
        assert any(one["found"] == 0 for one in shapes)


def test_the_live_lake_has_the_same_numbers(night: Night) -> None:
    times = Counter(map(key_of, night.published))
    once = {key: one.values for one in night.published if times[key := key_of(one)] == 1}
    assert len({survey for survey, _ in once}) == 2
    rows, compared = 0, 0
    for table in Lake(night.lake).tables():
        keys = [*zip(*(table.column(name).tolist() for name in KEY), strict=True)]
        places = [place for place, key in enumerate(keys) if key in once]
        alerts, rows, compared = Alerts(table), rows + len(keys), compared + len(places)
        for stage, column in of_stages(once):
            sent = np.array([once[keys[place]][stage][column] for place in places])
            kept = alerts.value(stage, column)[places]
            np.testing.assert_array_equal(kept, sent, err_msg=f"{stage}.{column}")
    assert rows == night.packets
    assert compared == len(once)


@pytest.mark.parametrize("name", list(ASKED))
def test_a_dry_run_over_the_lake_selects_what_subscribers_read(night: Night, name: str) -> None:
    (record,) = dry_run(
        str(filter_file(night.folder, name)),
        archive=night.lake,
        console=Console(file=StringIO(), width=100),
    )
    wanted = [one for one in night.published if is_asked(name, one.values)]
    assert record.selected == len(wanted)
    assert 0 < len(wanted) < night.packets


def is_asked(name: str, said: Values) -> bool:
    """What a filter of ASKED means, of one alert."""
    return {
        "rising": said["phase"]["days_to_peak"] > 0,
        "matched": said["host"]["found"] == 1,
        "near": said["redshift"]["redshift"] < 0.05,
        "bright": said["luminosity"]["absolute_magnitude"] < -16,
        "extended": said["host_shape"]["semi_major_arcsec"] > 3,
    }[name]


def test_the_close_up_and_the_picture_say_it_in_words(night: Night) -> None:
    known = [
        one
        for one in night.published
        if one.values["host"]["found"] == 1
        and np.isfinite(one.values["host_shape"]["semi_major_arcsec"])
    ]
    told = sentences(known[0])
    size = known[0].values["host_shape"]["semi_major_arcsec"]
    assert any(f"{size:.1f} arcsec" in one for one in told)
    screen = StringIO()
    Console(file=screen, width=200).print(closeup(known[0], 200, coloured=False))
    texts = [each.get_text() for each in known[0].plot().texts]
    for one in told:
        assert one in screen.getvalue()
        assert any(one in text for text in texts)
