"""Classes are believed where they come from SIMBAD or from a spectrum, and nowhere else."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from training.realbogus.alerts.classes import (
    IA_ARCHIVE,
    IA_TABLE,
    LIGHT_CURVES,
    TNS_TABLES,
    simbad_class,
    spectroscopic_classes,
    tns_class,
)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"cdsxmatch": "RRLyr"}, "RRLyr"),
        ({"cdsxmatch": "Candidate_SN*"}, "Candidate_SN*"),
        ({"xm": {"simbad_otype": "Sy1"}}, "Sy1"),
        ({"xm": None, "cdsxmatch": None}, ""),
        ({}, ""),
        ({"cdsxmatch": "Unknown"}, ""),
        ({"cdsxmatch": "Inexistent"}, ""),
        ({"cdsxmatch": "Fail 503"}, ""),
        ({"cdsxmatch": "Kilonova candidate"}, ""),
        ({"cdsxmatch": "(TNS) SN Ia"}, ""),
        ({"cdsxmatch": "(SIMBAD) QSO"}, ""),
    ],
)
def test_only_simbad_s_own_classes_are_believed(record: dict[str, Any], expected: str) -> None:
    assert simbad_class(record) == expected


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"tns": "SN II"}, "SN II"),
        ({"tns": "", "tnsclass": "(TNS) SLSN-I"}, "SLSN-I"),
        ({"tnsclass": "Unknown"}, ""),
        ({"tnsclass": "(TNS) Other"}, ""),
        ({"tns": None}, ""),
        ({}, ""),
    ],
)
def test_a_class_of_the_name_server_is_read_with_and_without_its_mark(
    record: dict[str, Any], expected: str
) -> None:
    assert tns_class(record) == expected


def write_archive(path: Path, files: dict[str, str]) -> None:
    with tarfile.open(path, "w:xz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))


def test_every_list_is_read_and_the_earlier_counts(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "lightcurves").mkdir()
    bts = "ZTFID,IAUID,type\nZTF1,SN1,SN Ia\nZTF2,SN2,other\n"
    (tmp_path / "labels" / "ztf_bts_all_labeled.csv").write_text(bts)
    rows = [
        {"Disc. Internal Name": "ZTF1", "Obj. Type": "SN II"},
        {"Disc. Internal Name": "ZTF3", "Obj. Type": "SN Ib"},
        {"Disc. Internal Name": None, "Obj. Type": "SN Ic"},
    ]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / TNS_TABLES[0])
    write_archive(tmp_path / LIGHT_CURVES, {"all/SN IIP/ZTF4_photometry.dat": "none"})
    table = "ZTF5,0.07,26.7,18.7,SN Ia,spectra/data/a.ascii,No\nZTF6,0.1,15,1,SN Ia,NoSpec,No\n"
    write_archive(tmp_path / IA_ARCHIVE, {IA_TABLE: table})
    assert spectroscopic_classes(tmp_path) == {
        "ZTF1": "SN Ia",
        "ZTF3": "SN Ib",
        "": "SN Ic",
        "ZTF4": "SN IIP",
        "ZTF5": "SN Ia",
    }


def test_without_lists_there_are_no_classes(tmp_path: Path) -> None:
    assert spectroscopic_classes(tmp_path) == {}
