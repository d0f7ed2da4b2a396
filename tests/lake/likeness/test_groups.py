"""What is unlike all that is known is found as a group, keeps its name, and is told of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from gueststar.command import app
from gueststar.testing.crowd import crowd
from lake.likeness.group_table import read_groups, update_groups
from lake.likeness.groups import GroupLimits, Known, groups_of
from schemas.batch import AlertBatch
from schemas.errors import QuestionError
from schemas.learned import Learned
from tests.lake.held import written

pytest.importorskip("sklearn")

WIDTH = 16
KINDS = ("SN Ia", "SN II", "AGN")
NEW, OTHER = len(KINDS), len(KINDS) + 1


def cloud(kind: int, count: int, seed: int) -> np.ndarray:
    """Vectors of length 1 about a direction."""
    middle = np.random.default_rng(kind).normal(size=WIDTH)
    found = middle / np.linalg.norm(middle) * 3
    found = found + 0.3 * np.random.default_rng(seed).normal(size=(count, WIDTH))
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def known() -> Known:
    vectors = [cloud(kind, 60, 10 + kind) for kind in range(len(KINDS))]
    return Known(np.concatenate(vectors), np.repeat(np.array(KINDS), 60))


def test_a_planted_kind_is_a_group_of_its_own() -> None:
    lake = np.concatenate([cloud(0, 100, 1), cloud(NEW, 20, 2), cloud(OTHER, 20, 3)])
    groups, far = groups_of(lake, known())
    planted = {*range(100, 120)}
    (group,) = [one for one in groups if planted & {*one.rows.tolist()}]
    assert len(group.rows) >= 18
    assert {*group.rows.tolist()} <= planted
    assert far < 80
    assert group.known_class in KINDS


def test_what_is_known_makes_no_group() -> None:
    lake = np.concatenate([cloud(kind, 100, 5 + kind) for kind in range(len(KINDS))])
    groups, _ = groups_of(lake, known(), GroupLimits(far_share=0.02))
    assert groups == []


def test_too_little_that_is_known_is_said() -> None:
    with pytest.raises(QuestionError, match="give more labels"):
        groups_of(cloud(NEW, 20, 1), Known(cloud(0, 3, 1), np.array(["SN Ia"] * 3)))


def night(day: int, kinds: list[int], begin: int) -> AlertBatch:
    """Alerts of objects of these kinds, numbered from `begin`."""
    count = len(kinds)
    numbers = np.arange(begin, begin + count)
    batch = replace(
        crowd(count, seed=day),
        object_id=np.array([f"object{one}" for one in numbers]),
        alert_id=numbers + 10_000 * day,
        mjd=np.full(count, 60_000.0 + day),
        night=np.full(count, 20_230_200 + day, np.int32),
    )
    vectors = np.concatenate(
        [cloud(kind, 1, 500 + one) for kind, one in zip(kinds, numbers.tolist(), strict=True)]
    )
    batch.learned["embedding"] = Learned("vector", tuple(map(str, range(WIDTH))), vectors)
    return batch


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    kinds = [0] * 40 + [1] * 40 + [NEW] * 14 + [OTHER] * 10
    written(tmp_path / "lake", night(1, kinds, 0), with_packets=False)
    return tmp_path / "lake"


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    rows = [f"object{one},{KINDS[one // 40]}" for one in range(80)]
    (tmp_path / "types.csv").write_text("\n".join(["object_id,type", *rows]) + "\n")
    return tmp_path / "types.csv"


def types() -> dict[str, str]:
    return {f"object{one}": KINDS[one // 40] for one in range(80)}


def test_a_group_keeps_its_name_as_it_grows_by_night(lake: Path) -> None:
    first = update_groups(lake, types())[0]
    assert first.is_new and first.growth == {20230201: len(first.members)}
    written(lake, night(2, [NEW] * 6, 104), with_packets=False)
    found = update_groups(lake, types())
    second = found[0]
    assert not second.is_new
    assert second.members[0].group == first.members[0].group
    assert second.members[0].since_night == 20230201
    assert second.growth[20230202] >= 4
    assert read_groups(lake).num_rows == sum(len(one.members) for one in found)


def test_some_nights_alone_are_asked(lake: Path) -> None:
    written(lake, night(2, [NEW] * 12 + [OTHER] * 12, 104), with_packets=False)
    found = update_groups(lake, types(), ("20230202",))
    assert found and all(one.growth.keys() == {20230202} for one in found)


def test_the_command_tells_of_each_and_draws_its_members(
    lake: Path, labels: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "groups.png"
    asked = ["lake", "groups", str(lake), "--labels", str(labels), "--to", str(picture)]
    said = CliRunner().invoke(app, asked)
    assert said.exit_code == 0, said.output
    assert "(new): " in said.output and "by first night 20230201" in said.output
    assert picture.stat().st_size > 10_000


def test_a_lake_without_any_labelled_object_says_so(lake: Path) -> None:
    with pytest.raises(QuestionError, match="table of labels"):
        update_groups(lake, {"another": "SN Ia"})
