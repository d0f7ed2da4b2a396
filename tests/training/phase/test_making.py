"""Truths are those of light curves whose peaks are known, and calibration makes intervals hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifiers.observations.rows import rows
from classifiers.phase_layout import TARGETS
from classifiers.phase_shape import FEATURES, shapes
from schemas.batch import LightCurves
from training.arrays import Floats, Singles
from training.phase import judging
from training.phase.truth import Curve, G, R, cubic_peak, first_light, magnitude_at, part_of, peak

PEAK = 60_010.0


def bell(noise: float = 0.0) -> Curve:
    """A bump of 100,000 nJy in g that is over after its peak sooner than it rose, by 3 nights."""
    mjd = np.arange(59_980.0, 60_040.0, 2.0)
    width = np.where(mjd < PEAK, 8.0, 11.0)
    flux = 1e5 * np.exp(-0.5 * ((mjd - PEAK) / width) ** 2)
    flux += np.random.default_rng(0).normal(0, 1, len(mjd)) * noise
    return Curve(
        mjd,
        np.full(len(mjd), G),
        flux,
        np.full(len(mjd), 500.0),
        np.full(len(mjd), np.nan),
        flux > 2_500.0,
    )


def test_a_peak_is_found_to_a_day_and_is_at_most_four_hundredths_of_a_magnitude_too_faint() -> None:
    found = peak(bell(500.0), G)
    assert found.mjd == pytest.approx(PEAK, abs=1.0)
    too_faint = -2.5 * np.log10(found.flux_njy / 1e5)
    assert 0 < too_faint < 0.04, "a cubic is flatter than a bell"
    assert np.isnan(peak(bell(), R).mjd)


def test_a_smooth_curve_peaks_where_the_truth_would_say_so() -> None:
    curve = bell()
    found = cubic_peak(curve.mjd, curve.flux, np.full(len(curve.mjd), 10.0))
    assert found == pytest.approx(peak(curve, G).mjd, abs=0.3)


def test_a_light_curve_that_only_rises_has_no_peak() -> None:
    whole = bell()
    some = part_of(whole, whole.mjd < PEAK - 2)
    assert np.isnan(peak(some, G).mjd)


def test_first_light_lies_between_the_last_empty_image_and_the_first_detection() -> None:
    curve = bell()
    first = curve.mjd[np.argmax(curve.detected)]
    empty = curve.mjd[(curve.flux < 1_500.0) & (curve.mjd < first)].max()
    assert first_light(curve) == (empty + first) / 2
    assert np.isnan(first_light(part_of(curve, curve.detected)))


def test_a_magnitude_ahead_is_a_line_between_detections() -> None:
    curve = bell()
    at = magnitude_at(curve, G, np.array([PEAK + 1.0, PEAK + 200.0]))
    assert at[0] == pytest.approx(31.4 - 2.5 * np.log10(1e5), abs=0.02)
    assert np.isnan(at[1])


def test_what_the_network_is_told_of_a_peak_that_is_over_is_what_the_truth_says() -> None:
    told, curve = told_of_bell(PEAK + 20), bell(300.0)
    found = peak(curve, G).mjd - (PEAK + 20)
    assert told[FEATURES + TARGETS.index("days_to_peak")] == pytest.approx(found, abs=0.5)
    assert told[FEATURES + TARGETS.index("days_to_peak_g")] == pytest.approx(found, abs=0.5)
    assert told[FEATURES + TARGETS.index("days_since_first_light")] == seen_days(PEAK + 20)
    assert np.isfinite(told).all()


def test_before_a_peak_the_brightest_point_stands_for_it() -> None:
    told = told_of_bell(PEAK - 4)
    assert told[FEATURES + TARGETS.index("days_to_peak")] == pytest.approx(0.0, abs=2.1)


def seen(until: float) -> Curve:
    """The bump's detections so far."""
    some = bell(300.0)
    return part_of(some, (some.mjd <= until) & some.detected)


def seen_days(until: float) -> float:
    """From the first of these to the last."""
    return float(np.ptp(seen(until).mjd))


def told_of_bell(until: float) -> Singles:
    """What is told of the bump when it was seen so long, (SHAPE,)."""
    some = seen(until)
    curves = LightCurves(
        np.array([0, len(some.mjd)]),
        some.mjd,
        some.band.astype(np.int8),
        some.flux,
        some.error,
        some.limit,
        some.detected,
    )
    row = rows(curves, np.full((1, 3), np.nan))
    extras = np.array([[seen_days(until), len(some.mjd), 0]], np.float32)
    (told,) = shapes(np.concatenate([row, extras], axis=1))
    return np.asarray(told)


def test_answers_are_kept_small_and_read_again(tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    rows = 400
    answers: dict[str, Floats] = {
        "object": np.floor(np.arange(rows, dtype=np.float64) / 4),
        "system": np.mod(np.arange(rows, dtype=np.float64), 2),
        "is_ia": np.ones(rows),
        "mag": draw.uniform(17, 20, rows),
        "age": draw.uniform(0, 60, rows),
        "trees": draw.normal(0, 10, rows),
        "brightest": draw.normal(0, 10, rows),
    }
    for target in TARGETS:
        middle = draw.uniform(-20, 15, rows)
        answers |= {target: middle + draw.normal(0, 1, rows), f"{target}_middle": middle}
        answers |= {f"{target}_low": middle - 1, f"{target}_high": middle + 1}
    judging.keep(answers, tmp_path / "answers.parquet")
    found = judging.headlines(tmp_path / "answers.parquet")
    assert found["days_to_peak, covered by 68 %, ZTF"] == pytest.approx(0.683, abs=0.12)
    assert found["Ia at +10 d, date of peak, median error, ZTF"] < 2
