"""Filters by name, by file and by package, and what is said where one cannot be loaded."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from filters import sources
from filters.alerts import Alerts
from filters.conformance import violations
from filters.handmade import handmade
from filters.selection import Clauses, selection
from filters.sources import (
    active_filter,
    builtin_names,
    load,
    load_builtin,
    load_file,
    load_plugin,
    try_out,
)
from schemas.errors import FilterError
from schemas.learned import Given
from sky.catalogues import CatalogueIdentity, Degrees, Sky
from tests.filters.builtin.making import LABELS as SERVED

LABELS = (Given("realbogus", "probabilities", ("bogus", "real")),)
IDENTITY = CatalogueIdentity("field", "ab" * 32)


class FakeRegion:
    """The whole sky."""

    identity = IDENTITY

    def contains(self, ra_deg: Degrees, dec_deg: Degrees) -> NDArray[np.bool_]:
        """Everything."""
        return np.ones(len(ra_deg), dtype=np.bool_)


@selection(topic="in-my-field")
def in_my_field(alerts: Alerts) -> Clauses:
    """Bright, in a region of the configuration."""
    yield "bright", alerts.magnitude < 18
    yield "there", alerts.in_region("field")


GOOD = '''
from dataclasses import dataclass
from filters.selection import selection

@dataclass
class Limits:
    age_days: float = 10

@selection(topic="mine")
def mine(alerts):
    """My own."""
    yield "young", alerts.age_days < Limits().age_days
'''


def written(folder: Path, text: str, name: str = "filters.py") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_every_built_in_is_loaded_by_its_name_and_runs() -> None:
    assert {"young_supernovae", "solar_system", "fast_transients"} <= set(builtin_names())
    for each in load(builtins=builtin_names()):
        try_out(each, [Given(name, "probabilities", labels) for name, labels in SERVED.items()])
        assert each.topic == each.name.replace("_", "-")
        assert each.description


def test_a_try_out_tells_clauses_columns_and_catalogues() -> None:
    tried = try_out(in_my_field, LABELS, Sky(regions=[FakeRegion()]))
    assert tried == (("bright", "there"), ("magnitude",), (IDENTITY,))
    with pytest.raises(FilterError, match="no region 'field'; no region is configured"):
        try_out(in_my_field, LABELS)


def test_a_file_s_filter_on_duty_has_the_first_digits_of_its_hash_for_a_version() -> None:
    each = active_filter(in_my_field, LABELS, Sky(regions=[FakeRegion()]))
    assert each.sha256.startswith(each.version)
    assert (len(each.version), each.clauses, each.catalogues) == (
        12,
        ("bright", "there"),
        (IDENTITY,),
    )


def test_a_misspelt_built_in_is_named_with_the_nearest() -> None:
    with pytest.raises(FilterError, match="did you mean 'young_supernovae'"):
        load_builtin("young_supernova")


def test_a_file_that_has_the_name_of_a_room_hides_nothing(tmp_path: Path) -> None:
    (mine,) = load_file(written(tmp_path, GOOD, "filters.py"))
    assert mine.name == "mine"
    assert sys.modules["filters"].__doc__ != mine.description
    assert not list(tmp_path.glob("__pycache__"))


def test_a_file_imports_nothing_from_the_folder_it_lies_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "x = 1", "a_neighbour.py")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FilterError, match=r"filters.py:1: ModuleNotFoundError"):
        load_file(written(tmp_path, "import a_neighbour"))


def test_a_filter_that_a_file_imports_is_not_its_own(tmp_path: Path) -> None:
    text = "from filters.builtin.solar_system import solar_system\n" + GOOD
    assert [one.name for one in load_file(written(tmp_path, text))] == ["mine"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = (", r"filters.py:1: SyntaxError: '\(' was never closed"),
        ("x = 1\ny = x / 0\n", r"filters.py:2: ZeroDivisionError: division by zero"),
        ("x = 1\n", r"filters.py: no function in it is marked @selection"),
        (
            "from filters.selection import selection\n\n"
            "@selection(topic='a b')\ndef f(alerts):\n    yield 'a', alerts.mjd > 0\n",
            r"filters.py:3: filter 'f': 'a b' is no topic name",
        ),
    ],
)
def test_a_file_that_cannot_be_loaded_is_named_with_its_line(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(FilterError, match=message):
        load_file(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FilterError, match=r"none\.py: No such file"):
        load_file(tmp_path / "none.py")


def test_no_two_filters_share_a_name_or_a_topic(tmp_path: Path) -> None:
    twin = written(tmp_path, GOOD, "twin.py")
    with pytest.raises(FilterError, match="2 filters have the name 'mine'"):
        load(files=[written(tmp_path, GOOD), twin])
    twin.write_text(GOOD.replace("def mine", "def other"))
    with pytest.raises(FilterError, match="2 filters have the topic 'mine'"):
        load(files=[written(tmp_path, GOOD), twin])


def offer(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    point = EntryPoint("offered", value, sources.ENTRY_POINTS)
    monkeypatch.setattr(sources, "entry_points", lambda group: [point])


@pytest.mark.parametrize(
    "value", ["filters.builtin.solar_system", "filters.builtin.solar_system:solar_system"]
)
def test_a_package_offers_a_filter_or_a_module_of_them(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    offer(monkeypatch, value)
    assert [one.name for one in load_plugin("offered")] == ["solar_system"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("filters.sources:load", r"'offered' \(filters.sources:load\) is no @selection"),
        ("filters.none", r"'offered' \(filters.none\): ModuleNotFoundError"),
    ],
)
def test_a_package_that_offers_something_else_is_named(
    monkeypatch: pytest.MonkeyPatch, value: str, message: str
) -> None:
    offer(monkeypatch, value)
    with pytest.raises(FilterError, match=message):
        load_plugin("offered")


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "entry_points", lambda group: [])
    with pytest.raises(FilterError, match="offers a filter 'mine'; none is installed"):
        load_plugin("mine")


def test_a_filter_that_no_alert_could_please_is_found_before_the_first(tmp_path: Path) -> None:
    text = GOOD.replace("alerts.age_days", "alerts.age_day")
    (broken,) = load_file(written(tmp_path, text))
    with pytest.raises(FilterError, match=r"did you mean 'age_days'\? \(filters.py:12\)"):
        try_out(broken, LABELS)
    with pytest.raises(FilterError, match="no classifier 'realbogus' has scored"):
        try_out(load_builtin("young_supernovae"))


def test_the_example_is_loaded_and_keeps_the_law_of_the_stream() -> None:
    (mine,) = load_file(Path(__file__).resolve().parents[2] / "examples" / "filters_of_mine.py")
    ages = [1.0, 30.0, np.nan, 2.0]
    scores = {"realbogus": {"bogus": [0.1] * 4, "real": [0.9] * 4}}
    batch = handmade(age_days=ages, magnitude=[17.0] * 4, scores=scores)
    assert mine.judge(batch).selected.tolist() == [True, False, False, True]
    assert violations(mine, batch) == []
