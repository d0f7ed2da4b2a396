"""Watchlists that come, change and go while a worker runs, over the twin in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.deployments.lists import As, Lists, Of, SkyList, key_of
from broker.deployments.records import State
from sky.listed import packed
from tests.broker.deployments.stage import Stage, Worker

AT = {"near": 'watchlist("mine")'}


@pytest.fixture
def stage() -> Stage:
    return Stage()


def put(stage: Stage, folder: Path, rows: str, *, name: str = "mine") -> None:
    """Have a list on the control topic."""
    path = folder / "rows.csv"
    path.write_text("ra_deg,dec_deg,radius_arcsec\n" + rows)
    found = packed(path, "watchlist")
    record = SkyList(
        **{**found._asdict(), "shape": As(found.shape)},
        name=name,
        kind=Of.WATCHLIST,
        about="",
        by="test",
        deployed_unix_s=1.0,
    )
    stage.control.write(record.key, record.encode())


def test_a_worker_asks_a_list_from_the_next_batch_on_and_its_successor_after(
    stage: Stage, tmp_path: Path
) -> None:
    worker = Worker(stage)
    put(stage, tmp_path, "10,10,3000\n")
    stage.deploy("near", AT, catalogues=("mine",))
    stage.night(5, worker)
    assert worker.active == [("near", "1")]
    before = worker.deployments.active[-1].catalogues
    put(stage, tmp_path, "0,0,3600\n")
    stage.night(5, worker)
    after = worker.deployments.active[-1].catalogues
    assert [each.name for each in (*before, *after)] == ["mine", "mine"]
    assert before[0].sha256 != after[0].sha256, "alerts name the list that answered"


def test_a_filter_whose_list_is_taken_back_is_paused_with_the_reason(
    stage: Stage, tmp_path: Path
) -> None:
    worker = Worker(stage)
    put(stage, tmp_path, "10,10,3000\n")
    version = stage.deploy("near", AT, catalogues=("mine",))
    stage.night(5, worker)
    stage.control.write(key_of("mine"), b"")
    stage.night(5, worker)
    assert stage.now(version).state is State.PAUSED
    assert "no watchlist 'mine'" in stage.now(version).reason


def test_what_is_no_list_is_passed_over(stage: Stage, tmp_path: Path) -> None:
    put(stage, tmp_path, "10,10,3000\n")
    stage.control.write(key_of("odd"), b'{"name": "odd"}')
    stage.control.write(key_of("odder"), b"\xff")
    worker = Worker(stage)
    stage.deploy("near", AT, catalogues=("mine",))
    stage.night(5, worker)
    assert worker.active == [("near", "1")]
    assert [*Lists().after(stage.kafka.read("control")).known] == ["mine"]
