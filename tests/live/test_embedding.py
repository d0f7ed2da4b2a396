"""Embeddings and neighbours of real alerts and a simulated season, live: everywhere the same."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import gueststar
from benchmarks.system import ENRICHED, SURVEY, Asked, System, command, system
from classifiers.alert_embedding import WEIGHTS, AlertEmbedding
from classifiers.embedding_layout import LABELS
from classifiers.labelled_set import read_labelled
from classifiers.neighbours import LABELLED, Neighbours
from classifiers.neighbours import NAME as NEIGHBOURS
from gueststar.label_set import label_set
from gueststar.similar import similar
from lake.likeness.gathering import vectors_of
from lake.likeness.search import CURRENT, build
from lake.reading import Lake
from schemas.decode import Decoder
from schemas.learned import Learned
from schemas.vector_records import Vectors, read
from sky.files import sha256_of
from tests.chaos.proof import messages
from tests.conftest import require_kafka
from tests.live.test_everything import Schemas

pytestmark = [pytest.mark.kafka, pytest.mark.data, pytest.mark.timeout(3_600)]

ZTF, RUBIN, SEASON = "ztf/astrolabsoftware+fink-client", "lsst/lsstcam", 600
VECTORS = "embeddings"
MORE = """
[stages]
names = ["embedding", "neighbours"]
[schemas]
folder = "{folder}"
"""
TOLERANCE = 2e-5
"""Of a number: which rows a batch has changes its last bits."""
KILLS, MORE_EACH = 4, 300
"""And so many alerts come before each."""
BUILT_S_MAX = 300.0
DAYS = 10_000
"""Between the first of these alerts and the last lie years."""
SEED = 19
Key = tuple[str, int]


class Live(NamedTuple):
    """Everything runs."""

    system: System
    data: Path
    sent: int

    def season(self, limit: int) -> int:
        """PLAsTiCC's alerts up to so many; how many of them were new."""
        path = self.data / "plasticc" / "plasticc_train_lightcurves.csv.gz"
        return self.system.replay(path, "--limit", str(limit), "--resume")


