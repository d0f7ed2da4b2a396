"""Priors all the way: in a batch, in a record, to its reader, into a lake, before a filter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import gueststar
from broker.assembly import build
from broker.errors import SettingsError
from broker.settings import read_settings
from filters.alerts import Alerts, Table
from filters.builtin.agn_flares import agn_flares
from filters.builtin.type_ia_supernovae import type_ia_supernovae
from filters.expressions.parser import read
from filters.expressions.program import Program
from gueststar.alert import Alert, rows
from gueststar.testing import crowd
from lake.reading import Lake
from lake.writing import LakeWriter
from replay.invention import invent
from schemas.annotation import Annotations
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.enriched import Enricher
from schemas.errors import FilterError, ModelError
from schemas.natural import NATURAL
from schemas.prior import EVEN, Priors, shares_of
from schemas.scored import noted, priors, scored

Rows = NDArray[np.int64]
NETWORKS = ("supernova", "lightcurve")
LABELS = tuple(NATURAL["supernova"].shares)
OWN = {"supernova": dict.fromkeys(LABELS, 1.0) | {"SNII": 9.0}}
ALERTS = 40
ASKED = ('score("supernova", "SNIa") > 0.3', 'score_at_even_odds("supernova", "SNIa") > 0.3')


@pytest.fixture(scope="module")
def batch() -> AlertBatch:
    """Alerts with scores of every network, at the natural prior, some declined."""
    packets = [each.packet for each in invent(ALERTS, seed=3)]
    return replace(Decoder().decode(packets), learned=crowd(ALERTS, seed=3).learned)


def published(batch: AlertBatch) -> list[bytes]:
    """Its enriched records."""
    models = [(name, "1", "ab" * 32) for name in NETWORKS]
    ingested = np.zeros(len(batch), np.int64)
    return Enricher().encode(batch, Annotations("1", models, ingested, 0, batch.learned))


def read_again(packets: list[bytes]) -> AlertBatch:
    """As a subscriber has them."""
    found = Decoder(rescore=True).decode(packets)
    return scored(found, noted(found))


def assert_same_scores(one: AlertBatch, other: AlertBatch) -> None:
    for name in NETWORKS:
        assert one.learned[name].prior == other.learned[name].prior
        np.testing.assert_allclose(one.scores[name], other.scores[name], atol=1e-6)


@pytest.mark.parametrize("prior", ["natural", "even", OWN])
def test_a_record_says_by_which_prior_its_scores_are(batch: AlertBatch, prior: Priors) -> None:
    sent = batch.with_prior(prior)
    again = read_again(published(sent))
    for name in NETWORKS:
        assert again.learned[name].prior == sent.learned[name].prior
        np.testing.assert_array_equal(again.scores[name], sent.scores[name])
    assert_same_scores(again.with_prior("natural"), batch)


def test_alerts_of_several_priors_stand_beside_each_other_at_even_odds(batch: AlertBatch) -> None:
    ways: list[AlertBatch] = [batch, batch.with_prior("even"), batch.with_prior(OWN)]
    packets = [published(ways[row % 3])[row] for row in range(ALERTS)]
    again = read_again(packets)
    assert_same_scores(again, batch.with_prior("even"))
    said = [priors(note)["supernova"] for note in noted(again) if "supernova" in note["scores"]]
    assert {len(each) for each in said} == {0, len(LABELS)}


def test_a_subscriber_has_what_was_published_and_changes_it(batch: AlertBatch) -> None:
    even = batch.with_prior("even")
    for row, (one, other) in enumerate(zip(alerts_of(batch), alerts_of(even), strict=True)):
        assert one.priors.get("supernova", {}).keys() == set(LABELS)
        assert one.with_prior("natural").scores == one.scores
        for name, found in one.with_prior("even").scores.items():
            assert found == pytest.approx(other.scores[name], abs=1e-6), row
        back = one.with_prior(OWN).with_prior("natural")
        for name, found in back.scores.items():
            assert found == pytest.approx(one.scores[name], abs=1e-6), row
    with pytest.raises(ModelError, match="a prior of 'supernoav' is given"):
        one.with_prior({"supernoav": "even"})


def alerts_of(batch: AlertBatch) -> list[Alert]:
    """One by one, with the scores of those that did not decline."""
    scores = [
        {
            name: dict(zip(each.columns, each.values[row].tolist(), strict=True))
            for name, each in batch.learned.items()
            if not np.isnan(each.values[row]).any()
        }
        for row in range(len(batch))
    ]
    return [one for one in rows(batch, scores, [()] * len(batch)) if "supernova" in one.scores]


def test_a_lake_has_scores_at_even_odds_and_gives_them_at_the_natural_prior(
    batch: AlertBatch, tmp_path: Path
) -> None:
    with LakeWriter(tmp_path, version="test", with_packets=True) as writer:
        writer.add(batch.with_prior(OWN))
    (found,) = Lake(tmp_path).tables()
    order = np.argsort(found.column("alert_id"))
    own = np.argsort(batch.alert_id)
    even = batch.with_prior("even").score("supernova", "SNIa")
    kept = found.learned_column("supernova", "SNIa")
    np.testing.assert_allclose(kept[order], even[own], atol=1e-6)
    again = found.batch()
    assert_same_scores(again.take(order), batch.take(own))
    decided(found, batch, order, own)


def decided(one: Table, other: Table, order: Rows, own: Rows) -> None:
    """Filters judge those rows of both alike."""
    for selection in (type_ia_supernovae, agn_flares):
        trace = selection.judge(one).trace[order]
        np.testing.assert_array_equal(trace, selection.judge(other).trace[own])


@pytest.mark.parametrize("prior", ["even", OWN])
def test_filters_cut_on_what_they_mean_whatever_was_published(
    batch: AlertBatch, prior: Priors
) -> None:
    everything = np.arange(len(batch))
    other = batch.with_prior(prior)
    decided(other, batch, everything, everything)
    for label in LABELS:
        for wanted in ("natural", "even", OWN["supernova"]):
            expected = Alerts(batch).score("supernova", label, wanted)
            given = Alerts(other).score("supernova", label, wanted)
            np.testing.assert_allclose(given, expected, atol=1e-6)


def test_filters_of_text_ask_for_both_priors(batch: AlertBatch) -> None:
    program = Program([[read(text)] for text in ASKED])
    for one in (batch, batch.with_prior("even")):
        traces = program.traces(one).trace
        for trace, prior in zip(traces, ("natural", "even"), strict=True):
            expected = batch.with_prior(prior).score("supernova", "SNIa") > 0.3  # type: ignore[arg-type]
            np.testing.assert_array_equal(trace == -1, expected)


def test_a_filter_with_a_prior_that_is_none_is_told_the_label(batch: AlertBatch) -> None:
    with pytest.raises(FilterError, match="'supernova' lacks 'SNII'; give each label a share"):
        Alerts(batch).score("supernova", "SNIa", {"SNIa": 0.5})


def test_scoring_is_at_the_natural_prior_unless_another_is_named(packets: list[bytes]) -> None:
    natural, even, own = (gueststar.decode(packets) for _ in range(3))
    gueststar.score(natural)
    gueststar.score(even, prior="even")
    gueststar.score(own, prior=OWN)
    labels = natural.score_labels["supernova"]
    expected = (
        shares_of("supernova", labels, each) for each in ("natural", "even", OWN["supernova"])
    )
    for batch, prior in zip((natural, even, own), expected, strict=True):
        assert batch.learned["supernova"].prior == prior
        assert batch.learned["realbogus"].prior == EVEN
        assert_same_scores(batch.with_prior("natural"), natural)
    with pytest.raises(ModelError, match=r"'supernova' lacks 'SNII'"):
        gueststar.score(even, prior={"supernova": {"SNIa": 1}})


CONFIG = """
[topics]
input = ["alerts"]
[classifiers]
names = ["supernova"]
{prior}
[metrics]
port = 0
"""


@pytest.mark.parametrize(
    ("prior", "expected"),
    [
        ("", "natural"),
        ('prior = "even"', "even"),
        (
            "priors.supernova = {"
            + ", ".join(f'"{k}" = {v}' for k, v in OWN["supernova"].items())
            + "}",
            OWN["supernova"],
        ),
    ],
)
def test_a_worker_scores_at_the_prior_of_its_settings(
    tmp_path: Path, prior: str, expected: object
) -> None:
    path = tmp_path / "gueststar.toml"
    path.write_text(CONFIG.format(prior=prior))
    (stage,) = build(read_settings(path)).stages
    assert stage.gives[0].prior == shares_of("supernova", LABELS, expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        (
            "priors.supernova = {SNIa = 1}",
            r"the prior of 'supernova' lacks 'SNII'; give each label",
        ),
        ("priors.supernova = {SNla = 1}", r"has a label 'SNla' too many; did you mean 'SNIa'\?"),
        ("priors.realbogus = {real = 1}", r"a prior of 'realbogus' is given, which scores nothing"),
        ("priors.supernova = {SNIa = 0}", r"priors.supernova.SNIa = 0 is out of bounds"),
    ],
)
def test_a_wrong_prior_is_told_before_anything_runs(
    tmp_path: Path, prior: str, message: str
) -> None:
    path = tmp_path / "gueststar.toml"
    path.write_text(CONFIG.format(prior=prior))
    with pytest.raises((ModelError, SettingsError), match=message):
        build(read_settings(path))
