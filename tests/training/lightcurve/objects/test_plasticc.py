"""PLAsTiCC's files become objects in nJy, and nothing unblinded comes along."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from schemas.errors import ModelError
from training.lightcurve.labels import GALACTIC, SIX_BAND
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.plasticc import (
    NJY_OF_FLUXCAL,
    TEST_SUPERNOVAE,
    TRAINING,
    hidden_zero,
    read_test_supernovae,
    read_training,
)

METADATA = """object_id,hostgal_specz,hostgal_photoz,hostgal_photoz_err,distmod,target,true_target
 20, 0.40,  0.500,  0.020, 42.100,{first}
 7, 0.00,  0.000,  0.000, -9.000,{second}
"""
CURVES = """object_id,mjd,passband,flux,flux_err,detected_bool
7,59001.5,5,-2.0,1.0,0
7,59000.5,1,10.0,1.0,1
20,59002.5,0,3.0,0.5,1
"""


def written(folder: Path, names: tuple[str, str], metadata: str, curves: str = CURVES) -> Path:
    (folder / "plasticc").mkdir(exist_ok=True)
    for name, text in zip(names, (metadata, curves), strict=True):
        (folder / "plasticc" / name).write_bytes(gzip.compress(text.encode()))
    return folder


@pytest.fixture
def training(tmp_path: Path) -> Objects:
    metadata = METADATA.format(first="42,42", second=" 92,92")
    return read_training(written(tmp_path, TRAINING, metadata))


def test_objects_stand_in_the_order_of_the_metadata_under_their_own_points(
    training: Objects,
) -> None:
    assert training.name.tolist() == ["20", "7"]
    assert [SIX_BAND[one] for one in training.label] == ["SNII", "RRL"]
    assert training.curves.mjd.tolist() == [59002.5, 59000.5, 59001.5]
    assert training.curves.band.tolist() == [0, 1, 5]
    assert training.curves.detected.tolist() == [True, True, False]
    assert np.isnan(training.curves.limit_mag).all()


def test_fluxcal_becomes_njy(training: Objects) -> None:
    assert pytest.approx(36.3078, rel=1e-5) == NJY_OF_FLUXCAL
    assert training.curves.flux_njy == pytest.approx(np.array([3.0, 10.0, -2.0]) * NJY_OF_FLUXCAL)
    assert training.curves.flux_err_njy[0] == pytest.approx(0.5 * NJY_OF_FLUXCAL)


def test_a_galactic_object_has_a_photo_z_of_0_and_no_distance_modulus(training: Objects) -> None:
    assert training.redshift[0].tolist() == [0.5, 0.02, 42.1]
    assert training.redshift[1, :2].tolist() == [0.0, 0.0] and np.isnan(training.redshift[1, 2])
    hidden = hidden_zero(training.redshift)
    assert np.isnan(hidden[1]).all() and hidden[0].tolist() == training.redshift[0].tolist()


def test_the_test_supernovae_are_labelled_by_the_unblinded_type(tmp_path: Path) -> None:
    metadata = METADATA.format(first="0,90", second="0,62")
    supernovae = read_test_supernovae(written(tmp_path, TEST_SUPERNOVAE, metadata))
    assert [SIX_BAND[one] for one in supernovae.label] == ["SNIa", "SNIbc"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=TRAINING[0]):
        read_training(tmp_path)


def test_an_object_without_points_is_named(tmp_path: Path) -> None:
    metadata = METADATA.format(first="42,42", second="92,92")
    curves = "".join(CURVES.splitlines(keepends=True)[:-1])
    with pytest.raises(ModelError, match="no points of object 20"):
        read_training(written(tmp_path, TRAINING, metadata, curves))


@pytest.mark.data
def test_the_real_training_set_is_whole(data_folder: Path) -> None:
    objects = read_training(data_folder)
    assert len(objects) == 7848 and len(objects.curves.mjd) == 1_421_705
    galactic = np.isin(objects.label, [SIX_BAND.index(one) for one in GALACTIC])
    assert ((objects.redshift[:, 0] == 0) == galactic).all()
    assert (np.isnan(objects.redshift[:, 2]) == galactic).all()
    assert np.bincount(objects.label)[SIX_BAND.index("KN")] == 102
    within = np.ones(len(objects.curves.mjd) - 1, np.bool_)
    within[objects.curves.offsets[1:-1] - 1] = False
    assert (np.diff(objects.curves.mjd)[within] > 0).all()


@pytest.mark.data
def test_the_real_test_supernovae_are_none_of_the_training_set(data_folder: Path) -> None:
    supernovae = read_test_supernovae(data_folder)
    assert len(supernovae) == 5000 and set(supernovae.label.tolist()) == {0, 3, 4}
    assert not np.isin(supernovae.name, read_training(data_folder).name).any()
