"""The exam's figures, and the five labels on Rubin's flags."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.training.realbogus.judging.invented_outcome import outcome
from training.realbogus.judging.contest import auc
from training.realbogus.judging.flags import flags
from training.realbogus.judging.simulated import called, simulated
from training.realbogus.labels import LABELS, REAL

OUTCOME = outcome()
EXAM, SCORED = OUTCOME.exam, OUTCOME.scored
FOUND = simulated(EXAM, seed=1)
FLAGS = flags(SCORED, seed=1)


def test_the_headline_is_of_bright_sources_against_all_artefacts() -> None:
    bright = (EXAM.label == REAL) & (EXAM.snr > 7)
    rows = bright | (EXAM.label != REAL)
    each = [auc(~bright[rows], one) for one in EXAM.ours[:, rows, REAL]]
    assert FOUND.headline.sources == bright.sum()
    assert FOUND.headline.auc.value == pytest.approx(np.mean(each))
    assert FOUND.seeds.each == pytest.approx(each)


def test_labels_signs_and_surveys_each_make_up_the_artefacts() -> None:
    by_part = {line.part: line for line in FOUND.lines}
    whole = FOUND.headline.artefacts
    assert sum(by_part[f"… against {label}"].artefacts for label in LABELS[1:]) == whole
    assert sum(by_part[f"… both {sign}"].artefacts for sign in ("brightened", "faded")) == whole
    on_stamps = [line for part, line in by_part.items() if part.startswith("… on stamps of")]
    assert sum(line.artefacts for line in on_stamps) == whole and len(on_stamps) == 2


def test_bins_of_strength_hold_each_source_once() -> None:
    bins = [line for line in FOUND.lines if line.part.startswith("sources of")]
    assert sum(line.sources for line in bins) == (EXAM.label == REAL).sum()


def test_each_row_of_the_confusion_is_a_whole() -> None:
    for number, row in enumerate(FOUND.confusion):
        assert sum(row.called) == pytest.approx(1)
        assert row.right.value == pytest.approx(row.called[number])
    assert [row.label for row in FOUND.confusion] == list(LABELS)


def test_a_declined_stamp_is_counted_and_called_nothing() -> None:
    ours = EXAM.ours.copy()
    ours[0, :6] = np.nan
    found = simulated(replace(EXAM, ours=ours), seed=1)
    assert found.declined == 6
    kept = replace(
        EXAM,
        **{name: column[..., 6:] for name, column in vars(EXAM).items() if name != "ours"},
        ours=EXAM.ours[:, 6:],
    )
    assert found.headline == simulated(kept, seed=1).headline


def test_what_was_never_drawn_gets_no_figure() -> None:
    found = simulated(replace(EXAM, label=np.where(EXAM.label == 4, 3, EXAM.label)), seed=1)
    line = next(line for line in found.lines if line.part.endswith("satellite_trail"))
    assert line.artefacts == 0 and np.isnan(line.auc.value)
    assert found.confusion[4].count == 0


def test_each_network_has_one_vote() -> None:
    ours = np.zeros((4, 1, 5))
    ours[[0, 1, 2, 3], 0, [0, 0, 0, 2]] = 1
    assert called(ours).tolist() == [[0.75, 0, 0.25, 0, 0]]


def test_only_rubin_s_alerts_are_asked_for_flags() -> None:
    counts = {line.flag: line.count for line in FLAGS.lines}
    assert counts["isDipole"] == SCORED.dipole.sum() > 0
    assert FLAGS.alerts == (SCORED.survey == "lsst").sum() == sum(counts.values())


def test_a_flag_s_alerts_are_called_by_the_likeliest_label() -> None:
    dipoles = FLAGS.lines[0]
    assert np.argmax(dipoles.called) == np.argmax(dipoles.probability) == 1
    assert dipoles.probability[REAL] == pytest.approx(dipoles.real.value)


def test_asteroids_stand_against_flagged_alerts() -> None:
    assert FLAGS.auc.value > 0.9
    assert FLAGS.flagged == (SCORED.dipole | SCORED.cosmic_ray | SCORED.streak).sum()


def test_without_flags_there_is_no_figure() -> None:
    nothing = np.zeros_like(SCORED.dipole)
    found = flags(replace(SCORED, dipole=nothing, cosmic_ray=nothing, streak=nothing), seed=1)
    assert np.isnan(found.auc.value) and found.lines[0].count == 0
