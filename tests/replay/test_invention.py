"""Invented nights: true to ZTF's schema, to their own truths, and to their seed."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import warnings
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import pytest
from astropy.io import fits

from replay.exposures_invented import TEMPLATE_FWHM_PIXELS, exposure
from replay.invention import NIGHT_JD, Invented, invent
from replay.kinds import MIX, Kind
from replay.stamps_invented import CENTRE, Scene, draw, photometry, point_sources
from replay.ztf_schema import ZTF_SCHEMA
from schemas.errors import ArchiveError

SEED = 11
ALERTS = 400


@cache
def night() -> tuple[Invented, ...]:
    """One invented night for all of this file."""
    return tuple(invent(ALERTS, seed=SEED))


@cache
def records() -> tuple[dict[str, Any], ...]:
    """The night as fastavro reads it."""
    read = [list(fastavro.reader(io.BytesIO(one.packet))) for one in night()]
    assert all(len(found) == 1 for found in read)
    return tuple(dict(found[0]) for found in read)


def of_kind(kind: Kind) -> list[tuple[Invented, dict[str, Any]]]:
    """The night's alerts of one kind, with their records."""
    pairs = zip(night(), records(), strict=True)
    return [pair for pair in pairs if pair[0].truth.kind is kind]


def plane(record: dict[str, Any], name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """One stamp, read by astropy."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = gzip.decompress(record[f"cutout{name}"]["stampData"])
        with fits.open(io.BytesIO(image)) as file:
            data = np.asarray(file[0].data, dtype=np.float64)
    return data


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others() -> None:
    again = list(invent(40, seed=SEED))
    other = list(invent(40, seed=SEED + 1))
    assert [one.packet for one in again] == [one.packet for one in night()[:40]]
    assert not {one.packet for one in other} & {one.packet for one in again}


def test_each_alert_has_an_id_and_an_object_of_its_own() -> None:
    truths = [one.truth for one in night()]
    assert len({truth.alert_id for truth in truths}) == ALERTS
    assert len({truth.object_id for truth in truths}) == ALERTS
    assert [record["candid"] for record in records()] == [a.alert_id for a in truths]
    assert [record["candidate"]["candid"] for record in records()] == [a.alert_id for a in truths]


def test_alert_ids_stay_unique_over_exposures_and_quadrants() -> None:
    ids = [one.truth.alert_id for one in invent(620, seed=1, mix={Kind.ASTEROID: 1})]
    assert len(set(ids)) == len(ids)


def test_alerts_come_in_the_order_of_time_from_the_nights_beginning() -> None:
    times = [record["candidate"]["jd"] for record in records()]
    assert times == sorted(times)
    assert times[0] == NIGHT_JD


def test_kinds_come_in_the_shares_asked_for() -> None:
    counts = Counter(one.truth.kind for one in night())
    for kind, share in MIX.items():
        spread = np.sqrt(ALERTS * share * (1 - share))
        assert abs(counts[kind] - ALERTS * share) < 4 * spread


def test_a_mix_of_one_kind_gives_that_kind_only() -> None:
    some = list(invent(8, seed=1, mix={Kind.SUPERNOVA: 3.0, Kind.ASTEROID: 0.0}))
    assert {one.truth.kind for one in some} == {Kind.SUPERNOVA}


@pytest.mark.parametrize(
    "mix", [{}, {Kind.ASTEROID: 0.0}, {Kind.ASTEROID: -1.0, Kind.SUPERNOVA: 2}]
)
def test_a_mix_without_a_share_is_refused(mix: dict[Kind, float]) -> None:
    with pytest.raises(ArchiveError, match="mix"):
        next(invent(1, seed=1, mix=mix))


def test_a_positive_difference_is_science_less_template_where_nothing_steady_is_bright() -> None:
    compared = 0
    for kind in (Kind.ASTEROID, Kind.COSMIC_RAY):
        for invented, record in of_kind(kind):
            science, template, difference = (
                plane(record, name) for name in ("Science", "Template", "Difference")
            )
            centre = slice(CENTRE - 3, CENTRE + 4)
            residual = (science - template - difference)[centre, centre]
            if abs(template[centre, centre] - np.nanmedian(template)).max() > 8:
                continue  # a neighbouring star, of another width in the template
            assert abs(residual).max() < 5, invented.truth
            compared += 1
    assert compared > 20


def test_the_flux_that_was_put_in_is_the_flux_that_is_measured() -> None:
    pulls = []
    for invented, record in zip(night(), records(), strict=True):
        if np.isnan(invented.truth.flux_dn):
            continue
        candidate = record["candidate"]
        flux = 10 ** (0.4 * (candidate["magzpsci"] - candidate["magpsf"]))
        sign = 1 if candidate["isdiffpos"] == "t" else -1
        error = candidate["sigmapsf"] * flux / 1.0857
        pulls.append((sign * flux - invented.truth.flux_dn) / error)
    assert abs(np.median(pulls)) < 0.3
    assert 0.7 < 1.4826 * np.median(np.abs(pulls)) < 1.3


def test_the_stamp_holds_the_magnitude_that_the_packet_states() -> None:
    for _, record in of_kind(Kind.ASTEROID):
        candidate, difference = record["candidate"], plane(record, "Difference")
        star = point_sources(np.array([[0.0, 0.0, 1.0]]), 2.2)[:, : difference.shape[1]]
        box = slice(CENTRE - 7, CENTRE + 8)
        fitted = (difference * star)[box, box].sum() / (star * star)[box, box].sum()
        stated = 10 ** (0.4 * (candidate["magzpsci"] - candidate["magpsf"]))
        assert 0.5 < fitted / stated < 2.0  # the stated fit knows the seeing, this one does not


def test_a_negative_detection_comes_turned_round_so_that_its_centre_is_bright() -> None:
    negative = [pair for pair in of_kind(Kind.VARIABLE_STAR) if pair[0].truth.flux_dn < -300]
    assert len(negative) > 10
    for _, record in negative:
        assert record["candidate"]["isdiffpos"] == "f"
        assert plane(record, "Difference")[CENTRE, CENTRE] > 0


def test_a_difference_is_science_less_template_to_the_last_bit_of_an_empty_sky() -> None:
    seen = exposure(1, 0, NIGHT_JD)
    scene = Scene(new=np.array([[0.0, 0.0, 900.0]]), hits=np.array([[5.0, -3.0, 400.0]]))
    science, template, difference = draw(scene, seen, np.random.default_rng(1))
    assert np.allclose(science - template, difference, atol=1e-3)


def test_a_bad_subtraction_has_a_bright_and_a_dark_lobe() -> None:
    dark = []
    for _, record in of_kind(Kind.BAD_SUBTRACTION):
        difference = plane(record, "Difference")
        noise = 1.4826 * np.nanmedian(np.abs(difference))
        near = difference[CENTRE - 4 : CENTRE + 5, CENTRE - 4 : CENTRE + 5]
        assert near.max() > 3 * noise
        dark.append(near.min() / noise)
    assert np.median(dark) < -5


def test_a_cosmic_ray_is_sharper_than_any_star() -> None:
    widths = {
        kind: np.median([record["candidate"]["fwhm"] for _, record in of_kind(kind)])
        for kind in (Kind.COSMIC_RAY, Kind.ASTEROID)
    }
    assert widths[Kind.COSMIC_RAY] < 0.7 * widths[Kind.ASTEROID]
    for _, record in of_kind(Kind.COSMIC_RAY):
        template = plane(record, "Template")
        assert template[CENTRE, CENTRE] - np.nanmedian(template) < 40


def test_an_asteroid_has_no_earlier_detection_and_a_prediction_within_a_pixel_and_a_half() -> None:
    for _, record in of_kind(Kind.ASTEROID):
        assert 0 <= record["candidate"]["ssdistnr"] < 1.5
        assert detections(record) == []
        assert record["fp_hists"] is None


def test_histories_hold_detections_and_non_detections_by_rising_time() -> None:
    seen: Counter[bool] = Counter()
    for record in records():
        history = record["prv_candidates"] or []
        times = [item["jd"] for item in history] + [record["candidate"]["jd"]]
        assert times == sorted(times)
        assert all(item["diffmaglim"] for item in history)
        for item in history:
            detected = item["candid"] is not None
            seen[detected] += 1
            assert (item["magpsf"] is not None) == (item["isdiffpos"] is not None) == detected
    assert min(seen.values()) > 500
    assert any(record["prv_candidates"] is None for record in records())
    assert any(record["fp_hists"] for record in records())


def detections(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The earlier epochs at which the object was seen."""
    return [item for item in record["prv_candidates"] or [] if item["candid"] is not None]


def test_supernovae_rise_and_decline_and_lie_on_galaxies() -> None:
    supernovae = list(invent(60, seed=2, mix={Kind.SUPERNOVA: 1}))
    slopes = []
    for one in supernovae:
        record: Any = next(fastavro.reader(io.BytesIO(one.packet)))
        assert record["candidate"]["isdiffpos"] == "t"
        assert record["candidate"]["sgscore1"] < 0.6
        seen = [*detections(record), record["candidate"]]
        if len(seen) > 3:
            slopes.append(np.polyfit([i["jd"] for i in seen], [i["magpsf"] for i in seen], 1)[0])
    assert min(slopes) < -0.02  # brighter by the day
    assert max(slopes) > 0.02


def test_the_surveys_own_score_tells_real_from_bogus_mostly() -> None:
    scores: dict[bool, list[float]] = {True: [], False: []}
    for invented, record in zip(night(), records(), strict=True):
        scores[invented.truth.kind.is_real].append(record["candidate"]["drb"])
    assert np.median(scores[True]) > 0.9
    assert np.median(scores[False]) < 0.2


def test_some_stamps_lie_at_the_detectors_edge_as_nan_or_cut() -> None:
    stamps = [plane(record, "Science") for record in records()]
    with_nan = sum(bool(np.isnan(stamp).any()) for stamp in stamps)
    cut = sum(stamp.shape != (63, 63) for stamp in stamps)
    assert 3 < with_nan < 60
    assert 0 < cut < with_nan


def test_an_empty_scene_is_noise_about_nought_of_the_size_that_the_fit_states() -> None:
    seen = exposure(1, 0, NIGHT_JD)
    rng = np.random.default_rng(1)
    fits_ = [photometry(draw(Scene(), seen, rng), seen) for _ in range(200)]
    pulls = [fit.flux_dn / fit.flux_err_dn for fit in fits_]
    assert abs(np.mean(pulls)) < 0.3
    assert 0.8 < np.std(pulls) < 1.2


@pytest.mark.parametrize("fwhm_pixels", [1.6, TEMPLATE_FWHM_PIXELS, 4.0])
def test_a_drawn_star_sums_to_its_flux(fwhm_pixels: float) -> None:
    star = point_sources(np.array([[1.3, -2.4, 500.0], [0.0, 0.0, -20.0]]), fwhm_pixels)
    assert star.sum() == pytest.approx(480.0, rel=1e-3)


@pytest.mark.data
def test_the_schema_has_the_published_names_types_and_order(data_folder: Path) -> None:
    published = {
        (parsed := json.loads(path.read_text()))["name"]: parsed["fields"]
        for path in (data_folder / "ztf" / "schema").glob("*.avsc")
    }
    ours = json.loads(ZTF_SCHEMA)
    items = {field["name"]: field["type"] for field in ours["fields"]}
    nested = {
        "alert": ours,
        "candidate": items["candidate"],
        "prv_candidate": items["prv_candidates"][1]["items"],
        "fp_hist": items["fp_hists"][1]["items"],
        "cutout": items["cutoutScience"][1],
    }
    for name, record in nested.items():
        assert [field["name"] for field in record["fields"]] == [
            field["name"] for field in published[name]
        ]
    flat = itertools.chain.from_iterable(
        zip(nested[name]["fields"], published[name], strict=True)
        for name in ("candidate", "prv_candidate", "fp_hist", "cutout")
    )
    for field, told in flat:
        assert (field["type"], field.get("default", "none")) == (
            told["type"],
            told.get("default", "none"),
        )
