"""Light curves are scored by the network of their own system, or declined."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from classifiers.classifier import Classifier, Scoring
from classifiers.lightcurve import LightCurveClassifier, lightcurve, supernova
from classifiers.observations import shared
from classifiers.observations.gathering import gathered
from classifiers.observations.layout import HISTORY, HISTORY_LAYOUT, REDSHIFT, ROW
from classifiers.observations.rows import rows
from classifiers.served import in_reading_order
from schemas.batch import AlertBatch, Floats, LightCurves
from schemas.columns import SYSTEMS
from schemas.errors import ModelError
from tests.classifiers.observations.curves import Point, batch_of
from tests.classifiers.row_network import LABELS, network_file

NOW = 60000.0
LSST, ZTF = SYSTEMS.index("lsst"), SYSTEMS.index("ztf")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("networks")


@pytest.fixture(scope="module")
def network(folder: Path) -> LightCurveClassifier:
    """Of random weights, taught Rubin's fluxes; at least two detections."""
    return lightcurve(network_file(folder / "lightcurve.onnx"))


@pytest.fixture(scope="module")
def ztf_network(folder: Path) -> LightCurveClassifier:
    """Of random weights, taught ZTF's fluxes, and told history."""
    said = {"name": "supernova", "system": "ztf", "layout": HISTORY_LAYOUT}
    return supernova(network_file(folder / "supernova.onnx", said, width=ROW + len(HISTORY)))


def curve(detections: int, seed: int = 0) -> list[Point]:
    """So many detections up to NOW, of drawn fluxes, after one point that is none."""
    rng = np.random.default_rng(seed)
    seen = [
        Point(NOW - away, band=int(rng.integers(1, 3)), flux_njy=float(rng.uniform(500, 5000)))
        for away in range(detections)
    ]
    return [Point(NOW - 29, detected=False), *seen[::-1]]


def declined(scores: NDArray[np.float32]) -> list[bool]:
    """By row; one is declined as a whole."""
    missing = np.isnan(scores)
    np.testing.assert_array_equal(missing.all(axis=1), missing.any(axis=1))
    whole: list[bool] = missing[:, 0].tolist()
    return whole


def test_it_is_a_classifier_whose_file_says_what_it_is(network: LightCurveClassifier) -> None:
    assert isinstance(network, Classifier)
    assert (network.identity.name, network.labels) == ("lightcurve", LABELS)
    assert network.detections_min == 2
    assert in_reading_order([network]) == (Scoring(network),)
    network.warm_up()


def test_rows_with_enough_detections_get_probabilities(network: LightCurveClassifier) -> None:
    batch = batch_of("lsst", [NOW] * 4, [curve(count, count) for count in (0, 1, 2, 9)])
    scores = network.score(batch)
    assert scores.dtype == np.float32 and scores.shape == (4, len(LABELS))
    assert declined(scores) == [True, True, False, False]
    np.testing.assert_allclose(scores[2:].sum(axis=1), 1, atol=1e-6)


def test_detections_of_forced_photometry_count(network: LightCurveClassifier) -> None:
    faint = Point(NOW - 3, flux_njy=400.0)
    forced = [[faint], [faint._replace(detected=False)]]
    batch = batch_of("lsst", [NOW] * 2, [[Point(NOW)]] * 2, forced)
    assert declined(network.score(batch)) == [False, True]


def test_a_network_reads_the_fluxes_of_its_own_system_alone(
    network: LightCurveClassifier, ztf_network: LightCurveClassifier
) -> None:
    batch = batch_of([ZTF, LSST, -1], [NOW] * 3, [curve(5)] * 3)
    assert declined(network.score(batch)) == [True, False, True]
    assert declined(ztf_network.score(batch)) == [False, True, True]


def test_a_row_does_not_depend_on_the_rows_beside_it(network: LightCurveClassifier) -> None:
    counts = [3, 0, 12, 1, 40, 5, 80, 2]
    batch = batch_of("lsst", [NOW] * len(counts), [curve(each, each) for each in counts])
    together = network.score(batch)
    alone = [network.score(batch.take(np.array([row]))) for row in range(len(counts))]
    np.testing.assert_allclose(np.concatenate(alone), together, atol=1e-6)
    backwards = network.score(batch.take(np.arange(len(counts))[::-1]))
    np.testing.assert_allclose(backwards[::-1], together, atol=1e-6)


