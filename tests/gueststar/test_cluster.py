"""A lake asked on a cluster of two worker processes answers as it does on one machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from filters.handmade import Epoch, handmade
from gueststar.cluster import flowing
from gueststar.open_lake import OpenLake
from lake.writing import LakeWriter
from schemas.errors import QuestionError
from services.reclassify.pieces import Asked, look, pieces
from services.reclassify.publishing import Done, revision_of
from tests.services.reclassify.test_reclassify import FILTER, Looks, Place, bright

if TYPE_CHECKING:
    from distributed import Client

ROOT = Path(__file__).parents[2]
NIGHTS = (20260301, 20260302, 20260303)
ROWS = 400


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of three nights, the last one scored by a network that the others were not."""
    folder = tmp_path_factory.mktemp("cluster") / "lake"
    for number, night in enumerate(NIGHTS):
        draw = np.random.default_rng(night)
        scores = {"late": {"yes": draw.uniform(0, 1, ROWS).tolist()}} if number == 2 else {}
        batch = handmade(
            alert_id=[1000 * number + row for row in range(ROWS)],
            object_id=[f"object{row % 37}" for row in range(ROWS)],
            night=[night] * ROWS,
            mjd=(60_000.0 + number + draw.uniform(0, 0.3, ROWS)).tolist(),
            ra_deg=draw.uniform(0, 4, ROWS).tolist(),
            dec_deg=draw.uniform(-2, 2, ROWS).tolist(),
            magnitude=draw.uniform(15, 21, ROWS).tolist(),
            band=draw.integers(0, 3, ROWS).tolist(),
            light_curve=[[Epoch(1.0, "r", float(row))] for row in range(ROWS)],
            scores=scores,
        )
        with LakeWriter(folder, version="test", with_packets=False) as writer:
            writer.add(batch)
    return folder


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Of a scheduler with two workers, each a process of its own."""
    from distributed import Client

    folder = tmp_path_factory.mktemp("dask")
    with ExitStack() as processes:
        _start(processes, folder, "scheduler", "--host", "127.0.0.1", "--port", "0")
        for _ in range(2):
            _start(processes, folder, "worker", "--no-nanny", "--nthreads", "1")
        while not (folder / "scheduler.json").exists():
            sleep(0.1)
        with Client(scheduler_file=str(folder / "scheduler.json")) as found:
            found.wait_for_workers(2)
            yield found


def _start(processes: ExitStack, folder: Path, what: str, *options: str) -> None:
    words = (sys.executable, "-m", f"distributed.cli.dask_{what}", "--no-dashboard", *options)
    process = subprocess.Popen(
        [*words, "--scheduler-file", str(folder / "scheduler.json")],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )
    processes.callback(process.wait)
    processes.callback(process.terminate)


@pytest.mark.parametrize("columns", [None, ["alert_id", "band", "score.late.yes"]])
@pytest.mark.parametrize("radius", ["10arcsec", "1deg", "4deg"])
def test_a_cone_has_the_same_rows(
    lake: Path, client: Client, radius: str, columns: list[str] | None
) -> None:
    near, far = (OpenLake(lake, cluster=one) for one in (None, client))
    one, other = (each.cone(2.0, 0.0, radius, columns=columns) for each in (near, far))
    assert one.arrow().equals(other.arrow()) or one.pandas().equals(other.pandas())
    assert len(one) == len(other)


def test_an_object_has_the_same_alerts_and_light_curve(lake: Path, client: Client) -> None:
    near, far = (OpenLake(lake, cluster=one).object("object5") for one in (None, client))
    assert len(near) == 3 * 11
    assert near.pandas().equals(far.pandas())
    assert near.light_curve().pandas().equals(far.light_curve().pandas())


def test_counts_are_the_same_and_those_of_the_columns(lake: Path, client: Client) -> None:
    near, far = (OpenLake(lake, cluster=one).count_by("night", "band") for one in (None, client))
    assert near.arrow().equals(far.arrow())
    assert near.columns == ["night", "band", "alerts"]
    plain = OpenLake(lake).cone(2.0, 0.0, "90deg").pandas().groupby(["night", "band"]).size()
    assert near.pandas()["alerts"].tolist() == plain.tolist()


def test_a_function_runs_on_both_workers_and_gives_the_same(lake: Path, client: Client) -> None:
    def faint(columns: Mapping[str, NDArray[Any]]) -> tuple[int, float]:
        known = columns["score.late.yes"][columns["magnitude"] > 20]
        return int(np.isfinite(known).sum()), float(np.nansum(known))

    names = ["magnitude", "score.late.yes"]
    near, far = (OpenLake(lake, cluster=one).map(faint, names) for one in (None, client))
    assert near == far
    assert [count > 0 for count, _ in near] == [False, False, True]
    processes = OpenLake(lake, cluster=client).map(_process, names)
    assert {*processes}.isdisjoint({os.getpid()})


def _process(columns: Mapping[str, NDArray[Any]]) -> int:
    return os.getpid()


@pytest.mark.parametrize("far", [False, True])
def test_a_column_that_no_night_has_is_named(lake: Path, client: Client, *, far: bool) -> None:
    opened = OpenLake(lake, cluster=client if far else None)
    for ask in (
        lambda: opened.count_by("nothing"),
        lambda: opened.map(len, ["nothing"]),
        lambda: opened.cone(2.0, 0.0, "1deg", columns=["nothing"]),
    ):
        with pytest.raises(QuestionError, match="has a column 'nothing'"):
            ask()


def test_a_cone_that_is_none_is_refused(lake: Path, client: Client) -> None:
    with pytest.raises(QuestionError):
        OpenLake(lake, cluster=client).cone(2.0, 100.0, "1deg")


def test_a_lake_is_revised_on_both_workers_as_it_is_here_and_each_revision_is_published_once(
    client: Client, tmp_path: Path
) -> None:
    (tmp_path / "bright.py").write_text(FILTER)
    revising, near, far = bright(tmp_path), Place(tmp_path / "near"), Place(tmp_path / "far")
    asked = Asked.of(str(tmp_path / "bright.py"), revising)
    looks: Looks = lambda lake: flowing(client, partial(look, asked=asked), pieces(lake))  # noqa: E731
    here = near.run(revising)
    assert far.run(revising, looks) == here
    one, other = (sorted(map(revision_of, each.revisions())) for each in (near, far))
    assert one == other
    assert far.run(revising, looks) == Done(here.rows, 0, here.published)
    assert len(far.revisions()) == here.published > 0


def test_no_more_is_on_its_way_than_a_few_pieces_and_all_comes_in_order(client: Client) -> None:
    asked: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(40):
            asked.append(number)
            yield number

    found = []
    for result in flowing(client, _doubled, numbers()):
        found.append(result)
        assert len(asked) - len(found) <= 4
    assert found == [2 * number for number in range(40)]


def _doubled(number: int) -> int:
    return 2 * number
