"""ZTF's spectroscopic supernovae are read as a packet would have brought their points."""

from __future__ import annotations

import io
import tarfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from schemas.columns import BANDS
from schemas.errors import ModelError
from schemas.photometry import FLUX_ERR_PER_MAG
from training.lightcurve.labels import ZTF
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.supernovae import (
    ARCHIVE,
    FOLDERS,
    LIMIT_MAG_MAX,
    archive_names,
    read_supernovae,
)

HEADER = "###################### HEADER ######################\n# SNNAME:\tZTF\n\n"
COLUMNS = "#        MJD  MAG  MAGERR  Upperlimit  Instrument  Telescope  Source\n"
LIMIT, DETECTION = (
    "\t58853.495\t20.000\tnan\tT\tnan\tnan\tnan\n",
    "\t{}\t{}\t0.1\tF\tnan\tnan\tnan\n",
)
RED = "".join(DETECTION.format(mjd, 18.9) for mjd in (58854.0, 58856.0))
GREEN = LIMIT + DETECTION.format(58855.0, 21.4) * 2
WHOLE = f"{HEADER}# FILTER g\n{COLUMNS}{GREEN}\n# FILTER r\n{COLUMNS}{RED}"
WITHOUT_LIMIT = WHOLE.replace(LIMIT, "")


def written(folder: Path, files: dict[str, str]) -> Path:
    (folder / ARCHIVE).parent.mkdir(exist_ok=True)
    with tarfile.open(folder / ARCHIVE, "w:xz") as archive:
        for place, text in files.items():
            member = tarfile.TarInfo(f"Photometry/{place}_photometry.dat")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return folder


def read(folder: Path, **files: str) -> Objects:
    """Files by `TYPE__NAME`, blanks of the type written as single underscores."""
    places = {place.replace("__", "/").replace("_", " "): text for place, text in files.items()}
    return read_supernovae(written(folder, places))


def test_points_come_by_time_with_limits_without_a_flux_and_repeated_rows_once(
    tmp_path: Path,
) -> None:
    curves = read(tmp_path, SN_Ia__ZTF18a=WHOLE).curves
    assert curves.mjd.tolist() == [58853.495, 58854.0, 58855.0, 58856.0]
    assert [BANDS[one] for one in curves.band] == ["g", "r", "g", "r"]
    assert curves.detected.tolist() == [False, True, True, True]
    assert np.isnan(curves.flux_njy).tolist() == [True, False, False, False]
    assert np.isnan(curves.limit_mag).tolist() == [False, True, True, True]


def test_an_ab_magnitude_becomes_njy(tmp_path: Path) -> None:
    curves = read(tmp_path, SN_Ia__ZTF18a=WHOLE).curves
    assert curves.flux_njy[1:] == pytest.approx([1e5, 1e4, 1e5])
    assert curves.flux_err_njy[2] == pytest.approx(1e4 * 0.1 * FLUX_ERR_PER_MAG)


def test_a_limit_deeper_than_any_exposure_is_no_point(tmp_path: Path) -> None:
    deep = WHOLE.replace("20.000", str(LIMIT_MAG_MAX + 1))
    assert len(read(tmp_path, SN_Ia__ZTF18a=deep).curves.mjd) == 3


def test_a_folder_without_a_label_and_an_object_without_a_third_detection_are_left_out(
    tmp_path: Path,
) -> None:
    two = WHOLE.replace("58856.0", "58854.0")
    objects = read(
        tmp_path, SN_II__ZTF18a=WHOLE, SN__ZTF18b=WHOLE, SLSN_II__ZTF18c=WHOLE, SN_II__ZTF18d=two
    )
    assert objects.name.tolist() == ["ZTF18a"]
    assert [ZTF[one] for one in objects.label] == ["SNII"]
    assert archive_names(tmp_path) == {"ZTF18a", "ZTF18b", "ZTF18c", "ZTF18d"}


def test_an_object_in_two_folders_has_the_label_they_agree_on_and_the_fuller_file(
    tmp_path: Path,
) -> None:
    objects = read(
        tmp_path,
        SN_Ib__ZTF18a=WITHOUT_LIMIT,
        SN_Ic__ZTF18a=WHOLE,
        SN_I__ZTF18b=WHOLE,
        SN_Ib__ZTF18b=WITHOUT_LIMIT,
        SN_IIb__ZTF18c=WHOLE,
        SN_II__ZTF18c=WHOLE,
    )
    assert objects.name.tolist() == ["ZTF18a", "ZTF18b"]
    assert [ZTF[one] for one in objects.label] == ["SNIbc", "SNIbc"]
    assert np.diff(objects.curves.offsets).tolist() == [4, 4]


def test_no_folder_has_two_labels() -> None:
    count = Counter(folder for folders in FOLDERS.values() for folder in folders)
    assert set(count.values()) == {1}


def test_a_missing_or_empty_archive_is_named(tmp_path: Path) -> None:
    assert archive_names(tmp_path) == frozenset()
    with pytest.raises(ModelError, match="alerce_ztf_sne_by_type"):
        read_supernovae(tmp_path)
    with pytest.raises(ModelError, match="holds no supernova"):
        read(tmp_path, SN__ZTF18a=WHOLE)


@pytest.mark.data
def test_the_real_archive_gives_the_counts_that_the_folders_promise(data_folder: Path) -> None:
    """6,249, 1,321, 234, 108 and 580 less the objects of two folders."""
    objects = read_supernovae(data_folder)
    assert np.bincount(objects.label).tolist() == [6248, 1317, 234, 108, 575]
    assert len(set(objects.name.tolist())) == len(objects)
    assert (objects.curves.flux_njy[objects.curves.detected] > 0).all()
    assert np.isnan(objects.curves.flux_njy[~objects.curves.detected]).all()
    assert set(objects.curves.band.tolist()) == {BANDS.index("g"), BANDS.index("r")}
