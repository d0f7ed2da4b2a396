"""What is no supernova comes from packets with evidence, and looks as the archive does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from schemas.errors import ModelError
from schemas.writing import container
from training.lightcurve.labels import DISRUPTION, NUCLEUS, STAR, ZTF
from training.lightcurve.objects.others import Others, read_others
from training.lightcurve.objects.splits import ALERCE_TABLES, supernova_names
from training.lightcurve.objects.windows import DETECTIONS_MIN, WINDOW_DAYS
from training.realbogus.alerts.classes import spectroscopic_classes

EPOCH = {
    "jd": "double",
    "fid": "int",
    "diffmaglim": ["null", "double"],
    "magpsf": ["null", "double"],
    "sigmapsf": ["null", "double"],
    "isdiffpos": ["null", "string"],
}
CANDIDATE = {
    **EPOCH,
    "pid": ["null", "long"],
    "ra": "double",
    "dec": "double",
    "jdstarthist": ["null", "double"],
    "ndethist": ["null", "int"],
    "distpsnr1": ["null", "double"],
    "sgscore1": ["null", "double"],
    "ssdistnr": ["null", "double"],
    "drb": ["null", "double"],
    "drbversion": ["null", "string"],
}
CLASSES = ("cdsxmatch", "tns", "tnsclass")
JD = 2459000.5
MJD = 59000.0
ON_STAR: dict[str, Any] = {"distpsnr1": 0.3, "sgscore1": 0.95}


def schema() -> str:
    """Of the fields of ZTF's that are read here."""
    epoch, candidate = (
        {"type": "record", "name": name, "fields": _fields(kinds)}
        for name, kinds in (("epoch", EPOCH), ("candidate", CANDIDATE))
    )
    parts = {
        "objectId": "string",
        "candid": "long",
        "candidate": candidate,
        "prv_candidates": {"type": "array", "items": epoch},
        **{name: ["null", "string"] for name in CLASSES},
    }
    return json.dumps({"type": "record", "name": "row", "fields": _fields(parts)})


def _fields(kinds: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "type": kind} for name, kind in kinds.items()]


def epoch(day: float, magnitude: float | None = 18.0, **other: object) -> dict[str, Any]:
    """A detection, or where the magnitude is None a limit."""
    own = {"jd": JD + day, "fid": 1, "diffmaglim": 20.4, "magpsf": magnitude}
    return {**dict.fromkeys(EPOCH), **own, "sigmapsf": 0.1, "isdiffpos": "t", **other}


def record(
    name: str, *history: dict[str, Any], simbad: str = "", tns: str | None = None, **own: object
) -> dict[str, Any]:
    """An alert of day 0; its classes and the fields of its candidate may be given."""
    candidate = {
        **dict.fromkeys(CANDIDATE),
        **epoch(0.0),
        "ra": 1.0,
        "dec": 2.0,
        **own,
    }
    return {
        "objectId": name,
        "candid": int(name.removeprefix("ZTF")),
        "candidate": candidate,
        "prv_candidates": list(history or [epoch(-3.0, 19.0)]),
        "cdsxmatch": simbad,
        "tns": tns,
        "tnsclass": None,
    }


def read(folder: Path, *records: dict[str, Any]) -> Others:
    (folder / "ztf").mkdir(exist_ok=True)
    for place, one in enumerate(records):
        (folder / "ztf" / f"{place}.avro").write_bytes(container(schema(), one))
    return read_others(folder)


def test_each_kind_of_evidence_speaks_and_none_is_silence(tmp_path: Path) -> None:
    others = read(
        tmp_path,
        record("ZTF1", ssdistnr=1.0),
        record("ZTF2", tns="TDE"),
        record("ZTF3", simbad="QSO"),
        record("ZTF4", simbad="CataclyV*"),
        record("ZTF5", **ON_STAR),
        record("ZTF6", drb=0.05, drbversion="d6", **ON_STAR),
        record("ZTF7", drb=0.99, drbversion="d6", simbad="Galaxy"),
        record("ZTF8", simbad="RRLyr"),
        record("ZTF9", tns="nova"),
    )
    assert dict(zip(others.objects.name, others.kind, strict=True)) == {
        "ZTF2": "disruption",
        "ZTF3": "nucleus",
        "ZTF4": "cataclysmic",
        "ZTF5": "star by Pan-STARRS",
        "ZTF8": "star by SIMBAD",
        "ZTF9": "cataclysmic",
    }
    labels = [ZTF[one] for one in others.objects.label]
    assert labels == [DISRUPTION, NUCLEUS, STAR, STAR, STAR, STAR]


