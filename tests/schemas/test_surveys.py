"""Surveys by package, and what is said of one that is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from schemas import surveys as home
from schemas.columns import BANDS, SYSTEMS
from schemas.decode import Decoder
from schemas.errors import SurveyError
from schemas.surveys import BUILT_IN, surveys
from schemas.ztf import ZTF
from tests.schemas import golden

TWIN = replace(ZTF, name="twin", marks=(*ZTF.marks, "candidate.tblid"), system="")
"""Of ZTF's whole shape and one field more."""
NAMESAKE = ZTF
NO_SURVEY = "ztf"


@pytest.fixture(autouse=True)
def _found_anew() -> Iterator[None]:
    surveys.cache_clear()
    yield
    surveys.cache_clear()


def _offer(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    entry = EntryPoint("offered", value, home.ENTRY_POINTS)
    monkeypatch.setattr(home, "entry_points", lambda *, group: EntryPoints([entry]))


def test_a_package_s_survey_is_read_by_every_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Decoder().decode([golden.ztf_packet(1)]).survey.tolist() == ["ztf"]
    _offer(monkeypatch, f"{__name__}:TWIN")
    surveys.cache_clear()
    batch = Decoder().decode([golden.ztf_packet(1)])
    assert batch.survey.tolist() == ["twin"]
    assert batch.photometric_system.tolist() == [-1]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("schemas.none:SURVEY", "cannot be opened: ModuleNotFoundError"),
        (f"{__name__}:NO_SURVEY", "is no Survey; see its author"),
        (f"{__name__}:NAMESAKE", "two surveys are called 'ztf'"),
    ],
)
def test_a_package_that_offers_something_else_is_named(
    monkeypatch: pytest.MonkeyPatch, value: str, message: str
) -> None:
    _offer(monkeypatch, value)
    with pytest.raises(SurveyError, match=message):
        Decoder()


def test_surveys_declare_bands_and_systems_that_there_are() -> None:
    for survey in BUILT_IN:
        assert set(survey.bands) <= set(BANDS)
        assert survey.system in SYSTEMS
    with pytest.raises(AssertionError, match="'Q'"):
        replace(ZTF, bands=("Q",))
    with pytest.raises(AssertionError, match="none of SYSTEMS"):
        replace(ZTF, system="elsewhere")
