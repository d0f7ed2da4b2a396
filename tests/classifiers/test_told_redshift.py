"""A redshift is read with its error, said to be, and changes nothing where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.classifier import Scoring
from classifiers.lightcurve import LightCurveClassifier, lightcurve, supernova
from classifiers.luminosities import Luminosities
from classifiers.observations.layout import CONTEXT, ROW
from classifiers.observations.rows import rows, with_redshift
from classifiers.redshift import GIVES as REDSHIFT
from classifiers.served import served
from classifiers.told_redshift import GIVES, ToldRedshift, moduli
from gueststar.testing import check_stage
from gueststar.testing.crowd import crowd
from schemas.batch import AlertBatch, Floats
from schemas.distances import distance_modulus
from schemas.errors import ModelError
from schemas.learned import Learned
from tests.classifiers.observations.curves import Point, batch_of

NOW = 60000.0
NAN = float("nan")


def rising(system: str = "ztf") -> AlertBatch:
    """A supernova of magnitude 18.3, seen for twelve days."""
    points = [
        Point(NOW + day + 0.01 * code, code, 30_000.0 * (1 + (day + 12) / 4), 1_500.0)
        for day in np.arange(-12.0, 0.1, 3.0)
        for code in (1, 2)
    ]
    return batch_of(system, [NOW + 0.03], [points])


def with_learned(batch: AlertBatch, source: float, z: float, error: float) -> AlertBatch:
    values = np.full((len(batch), len(REDSHIFT)), np.nan)
    values[:, :3] = source, z, error
    batch.learned["redshift"] = Learned("values", REDSHIFT, values)
    return batch


def said(network: LightCurveClassifier, batch: AlertBatch) -> tuple[Floats, Floats]:
    scores, read = ToldRedshift(network).run(batch)
    return np.asarray(scores[0], np.float64), np.asarray(read[0], np.float64)


@pytest.fixture(scope="module")
def ztf() -> LightCurveClassifier:
    return supernova()


@pytest.fixture(scope="module")
def rubin() -> LightCurveClassifier:
    return lightcurve()


def test_without_a_redshift_both_say_what_they_say_alone(
    ztf: LightCurveClassifier, rubin: LightCurveClassifier
) -> None:
    for network in (ztf, rubin):
        batch = with_learned(rising(network.system), 0.0, NAN, NAN)
        scores, read = said(network, batch)
        np.testing.assert_array_equal(scores, Scoring(network).run(batch)[0][0])
        assert np.isnan(read).all()


def test_a_supernova_of_type_ia_s_luminosity_is_rather_one_and_the_rest_stays(
    ztf: LightCurveClassifier,
) -> None:
    labels = ztf.labels
    alone = np.asarray(ztf.score(rising())[0], np.float64)
    (far, read), (near, _) = (
        said(ztf, with_learned(rising(), 1.0, z, 0.001)) for z in (0.068, 0.008)
    )
    assert dict(zip(GIVES, read, strict=True)) == {
        "source": 1.0,
        "redshift": 0.068,
        "redshift_err": 0.001,
    }
    ia = labels.index("SNIa")
    assert far[ia] > alone[ia] > near[ia], "of magnitude -19.3, and of -14.6"
    others = [labels.index(one) for one in ("TDE", "AGN", "star")]
    np.testing.assert_array_equal(far[others].astype(np.float32), alone[others].astype(np.float32))
    assert far.sum() == pytest.approx(1.0, abs=1e-5)


def test_rubin_s_network_reads_it_as_if_the_packet_had_said_it(rubin: LightCurveClassifier) -> None:
    scores, _ = said(rubin, with_learned(rising("lsst"), 1.0, 0.3, 0.02))
    curves = rising("lsst").light_curve
    told = np.array([[0.3, 0.02, float(distance_modulus(np.array([0.3]))[0])]])
    np.testing.assert_allclose(scores, rubin.score_light_curves(curves, told)[0], atol=1e-6)


def test_cells_of_a_redshift_are_those_that_the_loops_write() -> None:
    curves = rising("lsst").light_curve
    told = np.array([[0.3, 0.02, 41.0]])
    bare = rows(curves, np.full((1, 3), NAN))
    np.testing.assert_array_equal(with_redshift(bare, told), rows(curves, told))
    assert bare[0, CONTEXT.index("redshift_known")] == 0
    assert with_redshift(bare, np.full((1, 3), NAN)) is bare
    assert bare.shape == (1, ROW)


@given(
    st.floats(1e-3, 3), st.floats(1e-4, 1), st.floats(10, 30), st.floats(0, 300), st.integers(0, 99)
)
def test_types_keep_their_share_and_a_distance_that_is_not_known_says_little(
    z: float, error: float, magnitude: float, days: float, seed: int
) -> None:
    types = Luminosities.read()
    labels = (*types.labels, "AGN")
    scores = np.random.default_rng(seed).dirichlet(np.ones(len(labels)), 1)
    modulus, spread = moduli(np.array([z]), np.array([error]))
    likely = types.likelihoods(magnitude - modulus, spread, np.array([days]))
    found = types.updated(labels, scores, likely)
    np.testing.assert_allclose(found.sum(), 1, atol=1e-5)
    np.testing.assert_allclose(found[:, -1], scores[:, -1], rtol=1e-6)
    vague = types.likelihoods(np.array([-18.5]), np.array([30.0]), np.array([days]))
    assert vague.max() / vague.min() < 1.05


def test_it_keeps_the_rules_of_stages_with_its_layer_and_without(ztf: LightCurveClassifier) -> None:
    batch = with_learned(crowd(), 1.0, 0.05, 0.001)
    check_stage(ToldRedshift(ztf), alerts=batch)
    check_stage(ToldRedshift(ztf, embedded=True), alerts=batch)


def test_it_is_served_where_a_stage_gives_redshifts_and_after_it() -> None:
    stages = served(("supernova",), ("redshift",), ("supernova",))
    assert [stage.identity.name for stage in stages] == ["redshift", "supernova"]
    assert [one.name for one in stages[1].gives] == [
        "supernova",
        "supernova_embedding",
        "supernova_redshift",
    ]
    assert not any(isinstance(stage, ToldRedshift) for stage in served(("supernova",)))


def test_a_file_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(ModelError, match=r"other\.json"):
        Luminosities.read(tmp_path / "other.json")
