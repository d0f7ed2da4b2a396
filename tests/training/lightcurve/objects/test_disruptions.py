"""Disruptions come as packets would hold them, once each, under ZTF's names."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from schemas.errors import ModelError
from schemas.photometry import njy
from training.lightcurve.labels import DISRUPTION, ZTF
from training.lightcurve.objects.disruptions import FIRST_MJD, NAMES, SOURCES, read_disruptions

DETECTED = [[59000.0 + day, "g.ztf", 1e-4, 1e-5] for day in range(3)]


def keep(folder: Path, name: str, *rows: list[object]) -> None:
    path = folder / "many" / SOURCES / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"name": name, "lightcurve": {"data": rows}}))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / NAMES).parent.mkdir()
    (tmp_path / NAMES).write_text("ZTFID,IAUID,type\nZTF20abfcszi,AT2020mot,TDE\n")
    return tmp_path


def test_forced_photometry_becomes_detections_and_limits(data: Path) -> None:
    faint, fading = [58999.0, "r.ztf", 2e-5, 1e-5], [59001.5, "g.ztf", -1e-4, 1e-5]
    keep(data, "AT2020mot", faint, *DETECTED, fading)
    found = read_disruptions(data, data / "many")
    assert found.name.tolist() == ["ZTF20abfcszi"]
    assert found.label.tolist() == [ZTF.index(DISRUPTION)]
    curves = found.curves
    assert curves.detected.tolist() == [False, True, True, True, True]
    assert curves.flux_njy[1] == pytest.approx(1e5) and curves.flux_err_njy[1] == pytest.approx(1e4)
    assert np.isnan(curves.flux_njy[0]) and njy(curves.limit_mag[:1]) == pytest.approx([5e4])
    assert curves.flux_njy[3] < 0


def test_other_filters_and_other_surveys_are_left_out(data: Path) -> None:
    keep(data, "PTF-09ge", *([FIRST_MJD - day, *row[1:]] for day, row in enumerate(DETECTED, 1)))
    others: list[list[object]] = [[59000.5, name, 1e-3, 1e-5] for name in ("UVW2.uvot", "i.ztf")]
    keep(data, "AT2019x", *DETECTED, *others)
    found = read_disruptions(data, data / "many")
    assert found.name.tolist() == ["AT2019x"]
    assert len(found.curves.mjd) == 3


def test_one_event_under_two_names_is_one(data: Path) -> None:
    keep(data, "AT2023qab", *DETECTED)
    keep(data, "AT2024qab", *DETECTED)
    assert len(read_disruptions(data, data / "many")) == 1


def test_where_there_is_none_the_remedy_is_named(data: Path) -> None:
    keep(data, "AT2019x", *DETECTED[:2])
    with pytest.raises(ModelError, match="name a copy of manyTDE with --disruptions"):
        read_disruptions(data, data / "many")
