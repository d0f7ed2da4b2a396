"""An object's packets, windows and light curves are on one side of a split."""

from __future__ import annotations

import tarfile
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from training.lightcurve.objects.splits import (
    ALERCE_TABLES,
    FOLDS,
    release_names,
    says_supernova,
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
    names, labels = np.append(NAMES, NAMES[rows]), np.append(LABELS, LABELS[rows])
    for split in (ztf_folds, ztf_held_out):
        assert len(set(zip(names, split(names, labels), strict=True))) == 80


def test_the_order_of_the_rows_is_of_no_matter() -> None:
    order = np.random.default_rng(2).permutation(80)
    for split in (ztf_folds, ztf_held_out):
        shuffled = split(NAMES[order], LABELS[order])
        assert shuffled.tolist() == split(NAMES, LABELS)[order].tolist()


def test_labels_are_spread_evenly_over_folds_and_hold_out() -> None:
    fold = ztf_folds(NAMES, LABELS)
    assert np.bincount(fold * 2 + LABELS).tolist() == [8] * (2 * FOLDS)
    assert np.bincount(LABELS[ztf_held_out(NAMES, LABELS)]).tolist() == [6, 6]


def test_a_name_with_two_labels_is_an_error() -> None:
    with pytest.raises(ValueError, match="ZTF3 has more than one label"):
        ztf_folds(np.append(NAMES, "ZTF3"), np.append(LABELS, 0))


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
    known = np.isin(names, list(archive | release)).astype(np.int64)
    for split in (ztf_folds, ztf_held_out):
        sides = set(zip(names.tolist(), split(names, known).tolist(), strict=True))
        assert len(sides) == len(archive | release | set(packets))