def test_light_curves_from_elsewhere_score_as_those_of_alerts(
    network: LightCurveClassifier,
) -> None:
    batch = batch_of("lsst", [NOW] * 3, [curve(each, each) for each in (1, 4, 7)])
    unknown = np.full((3, len(REDSHIFT)), np.nan)
    given = network.score_light_curves(gathered(batch, "lsst"), unknown)
    np.testing.assert_array_equal(given, network.score(batch))


def test_the_host_s_redshift_reaches_the_network(
    network: LightCurveClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Floats] = []

    def noted(curves: LightCurves, redshift: Floats) -> NDArray[np.float32]:
        seen.append(redshift)
        return rows(curves, redshift)

    monkeypatch.setattr(shared, "rows", noted)
    batch = batch_of("lsst", [NOW] * 2, [curve(1), curve(3)])
    batch.host_photoz[1], batch.host_photoz_err[1], batch.distance_modulus[1] = 0.2, 0.1, 40.0
    network.score(batch)
    np.testing.assert_array_equal(seen, [[[np.nan] * 3, [0.2, 0.1, 40.0]]])


def test_only_rows_that_are_not_declined_reach_the_network(
    network: LightCurveClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    run = network._session.run

    def noted(some: NDArray[np.float32]) -> NDArray[np.float32]:
        told.append(len(some))
        return run(some)

    monkeypatch.setattr(network._session, "run", noted)
    batch = batch_of([LSST, ZTF, LSST], [NOW] * 3, [curve(1), curve(5), curve(5)])
    network.score(batch)
    assert told == [1]


def with_history(age_days: float, detections: int) -> AlertBatch:
    """Of one ZTF alert whose light curve holds four detections in three days."""
    batch = batch_of("ztf", [NOW], [curve(4)])
    return replace(batch, age_days=np.array([age_days]), detections=np.array([detections]))


def test_what_was_before_the_packet_reaches_the_network(ztf_network: LightCurveClassifier) -> None:
    assert {"age_days", "detections"} <= set(ztf_network.reads)
    told = [ztf_network.score(with_history(*one)) for one in ((3, 4), (900, 4), (3, 60))]
    assert np.abs(told[0] - told[1]).max() > 1e-4 < np.abs(told[0] - told[2]).max()


@pytest.mark.parametrize("told", [(np.nan, 0), (1.0, 2), (-5.0, -1)])
def test_who_says_less_than_his_light_curve_shows_is_believed_the_light_curve(
    ztf_network: LightCurveClassifier, told: tuple[float, int]
) -> None:
    batch = with_history(*told)
    wanted = ztf_network.score(with_history(3.0, 4))
    np.testing.assert_array_equal(ztf_network.score(batch), wanted)
    curves, unknown = gathered(batch, "ztf"), np.full((1, len(REDSHIFT)), np.nan)
    np.testing.assert_array_equal(ztf_network.score_light_curves(curves, unknown), wanted)
    before = np.array([[900.0, 60.0]])
    older = ztf_network.score_light_curves(curves, unknown, before=before)
    np.testing.assert_array_equal(older, ztf_network.score(with_history(900.0, 60)))


def test_a_network_that_is_told_no_history_reads_none(network: LightCurveClassifier) -> None:
    assert not {"age_days", "detections"} & set(network.reads)
    batch = batch_of("lsst", [NOW], [curve(4)])
    older = replace(batch, age_days=np.array([900.0]), detections=np.array([60]))
    np.testing.assert_array_equal(network.score(older), network.score(batch))


@pytest.mark.parametrize("system", ["ztf", "lsst"])
def test_no_alerts_give_no_scores(
    network: LightCurveClassifier, ztf_network: LightCurveClassifier, system: str
) -> None:
    batch = batch_of(system, [], [])
    for one in (network, ztf_network):
        assert one.score(batch).shape == (0, len(LABELS))


INF, NAN, LARGE = np.inf, np.nan, 1e300
HOSTILE = {
    "nothing": [],
    "no flux": [Point(NOW, flux_njy=NAN, flux_err_njy=NAN)] * 3,
    "no band": [Point(NOW, band=-1)] * 3,
    "a band that there is not": [Point(NOW, band=99)] * 3,
    "infinite flux": [Point(NOW, flux_njy=INF), Point(NOW, flux_njy=-INF), Point(NOW)],
    "large flux": [Point(NOW, flux_njy=LARGE), Point(NOW, flux_njy=-LARGE)],
    "errors of nothing": [Point(NOW, flux_err_njy=each) for each in (0.0, -1.0, NAN, INF, LARGE)],
    "tiny errors": [Point(NOW, flux_err_njy=1e-300)] * 3,
    "no time between": [Point(NOW)] * 50,
    "all time between": [Point(-INF), Point(-LARGE), Point(0.0), Point(NOW)],
    "limits of nothing": [Point(NOW, flux_njy=NAN, limit_mag=x) for x in (INF, -INF, LARGE)],
    "one thing twice": [Point(NOW, flux_njy=0.0), Point(NOW - 1, flux_njy=0.0)],
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("system", ["ztf", "lsst"])
def test_hostile_light_curves_are_scored_or_declined(
    network: LightCurveClassifier, ztf_network: LightCurveClassifier, name: str, system: str
) -> None:
    points = sorted(HOSTILE[name], key=lambda one: one.mjd)
    batch = batch_of(system, [NOW] * 3, [curve(4), points, curve(3)])
    scores = {"lsst": network, "ztf": ztf_network}[system].score(batch)
    assert not declined(scores)[0] and not declined(scores)[2]
    fine = scores[~np.isnan(scores).any(axis=1)]
    np.testing.assert_allclose(fine.sum(axis=1), 1, atol=1e-5)
    as_archive = network.score_light_curves(batch.light_curve, np.full((3, 3), np.nan))
    declined(as_archive)


def test_detections_that_a_row_cannot_hold_are_none(network: LightCurveClassifier) -> None:
    curves = [[Point(NOW - 1, band=-1), Point(NOW)], [Point(NOW - 1, flux_err_njy=0.0), Point(NOW)]]
    assert declined(network.score(batch_of("lsst", [NOW] * 2, curves))) == [True, True]


def test_hostile_redshifts_leave_finite_rows() -> None:
    curves = batch_of("lsst", [NOW] * 3, [curve(4)] * 3).light_curve
    redshift = np.array([[NAN, 0.1, 40.0], [0.1, NAN, 40.0], [0.1, 0.1, NAN]])
    assert np.isfinite(rows(curves, redshift)).all()


def test_a_light_curve_of_a_million_points_is_scored(network: LightCurveClassifier) -> None:
    many = 1_000_000
    rng = np.random.default_rng(3)
    points = LightCurves(
        np.array([0, many]),
        np.sort(NOW - rng.uniform(0, 1000, many)),
        rng.integers(0, 6, many).astype(np.int8),
        *(rng.normal(0, 1000, many), np.full(many, 100.0), np.full(many, NAN)),
        np.ones(many, np.bool_),
    )
    batch: AlertBatch = batch_of("lsst", [NOW], [[Point(NOW)]], points)
    assert declined(network.score(batch)) == [False]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"layout": "0" * 16}, r"its layout is '0{16}', and '.*' is served; export the model"),
        ({"layout": None}, "its layout is ''"),
        ({"system": "ztf"}, "its system is 'ztf', and 'lsst' is served"),
        ({"system": None}, "its system is ''"),
        ({"detections_min": None}, "its detections_min is '', no whole number from 1 up"),
        ({"detections_min": "0"}, "its detections_min is '0'"),
        ({"detections_min": "two"}, "its detections_min is 'two'"),
        ({"name": None}, "its metadata lacks name"),
    ],
)
def test_a_file_that_disagrees_with_what_is_served_is_refused(
    tmp_path: Path, said: dict[str, str | None], message: str
) -> None:
    with pytest.raises(ModelError, match=rf"odd\.onnx: {message}"):
        lightcurve(network_file(tmp_path / "odd.onnx", said))


def test_a_file_of_rows_of_another_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=rf"not one float input of rows \({ROW},\)"):
        lightcurve(network_file(tmp_path / "short.onnx", width=ROW - 1))
