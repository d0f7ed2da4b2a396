"""Back in time over a lake, and our own notices of what was found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from filters.alerts import Table
from filters.handmade import handmade
from lake.reading import Lake
from lake.writing import LakeWriter
from schemas.batch import AlertBatch
from schemas.errors import QuestionError
from services.messengers.outgoing import TARGETS_MAX, notice_of
from services.messengers.search import CARRIED, Region, search
from sky.catalogues import EVENT_COLUMNS
from sky.messengers.circle import Circle
from sky.messengers.events import Event
from sky.messengers.localisation import Places
from sky.messengers.notices import read_notice
from tests.sky.messengers.said import burst
from tests.sky.messengers.skies import spiral

CIRCLE = Circle(10.0, 20.0, 5.0, 0.9)
EVENT = Event("S1", (), 60000.0, CIRCLE, open=True)
NIGHTS = (20230224, 20230225, 20230226)
ROWS = 6_000


def alerts_of(night: int) -> AlertBatch:
    """Alerts all over the sky, half of them bright, some nowhere."""
    sky, day = spiral(ROWS), 59_999 + NIGHTS.index(night)
    ra_deg = sky.ra_deg.copy()
    ra_deg[::100] = np.nan
    return handmade(
        night=[night] * ROWS,
        alert_id=[NIGHTS.index(night) * ROWS + row for row in range(ROWS)],
        object_id=[f"AT{row}" for row in range(ROWS)],
        mjd=[day + 0.5] * ROWS,
        ra_deg=ra_deg.tolist(),
        dec_deg=sky.dec_deg.tolist(),
        magnitude=[18.0 + row % 2 for row in range(ROWS)],
        band=[1] * ROWS,
    )


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    path = tmp_path_factory.mktemp("lakes") / "lake"
    with LakeWriter(path, version="test", with_packets=False) as writer:
        for night in NIGHTS:
            writer.add(alerts_of(night))
    return Lake(path)


def test_what_is_found_is_what_going_through_all_finds(lake: Lake) -> None:
    found = search(lake, EVENT, Region(0.9, 1.2))
    expected = []
    for night in NIGHTS:
        batch = alerts_of(night)
        known = np.isfinite(batch.ra_deg)
        places = Places(np.where(known, batch.ra_deg, 0), batch.dec_deg)
        level = CIRCLE.at(places).credible_level
        since = batch.mjd - EVENT.mjd
        inside = known & (level <= 0.9) & (since >= 0) & (since <= 1.2)
        expected += batch.alert_id[inside].tolist()
    assert sorted(found.columns["alert_id"].tolist()) == sorted(expected)
    assert expected
    assert [*found.columns] == [*CARRIED, *EVENT_COLUMNS]
    assert (np.diff(found.columns["credible_level"]) >= 0).all()
    assert set(found.columns["band"].tolist()) == {"g"}


def test_chance_is_by_the_rate_of_such_alerts(lake: Lake) -> None:
    def bright(table: Table) -> np.ndarray[Any, np.dtype[np.bool_]]:
        found: np.ndarray[Any, np.dtype[np.bool_]] = table.column("magnitude") < 18.5
        return found

    everything, some = search(lake, EVENT), search(lake, EVENT, picked=bright)
    expected = CIRCLE.area_deg2(0.9) * ROWS * 0.99 / 41_253
    assert everything.expected_per_night == pytest.approx(expected, rel=0.1)
    assert some.expected_per_night == pytest.approx(expected / 2, rel=0.15)
    assert (everything.nights, everything.looked_at) == (3, 3 * ROWS * 99 // 100)
    assert (some.columns["magnitude"] < 18.5).all()
    assert 0 < len(some) < len(everything)


def test_nothing_is_found_in_an_answer_with_all_its_columns(lake: Lake) -> None:
    late = Event("S2", (), 60100.0, CIRCLE, open=True)
    found = search(lake, late)
    assert len(found) == 0
    assert [*found.columns] == [*CARRIED, *EVENT_COLUMNS]


@pytest.mark.parametrize(
    ("event", "region", "said"),
    [
        (Event("S1", (), 60000.0, None, open=True), Region(), "neither a map nor a circle"),
        (Event("S1", (), np.nan, CIRCLE, open=True), Region(), "no time"),
        (EVENT, Region(1.5), "credible level of 1.5"),
        (EVENT, Region(0.9, 0.0), "0 days"),
    ],
)
def test_what_cannot_be_searched_is_said(
    lake: Lake, event: Event, region: Region, said: str
) -> None:
    with pytest.raises(QuestionError, match=said):
        search(lake, event, region)


@pytest.mark.data
def test_our_notices_are_valid_by_gcns_published_schema(lake: Lake, data_folder: Path) -> None:
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    folder = data_folder / "messengers" / "gcn-schema"
    schemas = [json.loads(path.read_text()) for path in folder.rglob("*.schema.json")]
    registry: Any = Registry().with_resources(
        [(each["$id"], Resource.from_contents(each)) for each in schemas]
    )
    named = {each["$id"]: each for each in schemas}
    made = notice_of(search(lake, EVENT), read_notice(burst()), now_unix_s=1.7e9)
    document = json.loads(made)
    validator = Draft202012Validator(named[document["$schema"]], registry=registry)
    validator.validate(document)
    # It refuses what it should, or its word would be worth nothing.
    assert not validator.is_valid(document | {"added": 1})
    assert not validator.is_valid(document | {"alert_tense": "now"})
    assert document["alert_tense"] == "test"
    crossed = document["data"]["targets"][0]["gcn_crossmatch"]
    assert crossed == [{"ref_type": "GRB", "ref_instrument": "GBM", "ref_ID": "GBM 745121685"}]
    assert len(document["data"]["targets"]) == len({*search(lake, EVENT).columns["object_id"]})


def test_too_many_candidates_or_none_are_no_notice(lake: Lake) -> None:
    wide = Event("S1", (), 60000.0, Circle(10.0, 20.0, 60.0, 0.9), open=True)
    with pytest.raises(QuestionError, match=f"at most {TARGETS_MAX}"):
        notice_of(search(lake, wide), read_notice(burst()), now_unix_s=1.7e9)
    late = Event("S2", (), 60100.0, CIRCLE, open=True)
    with pytest.raises(QuestionError, match="no candidates"):
        notice_of(search(lake, late), read_notice(burst()), now_unix_s=1.7e9)
