"""A lake's oddest objects: each once, by its oddest alert, and only what is held for real."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from broker.embedded import embedded_kafka
from classifiers.alert_embedding import AlertEmbedding
from classifiers.anomaly import Anomaly
from classifiers.neighbours import Neighbours
from gueststar.anomalies.nights import KNOWN, Odd, oddest
from gueststar.anomalies.records import REVIEWS
from gueststar.command import app
from gueststar.testing.crowd import crowd
from lake.reading import Lake
from schemas.batch import AlertBatch
from schemas.columns import SYSTEMS
from schemas.errors import QuestionError
from schemas.learned import Learned
from schemas.stage import run_stage
from tests.gueststar.running import said
from tests.lake.held import written

ALERTS = 80


def night(*, odd: bool = True) -> AlertBatch:
    """Two alerts of each object, every fourth of them held for bogus."""
    batch = replace(
        crowd(ALERTS),
        object_id=np.array([f"object{one // 2}" for one in range(ALERTS)]),
        alert_id=np.arange(ALERTS),
        photometric_system=np.full(ALERTS, SYSTEMS.index("ztf"), np.int8),
    )
    real = np.where(np.arange(ALERTS) % 4 == 0, 0.1, 0.9).astype(np.float32)
    batch.learned.clear()
    batch.learned["realbogus"] = Learned.probabilities(
        ("real", "bad"), np.stack([real, 1 - real], 1)
    )
    for stage in (AlertEmbedding(), Anomaly()) if odd else (AlertEmbedding(),):
        run_stage(batch, stage)
    return batch


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd") / "lake"
    written(folder, night(), with_packets=False)
    return folder


def plain(batch: AlertBatch) -> list[int]:
    """Of each object the oddest alert that is held for real, by arrays alone."""
    one_in = batch.learned["anomaly"].column("one_in")
    best: dict[str, int] = {}
    for row in np.argsort(-one_in, kind="stable").tolist():
        if row % 4 and np.isfinite(one_in[row]):
            best.setdefault(str(batch.object_id[row]), row)
    return [*best.values()]


def test_each_object_stands_once_by_its_oddest_alert(lake: Path) -> None:
    found = oddest(Lake(lake), Anomaly())
    assert sorted(found.alert_id.tolist()) == sorted(plain(night()))
    one_in = night().learned["anomaly"].column("one_in")[found.alert_id]
    assert np.allclose(10 ** found.rarities[:, 0], one_in, rtol=1e-3)


def test_of_many_alerts_the_oddest_are_ranked(lake: Path) -> None:
    few: Odd = oddest(Lake(lake), Anomaly(), real_min=0, alerts_max=10)
    every = oddest(Lake(lake), Anomaly(), real_min=0)
    assert 1 <= len(few) <= 10
    by_oddness = every.alert_id[np.argsort(-every.rarities[:, 0], kind="stable")]
    assert set(few.alert_id.tolist()) == set(by_oddness[: len(few)].tolist())


def test_a_lake_without_the_stage_says_what_to_run(tmp_path: Path) -> None:
    written(tmp_path / "lake", night(odd=False), with_packets=False)
    with pytest.raises(QuestionError, match="let workers run"):
        oddest(Lake(tmp_path / "lake"), Anomaly())


def test_the_command_prints_them(lake: Path) -> None:
    lines = said("anomalies", "top", "--lake", str(lake), "--count", "3").splitlines()
    every = oddest(Lake(lake), Anomaly())
    farthest = every.alert_id[np.argsort(-every.distance, kind="stable")[:3]]
    assert [line.split()[-1] for line in lines] == [str(one) for one in farthest]
    assert lines[0].split()[0] == str(len(every)), "one of all objects is so far"


def test_a_user_answers_by_keys_and_the_list_follows(lake: Path) -> None:
    with embedded_kafka([REVIEWS], partitions=1) as kafka:
        at = ("--lake", str(lake), "--user", "ada", "--bootstrap", kafka.address)
        ran = CliRunner().invoke(app, ["anomalies", "review", *at], input="nn?iuq")
        assert ran.exit_code == 0 and "2 answers of ada stand" in ran.output
        lines = said("anomalies", "top", *at).splitlines()
    every = oddest(Lake(lake), Anomaly())
    first = every.alert_id[np.argsort(-every.distance)[0]]
    assert str(first) not in [line.split()[-1] for line in lines[:2]]


def test_a_ranking_begins_with_what_is_farthest_from_all_of_known_class(lake: Path) -> None:
    odd = oddest(Lake(lake), Anomaly())
    batch = night()
    run_stage(batch, Neighbours())
    told = batch.learned["neighbours"].column(KNOWN)[odd.alert_id]
    assert np.allclose(odd.distance, told, atol=1e-3)
    assert (np.diff(odd.distance) <= 0).all()
    assert np.isclose(odd.seen.rarity[0], np.log10(len(odd)))
    assert odd.seen.rarity[-1] == 0
    ranked = odd.ranked(odd.seen.take(slice(0, 0)), np.zeros(0, np.bool_))
    assert ranked.alert_id.tolist() == odd.alert_id.tolist()


@pytest.mark.parametrize("command", ["top", "review"])
def test_every_command_has_its_help(command: str) -> None:
    shown = CliRunner().invoke(app, ["anomalies", command, "--help"], prog_name="gueststar")
    assert shown.exit_code == 0 and f"Usage: gueststar anomalies {command}" in shown.output
