"""Alerts read from Avro files, archives and Parquet tables are the same alerts."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from schemas.enriched_reading import read_enriched
from schemas.errors import ArchiveError
from schemas.writing import gzipped_fits
from tests.classifiers.stamped import invented_stamps
from tests.training.realbogus.alerts.alert_files import (
    COUNT,
    SIDE,
    WAYS,
    Write,
    fits_file,
    rubin_packet,
    rubin_packets,
    rubin_stamps,
    write_archive,
    write_files,
    write_table,
    ztf_packets,
)
from tests.training.realbogus.invented import examples as invented
from training import packets
from training.packets import ZTF_SCALARS
from training.realbogus.alerts.dataset import read_examples
from training.realbogus.alerts.examples import Examples, joined
from training.realbogus.alerts.facts import (
    FWHM_PER_SIGMA,
    pixel_scale_arcsec,
    ztf_facts,
)


def same(one: Examples, other: Examples) -> None:
    """Fail where a column differs, NaN being NaN."""
    for name in (column.name for column in fields(Examples)):
        for values, others in zip(getattr(one, name), getattr(other, name), strict=True):
            np.testing.assert_equal(values, others, name)


def rubin(folder: Path, packets: list[bytes]) -> Examples:
    write_files(folder / "lsst", packets)
    return read_examples(folder)


@pytest.mark.parametrize("write", WAYS)
def test_every_kind_of_file_gives_the_same_alerts_of_ztf(tmp_path: Path, write: Write) -> None:
    write(tmp_path / "ztf", ztf_packets())
    found = read_examples(tmp_path)
    np.testing.assert_array_equal(found.stamps, invented_stamps(COUNT, seed=1)[:3])
    np.testing.assert_array_equal(np.stack(found.native.tolist()), found.stamps)
    assert found.teacher.tolist() == found.survey_score.tolist() == [0, 0.25, 0.5]
    assert found.survey.tolist() == ["ztf"] * 3
    assert found.field.tolist() == [400, 401, 402]
    assert found.night.tolist() == [60000] * 3
    assert found.low.tolist() == [True, False, False]
    assert found.high.tolist() == [False, False, True]
    assert found.negative.all()
    assert np.isnan(found.psf_fwhm_pixels).all()
    assert found.scalars.shape == (3, len(ZTF_SCALARS))


@pytest.mark.parametrize("write", WAYS)
def test_every_kind_of_file_gives_the_same_alerts_of_rubin(tmp_path: Path, write: Write) -> None:
    write(tmp_path / "lsst", rubin_packets())
    found = read_examples(tmp_path)
    signs = np.array([1, 1, 1, -1])[:, None, None]
    difference = np.stack(found.native.tolist())[:, 2]
    np.testing.assert_array_equal(difference, rubin_stamps()[:, 2] * signs)
    assert found.stamps.shape == (COUNT, 3, 63, 63)
    assert found.negative.tolist() == [False, False, False, True]
    assert found.asteroid.tolist() == found.known_real.tolist() == [False, True, False, False]
    assert found.cosmic_ray.tolist() == [False, True, False, False]
    assert found.dipole.tolist() == found.streak.tolist() == [False, False, True, False]
    assert found.snr.tolist() == [10.0] * 4
    assert np.isnan(found.teacher).all() and found.survey_score.tolist() == [0.75] * 4
    assert found.simbad.tolist() == ["QSO"] * 4
    assert found.field.tolist() == [2025052000123] * 4
    np.testing.assert_allclose(found.psf_fwhm_pixels, FWHM_PER_SIGMA * 0.4 / 0.2)


def test_both_surveys_stand_in_one_table(tmp_path: Path) -> None:
    write_archive(tmp_path / "ztf", ztf_packets())
    write_table(tmp_path / "lsst", rubin_packets())
    found = read_examples(tmp_path)
    assert found.survey.tolist() == ["lsst"] * 4 + ["ztf"] * 3
    assert [one.shape[-1] for one in found.native] == [SIDE] * 4 + [63] * 3


def test_scalars_are_kept_of_a_table_s_row_and_a_sentinel_is_no_number(tmp_path: Path) -> None:
    row = read_enriched(ztf_packets()[0])
    row["candidate"] |= {"fwhm": 2.5, "nneg": 3, "chinr": -999.0, "rb": None}
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), tmp_path / "row.parquet")
    (packet,) = packets.packets([tmp_path])
    facts = ztf_facts(read_enriched(packet))
    scalars = dict(zip(ZTF_SCALARS, facts.scalars, strict=True))
    assert (scalars["fwhm"], scalars["nneg"]) == (2.5, 3.0)
    assert np.isnan([facts.rb, scalars["chinr"], scalars["elong"]]).all()


def test_a_batch_without_a_whole_alert_changes_no_column_s_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path / "ztf", ztf_packets())
    once = read_examples(tmp_path)
    monkeypatch.setattr(packets, "BATCH", 1)
    again = read_examples(tmp_path)
    same(again, once)
    for name in (column.name for column in fields(Examples)):
        assert getattr(again, name).dtype.kind == getattr(once, name).dtype.kind, name


def test_a_night_in_chile_does_not_end_at_midnight_utc(tmp_path: Path) -> None:
    planes = list(rubin_stamps()[0])
    times = (60000.99, 60001.01, 60001.4, 60001.6)
    packets = [rubin_packet(n, planes, midpointMjdTai=mjd) for n, mjd in enumerate(times)]
    assert rubin(tmp_path, packets).night.tolist() == [60000, 60000, 60000, 60001]


def test_an_edge_cut_stamp_is_squared_and_stamps_of_several_sizes_are_left_out(
    tmp_path: Path,
) -> None:
    science, template, difference = rubin_stamps()[0]
    difference[-SIDE // 2 - 1, SIDE // 2] = 1000  # of the cut one, where the source stands
    cut = [plane[5:] for plane in (science, template, difference)]
    odd = [science, template, difference[5:, 5:]]
    found = rubin(tmp_path, [rubin_packet(0, cut), rubin_packet(1, odd)])
    assert len(found) == 1
    assert found.native[0].shape == (3, SIDE, SIDE)
    assert np.isnan(found.native[0]).sum() == 3 * 5 * SIDE


def test_an_alert_found_twice_is_learnt_once(tmp_path: Path) -> None:
    write_files(tmp_path / "ztf", ztf_packets())
    once = read_examples(tmp_path)
    write_table(tmp_path / "ztf", ztf_packets())
    same(read_examples(tmp_path), once)


def test_a_class_that_one_copy_has_is_the_alert_s_and_a_spectrum_s_the_object_s() -> None:
    def part(*ids: int) -> Examples:
        return invented(3).take(np.array(ids))

    bare, named = part(0, 1, 2), part(0)
    bare.object_id[:] = named.object_id[0]
    named.simbad[:] = "QSO"
    named.spectroscopic[:] = "SN Ia"
    both = joined([bare, named])
    assert both.simbad.tolist() == ["QSO", "", ""]
    assert both.spectroscopic.tolist() == ["SN Ia"] * 3
    assert both.known_real.all()


def test_the_hash_tells_other_pixels_apart(tmp_path: Path) -> None:
    write_files(tmp_path / "ztf", ztf_packets())
    some = read_examples(tmp_path)
    other: Examples = joined([some])
    assert other.sha256() == some.sha256()
    other.stamps[0, 0, 0, 0] += 1
    assert other.sha256() != some.sha256()


def test_a_folder_of_neither_survey_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="name the folder above them"):
        read_examples(tmp_path)


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "ztf").mkdir()
    with pytest.raises(ArchiveError, match="name another folder"):
        read_examples(tmp_path)


def test_a_folder_without_whole_alerts_is_named(tmp_path: Path) -> None:
    write_files(tmp_path / "ztf", ztf_packets()[3:])
    with pytest.raises(ArchiveError, match="no alert with three stamps"):
        read_examples(tmp_path)


def test_the_pixel_scale_is_read_from_the_header_and_unknown_without_one() -> None:
    pixels = np.ones((2, 2), np.float32)
    assert pixel_scale_arcsec(fits_file(pixels)) == pytest.approx(0.2)
    assert np.isnan(pixel_scale_arcsec(gzipped_fits(pixels)))


@pytest.mark.data
@pytest.mark.timeout(600)
def test_the_real_alerts_are_all_there(data_folder: Path) -> None:
    found = read_examples(data_folder)
    ztf = found.survey == "ztf"
    assert ztf.sum() == 3089 and (~ztf).sum() == 462
    assert found.low.sum() == 103
    assert (found.asteroid & np.isnan(found.teacher) & ztf).sum() == 154
    assert not np.isnan(found.scalars[ztf]).any()
    assert (found.dipole.sum(), found.cosmic_ray.sum(), found.streak.sum()) == (77, 19, 4)
    assert not np.isnan(found.psf_fwhm_pixels[~ztf]).any()
    assert (found.spectroscopic[found.low] == "").all()
