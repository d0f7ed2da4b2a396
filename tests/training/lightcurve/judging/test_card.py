"""The two cards: every figure in them, none that is not one, and tables that hold together."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from schemas.errors import ModelError
from tests.training.lightcurve.judging import invented
from training.lightcurve.answers import SERVED as SERVED_FOLD
from training.lightcurve.calibration import chances_of
from training.lightcurve.judging import tables
from training.lightcurve.judging.card import Card
from training.lightcurve.judging.evaluation import (
    SixBand,
    Ztf,
    six_band,
    ztf_network,
)
from training.lightcurve.judging.origin import File, Origin, sources, sources_table
from training.lightcurve.judging.outcome import (
    FLOAT,
    SERVED,
    T2,
    TREES,
    TREES_GP,
    Redshift,
    ZtfOutcome,
)
from training.lightcurve.judging.sample import CALIBRATION
from training.lightcurve.judging.ztf_card import ZtfCard
from training.lightcurve.judging.ztf_headlines import claimed, types_of
from training.lightcurve.ztf_answers import Answers
from training.tables import LINE_MAX

ROUNDS = 120
ORIGIN = Origin(
    name="lightcurve",
    version="0.1.0",
    file=File("lightcurve.onnx", 54_321, "5ea1"),
    weights=22_345,
    data_sha256="da7a",
    folds_sha256="f01d",
    seed=0,
    seeds=(0, 1),
    layout="1a70",
    command="python -m training.lightcurve all",
    input="rows, float32 (n, 500)",
    inside="scaling, two blocks,\na softmax",
    declines="a NaN row without a detection",
    counts={"SNIa": 2313, "KN": 102},
    sources="| file |\n| --- |\n| one |",
    recipe="Forty epochs.",
    split="Five folds.",
    calibration="One temperature.",
    selection="Three recipes were tried.",
    speed="| step | µs |\n|---|---|\n| all | 31 |",
    compression="| step | kB |\n|---|---|\n| float | 98 |",
)


@pytest.fixture(scope="module")
def found() -> SixBand:
    rivals = [
        invented.outcome(FLOAT, 4.1, seed=2),
        invented.outcome(T2, 3.0, seed=3, early=False),
        invented.outcome(TREES, 3.2, seed=4, seeds=1),
        invented.outcome(TREES_GP, 4.3, seed=5, seeds=1),
    ]
    left_out = [invented.left_out(name) for name in ("KN", "TDE", "uLens-Single")]
    given = invented.GIVEN
    outcomes = [invented.outcome(SERVED), *rivals]
    checked = invented.only_held_out(invented.outcome("the file", seeds=1))
    return six_band(
        outcomes,
        left_out,
        invented.three_types(),
        given,
        answers=invented.six_band_answers(),
        cases=invented.cases(),
        checked=[checked],
        rounds=ROUNDS,
    )


@pytest.fixture(scope="module")
def ztf_found() -> Ztf:
    answers = invented.ztf_answers()
    learnt = invented.learnt(answers)
    return ztf_network(answers, learnt, [trees_of(answers)], invented.GIVEN, ROUNDS)


def trees_of(answers: Answers) -> ZtfOutcome:
    """A rival who knows less of the same objects."""
    some = answers.take(np.flatnonzero(answers.fold != SERVED_FOLD))
    fainter = replace(some, logits=(some.logits / 4).astype(np.float16))
    return types_of(fainter, chances_of(fainter.logits.astype(np.float64)), TREES)


RUBIN = "## Rubin's own alerts\n\nA few.\n"


@pytest.fixture(scope="module")
def texts(found: SixBand, ztf_found: Ztf) -> list[str]:
    return [Card(ORIGIN, found, RUBIN).text(), ZtfCard(ORIGIN, ztf_found).text()]


def test_a_card_names_its_file_and_what_made_it(texts: list[str]) -> None:
    for text in texts:
        assert text.startswith("# lightcurve 0.1.0\n")
        assert "| sha256 | `5ea1` |" in text and "54,321 bytes, 22,345 weights" in text
        assert "```\npython -m training.lightcurve all\n```" in text
        assert "scaling, two blocks, a softmax |" in text and "**balanced**" in text
        assert "| together | 2,415 |" in text and "| float | 98 |" in text
        assert "BSD-3-Clause" in text and "(../docs/lightcurve.md)" in text
        for said in (ORIGIN.recipe, ORIGIN.split, ORIGIN.calibration, ORIGIN.selection):
            assert said in text


def test_a_card_holds_what_was_measured(texts: list[str], found: SixBand, ztf_found: Ztf) -> None:
    line = found.lines[SERVED, Redshift.WITH]
    for name, pooled in line.pooled.items():
        places = tables.PLACES.get(name, 3)
        assert tables.figure(pooled, places) in texts[0]
        assert name == CALIBRATION or tables.figure(line.folds[name], places) in texts[0]
    assert all(tables.figure(one) in texts[0] for one in line.by_class)
    for early in found.early:
        assert tables.figure(early.flat[0]) in texts[0]
    assert all(tables.figure(one.gain) in texts[0] for one in found.changes)
    assert claimed(texts[0]) == pytest.approx(found.headlines, abs=1e-4)
    for window in ztf_found.windows:
        assert tables.figure(window.flat) in texts[1]
        assert tables.figure(window.auc_folds) in texts[1]


def test_the_served_file_is_checked_on_what_was_held_out_alone(found: SixBand) -> None:
    first = found.check[0]
    assert first.model == "the file" and first.objects == 80
    assert f"| {tables.figure(first.held_out)} | – | – | – |" in tables.held_out_table(found.check)


def test_published_figures_are_quoted_as_of_another_split(texts: list[str]) -> None:
    assert "| t2 (arXiv:2105.06178; published, other split) | 0.507 | 0.873 | – |" in texts[0]
    assert "| boosted trees, as quoted | +20 d | – | – | 1.249 | – | 0.851 | – |" in texts[1]


def test_every_goal_says_by_how_much(texts: list[str], found: SixBand) -> None:
    table = tables.goals_table(found.goals)
    assert table in texts[0]
    assert len(re.findall(r"(?:met|\*\*missed\*\*) by [\d,.]+ \|", table)) == len(found.goals)
    assert "| file of at most 60,320 bytes | 50,000 | met by 10,320 |" in table
    assert "| at most 50 µs an alert, one thread, batch 32 | 62.5 | **missed** by 12.5 |" in table


def test_nothing_that_is_no_number_stands_in_a_card(texts: list[str]) -> None:
    for text in texts:
        assert not re.search(r"\b(nan|inf|None)\b", text)


def test_every_row_of_a_table_is_as_wide_as_its_head(texts: list[str]) -> None:
    for text in texts:
        for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            assert len({line.count("|") for line in block.splitlines()}) == 1, block


def test_prose_is_wrapped(texts: list[str]) -> None:
    for text in texts:
        prose = [line for line in text.splitlines() if not line.startswith("|")]
        assert max(map(len, prose)) <= LINE_MAX


def test_the_sources_are_the_manifest_s(tmp_path: Path) -> None:
    (tmp_path / "MANIFEST.tsv").write_text(
        "path\tsource\tlicence\tsha256\twhat\n"
        "a/one.csv\tgithub:x/y@1\tnone\t0123456789abcdef0123\tcurves | points\n"
        "b/two.csv\tZenodo\tCC-BY\tffff\tlabels\n"
    )
    found = sources(tmp_path, ["a/"])
    assert [one.path for one in found] == ["a/one.csv"]
    table = sources_table(found)
    assert (
        "| `a/one.csv` | curves / points | github:x/y@1 | none stated | `0123456789abcdef` |"
        in table
    )
    with pytest.raises(ModelError, match="says nothing of c/"):
        sources(tmp_path, ["c/"])
    with pytest.raises(ModelError, match="is missing"):
        sources(tmp_path / "none", ["a/"])
