"""An object's packets, windows and light curves are on one side of a split."""

from __future__ import annotations

import tarfile
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from training.lightcurve.objects.splits import (
    ALERCE_TABLES,
    FOLDS,
    check_labels,
    release_names,
    says_supernova,
    six_band_folds,
    six_band_held_out,
    supernova_names,
    ztf_folds,
    ztf_held_out,
)
from training.lightcurve.objects.supernovae import archive_names
from training.realbogus.alerts.classes import IA_ARCHIVE

PACKETS = "ztf/index.tsv"
NAMES = np.array([f"ZTF{number}" for number in range(80)])
LABELS = np.arange(80) % 2


def test_a_name_is_in_one_fold_and_on_one_side_of_the_hold_out() -> None:
    rows = np.random.default_rng(1).integers(0, 80, 500)
    names = np.append(NAMES, NAMES[rows])
    for split in (ztf_folds, ztf_held_out, six_band_folds, six_band_held_out):
        assert len(set(zip(names, split(names), strict=True))) == 80


def test_the_order_of_the_rows_is_of_no_matter() -> None:
    order = np.random.default_rng(2).permutation(80)
    for split in (ztf_folds, ztf_held_out, six_band_folds, six_band_held_out):
        assert split(NAMES[order]).tolist() == split(NAMES)[order].tolist()


def test_names_are_spread_evenly_over_folds_and_hold_out() -> None:
    many = np.array([f"ZTF{number}" for number in range(20_000)])
    share = np.bincount(ztf_folds(many)) / len(many)
    assert share == pytest.approx(np.full(FOLDS, 1 / FOLDS), abs=0.01)
    apart = ztf_held_out(many)
    assert apart.mean() == pytest.approx(0.15, abs=0.01)
    assert np.bincount(ztf_folds(many)[apart], minlength=FOLDS).min() > 500


def test_where_a_name_falls_never_changes() -> None:
    assert ztf_folds(NAMES[:8]).tolist() == [4, 4, 1, 0, 2, 0, 4, 2]
    assert ztf_held_out(NAMES).nonzero()[0].tolist() == [
        1,
        12,
        13,
        14,
        23,
        25,
        32,
        34,
        35,
        36,
        40,
        53,
        61,
        63,
        65,
        71,
        75,
    ]


def test_a_name_with_two_labels_is_an_error() -> None:
    with pytest.raises(ValueError, match="ZTF3 has more than one label"):
        check_labels(np.append(NAMES, "ZTF3"), np.append(LABELS, 0))


@pytest.mark.parametrize("kind", ["SN Ia", "SLSN-II", "Candidate_SN*", "Supernova", "Ca-rich"])
def test_what_may_be_a_supernova_is_called_one(kind: str) -> None:
    assert says_supernova(kind)


@pytest.mark.parametrize("kind", ["", "nova", "TDE", "Nova", "QSO", "CataclyV*", "RSCVnV*"])
def test_what_is_none_is_not_called_a_supernova(kind: str) -> None:
    assert not says_supernova(kind)


def test_supernovae_are_named_by_whichever_list_is_there(tmp_path: Path) -> None:
    spectra = {"ZTF3": "SN IIn", "ZTF4": "nova"}
    assert supernova_names(tmp_path, {}) == frozenset()
    (tmp_path / "labels").mkdir()
    (tmp_path / ALERCE_TABLES[0]).write_text("objectId,classALeRCE\nZTF1,SLSN\nZTF2,QSO\n")
    assert supernova_names(tmp_path, spectra) == {"ZTF1", "ZTF3"}


@pytest.mark.data
def test_the_sources_share_the_objects_that_the_docstring_counts(data_folder: Path) -> None:
    archive = archive_names(data_folder)
    lines = (data_folder / PACKETS).read_text().splitlines()[1:]
    packets = [name for name in (line.split("\t")[1] for line in lines) if name in archive]
    assert (len(packets), len(set(packets))) == (114, 75)
    with tarfile.open(data_folder / IA_ARCHIVE) as release:
        paths = [PurePosixPath(one) for one in release.getnames()]
    curves = {one.stem for one in paths if one.parent.name == "lightcurves"}
    assert (len(curves), len(curves & archive)) == (305, 172)
    assert curves < release_names(data_folder)


@pytest.mark.data
def test_no_name_of_any_source_lies_in_two_folds(data_folder: Path) -> None:
    archive, release = archive_names(data_folder), release_names(data_folder)
    lines = (data_folder / PACKETS).read_text().splitlines()[1:]
    packets = [line.split("\t")[1] for line in lines]
    names = np.array([*sorted(archive), *sorted(release), *packets])
    for split in (ztf_folds, ztf_held_out, six_band_folds, six_band_held_out):
        sides = set(zip(names.tolist(), split(names).tolist(), strict=True))
        assert len(sides) == len(archive | release | set(packets))
