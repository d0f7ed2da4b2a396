"""WINTER's alerts go through the whole house: no network, plot, filter or table minds its bands."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import fastavro
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from broker.clock import ManualClock
from broker.memory import MemoryKafka
from filters.sources import builtin_names, load_builtin
from gueststar.alert import Alert, rows
from gueststar.batches import decode, score
from gueststar.chart import chart_lines
from gueststar.pictures.alert import draw
from gueststar.points import points_of
from gueststar.tables import astropy_table, light_curve_table
from lake.reading import Lake
from schemas.batch import AlertBatch
from schemas.enriched import Enricher
from schemas.form import Form
from tests.gueststar.conftest import TOPIC
from tests.gueststar.running import said
from tests.gueststar.test_subscription import polled
from tests.schemas import golden_winter
from tests.schemas.test_enriched import learned

BANDS = ["Y", "J", "H", ""]
"""By place in the batch."""
DEEP = {"magpsf": 13.5, "isdiffpos": True}


@pytest.fixture(scope="module")
def winter() -> list[bytes]:
    """An alert in each of WINTER's bands, and one in none."""
    candidates = [DEEP | {"fid": number} for number in (1, 2, 3, 4)]
    return [golden_winter.packet(row + 1, candidate=one) for row, one in enumerate(candidates)]


@pytest.fixture(scope="module")
def batch(winter: list[bytes]) -> AlertBatch:
    """The same, scored."""
    found = decode(winter)
    score(found)
    return found


@pytest.fixture(scope="module")
def alerts(batch: AlertBatch) -> list[Alert]:
    """The same, one by one."""
    scores = {"realbogus": dict.fromkeys(batch.score_labels["realbogus"], 0.2)}
    return list(rows(batch, [scores] * len(batch), [()] * len(batch)))


def test_networks_of_light_curves_decline_and_that_of_stamps_answers(batch: AlertBatch) -> None:
    for name in ("lightcurve", "supernova"):
        assert np.isnan(batch.scores[name]).all()
    np.testing.assert_allclose(batch.scores["realbogus"].sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("name", builtin_names())
def test_every_filter_judges_them(batch: AlertBatch, name: str) -> None:
    found = load_builtin(name).evaluate(batch)
    assert not found.faults
    assert found.selected.shape == (len(batch),)


def test_tables_name_their_bands(batch: AlertBatch, alerts: list[Alert]) -> None:
    assert astropy_table(batch)["band"].tolist() == BANDS
    assert set(astropy_table(batch)["photometric_system"].tolist()) == {"winter"}
    assert [one.band for one in alerts] == BANDS
    for alert in alerts:
        assert set(light_curve_table(alert)["band"].tolist()) <= {*BANDS}


def test_plots_draw_their_bands(alerts: list[Alert]) -> None:
    for alert, band in zip(alerts, BANDS, strict=True):
        figure = draw(alert)
        assert isinstance(figure, Figure)
        assert any((band or "?") in one.get_text() for one in figure.findobj(Text))
        marks = "".join(line.plain for line in chart_lines(points_of(alert), columns=60, rows=12))
        assert (band or "?") in marks


@pytest.mark.parametrize("form", ["full", "lite"])
def test_subscribers_and_fastavro_read_what_is_published(batch: AlertBatch, form: Form) -> None:
    kafka = MemoryKafka(ManualClock())
    kafka.create_topic(TOPIC, partitions=1)
    for row, packet in enumerate(Enricher().encode(batch, learned(len(batch)), form)):
        kafka.publish(TOPIC, packet, partition=0)
        (record,) = fastavro.reader(BytesIO(packet))
        sent = golden_winter.record(row + 1)
        assert record["prv_candidates"] == sent["prv_candidates"]
        images = [sent[name] if form == "full" else b"" for name in golden_winter.CUTOUTS]
        assert [record[name] for name in golden_winter.CUTOUTS] == images
    alerts = polled(kafka)
    assert sorted(alert.band for alert in alerts) == sorted(BANDS)
    assert {one.survey for one in alerts} == {"winter"}


def test_a_lake_and_a_dry_run_hold_them(winter: list[bytes], tmp_path: Path) -> None:
    (tmp_path / "packets").mkdir()
    for number, packet in enumerate(winter):
        (tmp_path / "packets" / f"{number}.avro").write_bytes(packet)
    (tmp_path / "near.filter").write_text('near_infrared: band in ("Y", "J")\nbright: flux_njy > 0')
    lake = str(tmp_path / "lake")
    told = said("archive", str(tmp_path / "packets"), "--to", lake)
    assert "4 alerts of 4 nights: 4 new" in told
    bands = [one for table in Lake(tmp_path / "lake").tables() for one in table.column("band")]
    assert sorted(bands) == [-1, 6, 7, 8]
    told = said("filter", "test", str(tmp_path / "near.filter"), "--archive", lake)
    assert "WNTR24golden1" in told and "WNTR24golden2" in told
    assert "WNTR24golden3" not in told
