"""The page tells of a night what is odd, and which unknown groups grew in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from classifiers.anomaly import Anomaly
from gueststar.anomalies.nights import oddest
from gueststar.reporting.discovery import groups
from gueststar.reporting.facts import ODD_MAX, facts_of
from gueststar.reporting.page import html
from lake.likeness.group_table import FILE, GROUPS, Member
from lake.reading import Lake
from lake.saving import replace_parquet
from tests.gueststar.anomalies.test_nights import night
from tests.gueststar.reporting.test_report import Tags
from tests.lake.held import written


def page(lake: Path) -> str:
    return html(facts_of(lake, []), None, objective_s=5.0)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd") / "lake"
    written(folder, night(), with_packets=False)
    return folder


def test_the_oddest_objects_are_those_of_the_command_by_how_rare_they_are(lake: Path) -> None:
    picks = [
        (one_in, pick.object_id, pick.alert_id)
        for facts in facts_of(lake, []).surveys
        for one_in, pick in facts.odd.values()
    ]
    found = oddest(Lake(lake), Anomaly())
    rarest = found.take(np.lexsort((found.alert_id, -found.rarities[:, 0])))
    best = [alert_id for _, _, alert_id in sorted(picks, reverse=True)]
    assert len(best) >= ODD_MAX
    assert best[:ODD_MAX] == rarest.alert_id[:ODD_MAX].tolist()


def test_they_stand_on_the_page_with_pictures(lake: Path) -> None:
    tags = Tags(page(lake))
    assert "The oddest" in tags.text
    assert tags.names.count("img") >= 2


def test_a_night_without_the_stage_has_no_such_part(tmp_path: Path) -> None:
    written(tmp_path / "lake", night(odd=False), with_packets=False)
    assert "The oddest" not in page(tmp_path / "lake")


def member(group: str, number: int, first_night: int, since: int) -> Member:
    return Member(
        group, since, "ztf", f"{group}{number}", number, 60_000.0, first_night, "SNIa", 0.3
    )


def test_groups_that_grew_come_first(lake: Path) -> None:
    own = facts_of(lake, []).nights[-1]
    members = [
        *(member("old", number, 20200101, 20200101) for number in range(9)),
        *(
            member("grown", number, int(own) if number else 20200101, 20200101)
            for number in range(5)
        ),
        *(member("fresh", number, int(own), int(own)) for number in range(3)),
    ]
    assert groups(lake, (own,)) is None
    table = pa.Table.from_pylist([one._asdict() for one in members])
    replace_parquet(table, lake / GROUPS / FILE)
    part = groups(lake, (own,))
    assert part is not None
    assert part.rows == (
        ("grown", "20200101", "SNIa", "5", "4"),
        ("fresh", "new", "SNIa", "3", "3"),
        ("old", "20200101", "SNIa", "9", "0"),
    )
    assert "3 groups" in part.sentences[0] and "2 of which grew" in part.sentences[0]
    assert "Groups like nothing known" in Tags(page(lake)).text
