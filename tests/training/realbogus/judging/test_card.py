"""The model card: every figure in it, and none that is not one."""

from __future__ import annotations

import re

import pytest

from tests.training.realbogus.judging.invented_outcome import outcome
from training.bootstrap import Measured
from training.realbogus.judging import tables
from training.realbogus.judging.agreement import OURS
from training.realbogus.judging.card import Card, Origin
from training.realbogus.judging.evaluation import Evaluation, evaluated
from training.tables import LINE_MAX

ORIGIN = Origin(
    name="realbogus",
    version="0.2.0",
    size_bytes=98765,
    sha256="5ea1",
    data_sha256="da7a",
    seed=0,
    seeds=(0, 1, 2),
    stamp_pixels=63,
    inside="each plane's sky and noise, a stretch, three convolutions",
    recipe="Forty epochs.",
    training={"injected sources": 12345, "drawn artefacts": 6789},
    splits="By night and field.",
    calibration="One temperature.",
    selection="Three recipes were tried on an inner split.",
    surveys="| AUC | one network |",
    compression="| step | kB |\n|---|---|\n| float | 98 |\n",
)


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return evaluated(outcome(), seed=1)


@pytest.fixture(scope="module")
def text(evaluation: Evaluation) -> str:
    return Card(ORIGIN, evaluation).text()


def test_the_card_names_its_file(text: str) -> None:
    assert text.startswith("# realbogus 0.2.0\n")
    assert re.findall(r"\| sha256 \| `(\w+)` \|", text) == ["5ea1"]
    assert "98,765 bytes" in text and "`da7a`" in text and "BSD-3-Clause" in text


def test_the_card_says_how_it_was_made(text: str) -> None:
    assert "| injected sources | 12,345 |" in text
    for said in (
        ORIGIN.recipe,
        ORIGIN.splits,
        ORIGIN.calibration,
        ORIGIN.selection,
        "| float | 98 |",
    ):
        assert said in text
    assert "(../docs/realbogus.md)" in text


def test_the_card_holds_the_figures_and_what_they_are_called(
    text: str, evaluation: Evaluation
) -> None:
    agreement, simulated = evaluation.agreement, evaluation.simulated
    for one in (
        agreement.headline.auc[OURS],
        simulated.headline.auc,
        evaluation.calibrations[0].error,
        evaluation.flags.auc,
    ):
        assert tables.figure(one) in text
    assert tables.share(evaluation.recall.headline.passing[OURS]) in text
    assert "**not truth**" in text and "**simulated**" in text
    assert "not measurable: needs 1,000" in text


def test_nothing_that_is_no_number_stands_in_the_card(text: str) -> None:
    assert not re.search(r"\b(nan|inf|None)\b", text)


def test_every_row_of_a_table_is_as_wide_as_its_head(text: str) -> None:
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({line.count("|") for line in block.splitlines()}) == 1, block


def test_prose_is_wrapped_and_tables_are_not(text: str) -> None:
    prose = [line for line in text.splitlines() if not line.startswith("|")]
    assert max(map(len, prose)) <= LINE_MAX


def test_an_interval_drawn_by_alert_is_marked() -> None:
    assert tables.figure(Measured(0.5, 0.4, 0.6, 0.1)) == "0.500 (0.400 to 0.600)"
    assert tables.figure(Measured(0.5, 0.4, 0.6, 0.1, True)) == "0.500 (0.400 to 0.600†)"
    assert tables.figure(Measured(0.5)) == "0.500"
    assert tables.figure(Measured(float("nan"))) == "–"