@pytest.fixture(scope="module")
def live(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Real alerts of both surveys and the season, worked through and kept."""
    require_kafka()
    pytest.importorskip("faiss")
    more = MORE.format(folder=data_folder / "lsst" / "schemas")
    asked = Asked(topics=f'embeddings = "{VECTORS}"', more=more)
    with system(tmp_path_factory.mktemp("embedding"), asked) as found:
        sent = sum(found.replay(data_folder / one) for one in (ZTF, RUBIN))
        begun = Live(found, data_folder, sent)
        begun = begun._replace(sent=sent + begun.season(SEASON))
        found.wait(begun.sent)
        yield begun


def published(live: Live) -> Vectors:
    """What stands in the topic of embeddings."""
    records = (value for _, value in messages(live.system.address, VECTORS))
    (vectors,) = read(records)
    return vectors


def by_alert(live: Live) -> tuple[dict[Key, np.ndarray], dict[Key, np.ndarray]]:
    """What the networks say of the survey's own messages: embeddings, and neighbours' values."""
    embeds, near = AlertEmbedding(), Neighbours()
    packets = [value for _, value in messages(live.system.address, SURVEY)]
    batch = Decoder(schemas=Schemas(live.data / "lsst" / "schemas")).decode(packets)
    (vector,) = embeds.run(batch)
    batch.learned["embedding"] = Learned("vector", LABELS, vector)
    (values,) = near.run(batch)
    keys = [*zip(batch.survey.tolist(), batch.alert_id.tolist(), strict=True)]
    return dict(zip(keys, vector, strict=True)), dict(zip(keys, values, strict=True))


def test_topic_lake_and_a_new_computation_have_the_same_vectors(live: Live) -> None:
    vectors = published(live)
    assert vectors.version == sha256_of(WEIGHTS)[:12]
    told, near = by_alert(live)
    keys = [*zip(vectors.survey.tolist(), vectors.alert_id.tolist(), strict=True)]
    embedded = {key for key, one in told.items() if np.isfinite(one).all()}
    assert {*keys} == embedded and len(embedded) > 1_000
    for key, vector in zip(keys, vectors.vector, strict=True):
        np.testing.assert_allclose(vector, told[key], atol=TOLERANCE)
    in_topic = dict(zip(keys, vectors.vector, strict=True))
    columns, seen = Neighbours().gives[0].columns, 0
    for rows in Lake(live.system.lake).tables():
        own = zip(rows.column("survey").tolist(), rows.column("alert_id").tolist(), strict=True)
        vector = np.column_stack([rows.learned_column("embedding", one) for one in LABELS])
        values = np.column_stack([rows.learned_column(NEIGHBOURS, one) for one in columns])
        for row, key in enumerate(own):
            seen += 1
            if key in in_topic:
                np.testing.assert_array_equal(vector[row], in_topic[key])
            else:
                assert np.isnan(vector[row]).all() and np.isnan(values[row]).all()
            assert_alike(values[row], near[key], columns)
    assert seen >= len(embedded)


def assert_alike(found: np.ndarray, told: np.ndarray, columns: tuple[str, ...]) -> None:
    """Two that are as near may change places; how near they are does not."""
    for name, one, other in zip(columns, found, told, strict=True):
        if not name.startswith(("class_", "object_")):
            np.testing.assert_allclose(one, other, atol=0.06 if "_" not in name else 1e-3)


def test_a_subscriber_reads_its_neighbours_by_name(live: Live) -> None:
    known, named = read_labelled(LABELLED), 0
    classes = dict(zip(known.object_id.tolist(), known.label.tolist(), strict=True))
    address = live.system.address
    for alert in gueststar.subscribe(ENRICHED, bootstrap=address, start="earliest", until="end"):
        near = alert.neighbours()
        vector = alert.vectors.get("embedding", np.array([np.nan]))
        assert bool(near) == bool(np.isfinite(vector).all())
        assert alert.object_id not in {one.object_id for one in near}
        assert [one.distance for one in near] == sorted(one.distance for one in near)
        assert all(classes[one.object_id] == one.label for one in near)
        named += len(near)
    assert named > 3_000


def test_a_job_that_is_killed_leaves_an_index_that_answers(live: Live, tmp_path: Path) -> None:
    lake, index, random = live.system.lake, tmp_path / "index", np.random.default_rng(SEED)
    kept = ("--index", str(index), "--every-s", "1", "--days", str(DAYS))
    words = ("likeness", "--lake", str(lake), *kept)
    whole = vectors_of(Lake(lake))[sha256_of(WEIGHTS)[:12]]
    asked = random.choice(whole.object_id, 12, replace=False).tolist()
    build(Lake(lake), index, days_max=DAYS)
    sent = live.sent
    for kill in range(1, KILLS + 1):
        before = (index / CURRENT).read_text()
        job = subprocess.Popen(command(*words), stdout=subprocess.DEVNULL)
        sent += live.season(SEASON + MORE_EACH * kill)
        until_building(index, before)
        job.send_signal(signal.SIGKILL)
        job.wait()
        live.system.wait(sent)
        assert recall(lake, index, asked) >= 0.95
    done = live.system.ask(*words, "--once")
    assert done.returncode == 0, done.stderr
    answers = [similar(one, lake, index=index) for one in asked]
    shutil.rmtree(index)
    assert live.system.ask(*words, "--once").returncode == 0
    assert [similar(one, lake, index=index) for one in asked] == answers


def until_building(index: Path, before: str) -> None:
    """Returns as an index is being written, or was written before that was seen."""
    ends_s = time.monotonic() + BUILT_S_MAX
    while not any(index.glob(".*")) and (index / CURRENT).read_text() == before:
        assert time.monotonic() < ends_s, "no index is being made"
        time.sleep(0.002)


def recall(lake: Path, index: Path, asked: list[str]) -> float:
    """How many of the ten likest are found by the index and what came since."""
    shares = []
    for one in asked:
        exact = {each.object_id for each in similar(one, lake)}
        shares.append(len(exact & {each.object_id for each in similar(one, lake, index=index)}))
    return float(np.mean(shares)) / 10


def test_labels_of_ones_own_become_a_set_that_is_searched(live: Live, tmp_path: Path) -> None:
    names = vectors_of(Lake(live.system.lake))[sha256_of(WEIGHTS)[:12]].object_id[:40].tolist()
    table = tmp_path / "labels.csv"
    lines = (f"{name},{('mine', 'other')[place % 2]}" for place, name in enumerate(names))
    table.write_text("\n".join(["object_id,type", *lines]) + "\n")
    made = label_set(table, live.system.lake, tmp_path / "set.npz")
    assert {*made.object_id.tolist()} <= {*names} and made.classes == ("mine", "other")
    stage = Neighbours(path=tmp_path / "set.npz")
    assert stage.gives[0].columns[:2] == ("mine", "other")