def test_alerts_of_one_object_that_speak_differently_are_of_one_kind(tmp_path: Path) -> None:
    quasar = record("ZTF1", simbad="QSO")
    lensed = {**record("ZTF2", simbad="LensedImage", **ON_STAR), "objectId": "ZTF1"}
    others = read(tmp_path, quasar, lensed)
    assert others.kind.tolist() == ["nucleus", "nucleus"]


def test_the_time_before_is_the_packet_s_or_at_least_what_it_holds(tmp_path: Path) -> None:
    others = read(
        tmp_path,
        record("ZTF1", jdstarthist=JD - 400, ndethist=70, **ON_STAR),
        record("ZTF2", **ON_STAR),
    )
    assert others.history.tolist() == [[400.0, 70.0], [3.0, 2.0]]


def test_a_supernova_by_any_word_is_left_out_whatever_else_speaks(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / ALERCE_TABLES[0]).write_text("objectId,classALeRCE\nZTF3,SNIa\n")
    others = read(
        tmp_path,
        record("ZTF1", tns="SN II", **ON_STAR),
        record("ZTF2", simbad="Candidate_SN*", **ON_STAR),
        record("ZTF3", **ON_STAR),
        record("ZTF4", **ON_STAR),
    )
    assert others.objects.name.tolist() == ["ZTF4"]


def test_points_are_what_the_archive_of_supernovae_would_hold(tmp_path: Path) -> None:
    """No other band, nothing later, no absurd limit, no instant twice, no limit on a detection."""
    history = [
        epoch(-9.0, None, diffmaglim=-1000.0),
        epoch(-8.0, None, diffmaglim=57.0),
        epoch(-7.0, None),
        epoch(-7.0, None, diffmaglim=20.0),
        epoch(-5.0, 19.0, isdiffpos="f"),
        epoch(-4.0, 19.0, fid=3),
        epoch(0.2, None),
    ]
    curves = read(tmp_path, record("ZTF1", *history, **ON_STAR)).objects.curves
    assert curves.mjd - MJD == pytest.approx([-7.0, -5.0, 0.0])
    assert curves.detected.tolist() == [False, True, True]
    assert curves.limit_mag.tolist() == pytest.approx([20.4, np.nan, np.nan], nan_ok=True)
    assert curves.flux_njy[1] < 0 < curves.flux_njy[2]


def test_an_alert_with_one_detection_is_declined(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no packet of a known other"):
        read(tmp_path, record("ZTF1", epoch(-3.0, None), **ON_STAR))


def test_an_alert_of_a_table_brings_its_history_and_is_read_once(tmp_path: Path) -> None:
    whole, same = record("ZTF1", **ON_STAR), record("ZTF1", epoch(-3.0), epoch(-2.0), **ON_STAR)
    table = pyarrow.Table.from_pylist([same, record("ZTF2", simbad="RRLyr")])
    (tmp_path / "ztf").mkdir()
    pyarrow.parquet.write_table(table, tmp_path / "ztf" / "some.parquet")
    others = read(tmp_path, whole)
    assert others.objects.name.tolist() == ["ZTF1", "ZTF2"]
    assert np.diff(others.objects.curves.offsets).tolist() == [3, 2]


@pytest.mark.data
def test_real_others_are_windows_of_objects_that_no_list_calls_a_supernova(
    data_folder: Path, tmp_path: Path
) -> None:
    """Of one folder of packets."""
    (tmp_path / "labels").symlink_to(data_folder / "labels")
    (tmp_path / "ztf").symlink_to(data_folder / "ztf" / "astrolabsoftware+fink-filters")
    objects, kind, _ = read_others(tmp_path)
    assert {"star by SIMBAD", "nucleus"} <= set(kind.tolist())
    names = supernova_names(tmp_path, spectroscopic_classes(tmp_path))
    assert not set(objects.name.tolist()) & names
    for row in range(len(objects)):
        own = objects.curves.of(row)
        assert own.detected[-1]
        assert own.detected.sum() >= DETECTIONS_MIN
        assert own.mjd[0] >= own.mjd[-1] - WINDOW_DAYS
