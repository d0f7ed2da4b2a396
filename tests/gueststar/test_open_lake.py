"""A lake asked from Python says what its alerts say, in the words of the command."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gueststar
from filters.handmade import Epoch, handmade
from gueststar.open_lake import OpenLake
from lake.archives import read
from lake.writing import LakeWriter
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.errors import ArchiveError, QuestionError
from schemas.light_curves import united

NIGHT = [Epoch(59_998.0, "r", limit_mag=20.0), Epoch(60_000.0, "r", 500.0, 50.0)]
LATER = [Epoch(60_000.0, "r", 510.0, 50.0), Epoch(60_001.0, "g", 700.0, 50.0)]


def lake_of(folder: Path, *batches: AlertBatch, with_packets: bool = False) -> OpenLake:
    with LakeWriter(folder, version="test", with_packets=with_packets) as writer:
        for batch in batches:
            writer.add(batch)
    return gueststar.lake(folder)


@pytest.fixture
def lake(tmp_path: Path) -> OpenLake:
    """An object on two nights, and another beside it."""
    batch = handmade(
        alert_id=[3, 1, 2],
        object_id=["SN1", "SN1", "other"],
        night=[20260302, 20260301, 20260301],
        mjd=[60_001.0, 60_000.0, 60_000.0],
        ra_deg=[353.66, 353.66, 353.661],
        dec_deg=[46.65, 46.65, 46.65],
        light_curve=[LATER, NIGHT, []],
    )
    return lake_of(tmp_path / "lake", batch)


def test_an_objects_alerts_come_by_time(lake: OpenLake) -> None:
    found = lake.object("SN1")
    assert found.arrow().column("alert_id").to_pylist() == [1, 3]
    assert found.arrow().column("night").to_pylist() == [20260301, 20260302]
    assert lake.object("SN1", columns=["alert_id"]).columns == ["alert_id"]
    assert len(lake.object("nobody")) == 0


def test_a_light_curve_has_each_exposure_once_as_the_newest_alert_says(lake: OpenLake) -> None:
    table = lake.object("SN1").light_curve().astropy()
    assert table["mjd"].tolist() == [59_998.0, 60_000.0, 60_001.0]
    assert table["flux_njy"].tolist()[1:] == [510.0, 700.0]
    assert table["band"].tolist() == ["r", "r", "g"]
    assert str(table["flux_njy"].unit) == "nJy"
    assert len(lake.object("nobody").light_curve()) == 0


def test_the_newest_alert_has_the_light_curve_of_all(lake: OpenLake) -> None:
    newest = lake.object("SN1").newest()
    assert newest.alert_id == 3
    assert newest.light_curve.mjd.tolist() == [59_998.0, 60_000.0, 60_001.0]
    with pytest.raises(QuestionError, match="no alert"):
        lake.object("nobody").newest()


def test_a_cone_gives_the_nearest_first_and_how_far_each_is(lake: OpenLake) -> None:
    found = lake.cone(353.66, 46.65, "5arcsec").pandas()
    assert found.object_id.tolist() == ["SN1", "SN1", "other"]
    apart = 3.6 * np.cos(np.radians(46.65))
    np.testing.assert_allclose(found.separation_arcsec, [0, 0, apart], rtol=1e-4, atol=1e-8)
    assert len(lake.cone(353.66, 46.65, "1arcsec")) == 2
    assert lake.cone(1, 1, "1arcsec", columns=["mjd"]).columns == ["mjd", "separation_arcsec"]
    with pytest.raises(QuestionError, match="5arcsec"):
        lake.cone(353.66, 46.65, "5")


def test_an_answer_is_arrow_pandas_and_astropy(lake: OpenLake) -> None:
    found = lake.object("SN1")
    assert found.pandas().mjd.tolist() == found.astropy()["mjd"].tolist() == [60_000.0, 60_001.0]
    assert str(found.astropy()["mjd"].unit) == "d"
    masked = lake.sql("SELECT * FROM (VALUES (1, 'a', true, 1.5), (NULL, NULL, NULL, NULL))")
    table = masked.astropy()
    assert [table[name].mask.tolist() for name in table.colnames] == [[False, True]] * 4
    assert table["col0"].dtype.kind == "i"


@pytest.mark.parametrize("ending", ["csv", "parquet", "vot"])
def test_an_answer_is_a_file_that_others_open(lake: OpenLake, ending: str, tmp_path: Path) -> None:
    import pandas as pd
    from astropy.table import Table

    path = tmp_path / f"found.{ending}"
    lake.object("SN1").save(path)
    if ending == "vot":
        table = Table.read(path)
        assert str(table["ra_deg"].unit) == "deg"
        assert table["alert_id"].tolist() == [1, 3]
    else:
        frame = pd.read_csv(path) if ending == "csv" else pd.read_parquet(path)
        assert frame.alert_id.tolist() == [1, 3]


def test_a_file_of_another_form_or_that_cannot_be_is_named(lake: OpenLake, tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match=r"\.parquet"):
        lake.nights().save(tmp_path / "found.xlsx")
    with pytest.raises(QuestionError, match="cannot be"):
        lake.nights().save(tmp_path / "nowhere" / "found.csv")
    with pytest.raises(QuestionError, match=r"\.parquet"):
        lake.sql("SELECT * FROM light_curves").save(tmp_path / "found.csv")


def test_nights_say_what_they_hold(lake: OpenLake) -> None:
    found = lake.nights().pandas()
    assert found.night.tolist() == [20260301, 20260302]
    assert found.alerts.tolist() == [2, 1]
    assert found.with_packets.tolist() == [0, 0]
    some = gueststar.lake(lake.path, ["20260302"])
    assert len(some) == len(some.object("SN1")) == 1


def test_a_lake_is_as_it_stood_when_it_was_opened(lake: OpenLake, tmp_path: Path) -> None:
    again = lake_of(tmp_path / "lake", handmade(alert_id=[9], night=[20260303], object_id=["SN1"]))
    assert (len(lake.object("SN1")), len(again.object("SN1"))) == (2, 3)
    with pytest.raises(ArchiveError, match="no lake"):
        gueststar.lake(tmp_path)


@pytest.mark.data
def test_real_objects_are_found_as_their_packets_say(data_folder: Path, tmp_path: Path) -> None:
    folders = ("ZwickyTransientFacility+ztfss18", "astrolabsoftware+fink-broker")
    batches = [each for name in folders for each in read(data_folder / "ztf" / name)]
    opened = lake_of(tmp_path / "lake", *batches, with_packets=True)
    ids = np.concatenate([each.object_id for each in batches])
    alerts = np.concatenate([each.alert_id for each in batches])
    names, counts = np.unique(ids, return_counts=True)
    for name in [*names[np.argsort(counts)][-5:].tolist(), *names[::400].tolist()]:
        found = opened.object(name)
        assert {*found.arrow().column("alert_id").to_pylist()} == {*alerts[ids == name].tolist()}
        points = found.light_curve().pandas()
        assert not points.duplicated(["mjd", "band", "forced"]).any()
        newest = found.newest()
        assert all(plane.size for plane in newest.stamps)
        assert {*newest.batch.light_curve.mjd} >= {*found.arrow().column("mjd").to_pylist()}


@pytest.mark.data
def test_a_real_nights_cones_are_what_astropy_finds(data_folder: Path, tmp_path: Path) -> None:
    from astropy.coordinates import SkyCoord

    batch = next(read(data_folder / "ztf" / "ZwickyTransientFacility+ztfss18"))
    opened = lake_of(tmp_path / "lake", batch)
    every = SkyCoord(batch.ra_deg, batch.dec_deg, unit="deg")
    for row in range(0, len(batch), 97):
        for arcsec in (0.1, 5.0, 3600.0, 36_000.0, 108_000.0):
            apart = every[row].separation(every).arcsec
            found = opened.cone(batch.ra_deg[row], batch.dec_deg[row], f"{arcsec}arcsec")
            assert sorted(found.table.column("alert_id").to_pylist()) == sorted(
                batch.alert_id[apart <= arcsec].tolist()
            )


@pytest.mark.data
def test_rubins_packets_are_asked_alike(data_folder: Path, tmp_path: Path) -> None:
    from schemas.schema_folder import SchemaFolder

    lsst = data_folder / "lsst"
    decoder = Decoder(schemas=SchemaFolder(lsst / "schemas"))
    batches = [*read(lsst / "wire_confluent", decoder=decoder)]
    opened = lake_of(tmp_path / "lake", *batches, with_packets=True)
    name = str(batches[0].object_id[0])
    assert len(opened.object(name)) >= 1
    assert opened.object(name).newest().object_id == name
    assert opened.sql("SELECT DISTINCT survey FROM alerts").table.column(0).to_pylist() == ["lsst"]


def test_histories_of_one_object_are_united_as_a_packets_own_are() -> None:
    batch = handmade(light_curve=[LATER, NIGHT, [Epoch(60_000.00005, "r", 1.0, 1.0)]])

    one = united(batch.light_curve)
    assert one.offsets.tolist() == [0, 3]
    assert one.mjd.tolist() == [59_998.0, 60_000.0, 60_001.0]
    assert one.flux_njy.tolist()[1:] == [510.0, 700.0]
