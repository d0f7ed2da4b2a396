"""A lake's objects are found by likeness: by an index as one by one, after any kill."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gueststar
from gueststar.similar import similar
from gueststar.testing.crowd import crowd
from lake.likeness.faiss_index import Exact, Inverted
from lake.likeness.gathering import of_version, vectors_of, version_in
from lake.likeness.search import build, is_current, opened
from lake.reading import Lake
from schemas.batch import AlertBatch
from schemas.errors import QuestionError
from schemas.learned import Learned
from schemas.nights import dates
from services.likeness.job import keep
from tests.lake.held import written

WIDTH = 8


def embedded(count: int, seed: int, objects: int | None = None) -> AlertBatch:
    """Alerts of some objects with vectors of length 1; every seventh has none."""
    random = np.random.default_rng(seed)
    batch = crowd(count, seed=seed)
    names = np.array([f"object{one % (objects or count)}" for one in range(count)])
    ids = np.arange(count, dtype=np.int64) + 10_000 * (seed + 1)
    batch = replace(
        batch, object_id=names, alert_id=ids, mjd=60_000.0 + seed + np.arange(count) / 1e4
    )
    vector = random.normal(size=(count, WIDTH)).astype(np.float32)
    vector /= np.linalg.norm(vector, axis=1, keepdims=True)
    vector[::7] = np.nan
    batch.learned["embedding"] = Learned("vector", tuple(map(str, range(WIDTH))), vector)
    return batch


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    written(tmp_path / "lake", embedded(2_000, 0), with_packets=False)
    return tmp_path / "lake"


def plain(batches: list[AlertBatch], asked: str, count: int) -> list[str]:
    """The likest objects, from arrays alone."""
    newest: dict[str, np.ndarray] = {}
    for batch in batches:
        for row in np.argsort(batch.mjd, kind="stable"):
            if np.isfinite(batch.learned["embedding"].values[row]).all():
                newest[str(batch.object_id[row])] = batch.learned["embedding"].values[row]
    own = newest.pop(asked)
    return sorted(newest, key=lambda one: -float(own @ newest[one]))[:count]


def test_without_an_index_all_are_compared_and_an_object_is_not_its_own_neighbour(
    lake: Path,
) -> None:
    found = similar("object5", lake, count=12)
    assert [one.object_id for one in found] == plain([embedded(2_000, 0)], "object5", 12)
    by_alert = similar(10_005, lake, count=12)
    assert by_alert == found


def test_an_index_and_what_came_since_answer_as_a_scan_does(lake: Path, tmp_path: Path) -> None:
    pytest.importorskip("faiss")
    index = tmp_path / "index"
    keep(lake, index, every_s=1, once=True, told=lambda line: None)
    assert is_current(Lake(lake), index)
    written(lake, embedded(300, 1, objects=150), with_packets=False)
    assert not is_current(Lake(lake), index)
    asked = [f"object{one}" for one in (1, 2, 3, 140, 1_500)]
    hits = 0
    for one in asked:
        exact = plain([embedded(2_000, 0), embedded(300, 1, objects=150)], one, 10)
        assert [each.object_id for each in similar(one, lake)] == exact
        hits += len({each.object_id for each in similar(one, lake, index=index)} & set(exact))
    assert hits >= 0.9 * 10 * len(asked)


def test_an_index_made_again_from_the_lake_gives_the_same_answers(
    lake: Path, tmp_path: Path
) -> None:
    pytest.importorskip("faiss")
    answers = []
    for name in ("one", "two"):
        build(Lake(lake), tmp_path / name)
        answers.append([similar(f"object{one}", lake, index=tmp_path / name) for one in (3, 9)])
    assert answers[0] == answers[1]


def test_objects_that_were_not_seen_for_long_are_not_indexed(lake: Path, tmp_path: Path) -> None:
    pytest.importorskip("faiss")
    late = embedded(300, 1, objects=150)
    late = replace(late, mjd=late.mjd + 400, night=dates(crowd(300, seed=1).mjd + 400))
    written(lake, late, with_packets=False)
    vectors = build(Lake(lake), tmp_path / "index")
    assert {*vectors.object_id.tolist()} <= {*late.object_id.tolist()}
    found = similar("object1", lake, index=tmp_path / "index", count=300)
    exact = [one for one in similar("object1", lake, count=2_000) if one.mjd > 60_300]
    assert found == exact
    build(Lake(lake), tmp_path / "index", days_max=1_000)
    assert len(similar("object1", lake, index=tmp_path / "index", count=2_000)) > len(found)


def test_an_open_lake_is_asked_again_and_answers_the_same(lake: Path, tmp_path: Path) -> None:
    pytest.importorskip("faiss")
    build(Lake(lake), tmp_path / "index")
    opened_once = gueststar.lake(lake)
    for asked in ("object3", 10_009, "object3"):
        again = similar(asked, lake, index=tmp_path / "index")
        assert opened_once.similar(asked, index=tmp_path / "index") == again


def test_an_index_of_another_layout_is_not_read(lake: Path, tmp_path: Path) -> None:
    pytest.importorskip("faiss")
    build(Lake(lake), tmp_path / "index")
    facts = json.loads((tmp_path / "index" / "current.json").read_text())
    (tmp_path / "index" / "current.json").write_text(json.dumps(facts | {"layout": 1}))
    assert not is_current(Lake(lake), tmp_path / "index")
    assert similar("object3", lake, index=tmp_path / "index") == similar("object3", lake)


def test_who_is_killed_while_building_leaves_the_index_before(lake: Path, tmp_path: Path) -> None:
    pytest.importorskip("faiss")
    index = tmp_path / "index"
    build(Lake(lake), index)
    before = similar("object3", lake, index=index)
    killed = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from lake.likeness import search\nfrom lake.reading import Lake\n"
        "search._point = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)\n"
        "search.build(Lake(Path(sys.argv[1])), Path(sys.argv[2]))\n"
    )
    ended = subprocess.run([sys.executable, "-c", killed, str(lake), str(index)], check=False)
    assert ended.returncode == -9
    assert similar("object3", lake, index=index) == before
    build(Lake(lake), index)
    assert similar("object3", lake, index=index) == before
    assert len([one for one in index.iterdir() if one.is_dir()]) == 1


def test_a_filter_and_a_night_leave_others_out(lake: Path, tmp_path: Path) -> None:
    chosen = tmp_path / "near.toml"
    chosen.write_text('[clauses]\nsome = "detections > 20"\n')
    found = similar("object5", lake, filter_file=chosen, count=20)
    batch = embedded(2_000, 0)
    many = {str(one) for one in batch.object_id[batch.detections > 20]}
    assert found and all(one.object_id in many for one in found)
    night = next(iter(Lake(lake).nights))
    assert similar("object5", lake, night=night)


def test_versions_are_never_mixed(lake: Path) -> None:
    with pytest.raises(QuestionError, match="no embedding is of version"):
        opened(Lake(lake), version="another")
    assert version_in("realbogus 0.3.0 aa embedding 0.1.0 " + "b" * 64) == "b" * 12
    assert version_in("realbogus 0.3.0 aa") == ""


def test_what_has_no_embedding_is_said(lake: Path, tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="no embedding of an object"):
        similar("nothing", lake)
    bare = crowd(5)
    written(tmp_path / "bare", bare, with_packets=False)
    with pytest.raises(QuestionError, match="stage"):
        of_version(vectors_of(Lake(tmp_path / "bare")))


def test_cells_find_nearly_what_a_scan_does() -> None:
    pytest.importorskip("faiss")
    random = np.random.default_rng(3)
    means = random.normal(size=(50, 16))
    vectors = (
        means[random.integers(50, size=8_000)] + 0.4 * random.normal(size=(8_000, 16))
    ).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    asked = vectors[::400]
    one, other = Exact(vectors).nearest(asked, 10)[1], Inverted.built(vectors).nearest(asked, 10)[1]
    shared = [len(set(a) & set(b)) for a, b in zip(one.tolist(), other.tolist(), strict=True)]
    assert np.mean(shared) >= 9.5
