"""Objects and places are found as a plain look at every row finds them, and with less read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from filters.handmade import Epoch, handmade
from gueststar.command import app
from lake.finding import Finder
from lake.layout import INDEX, NOWHERE, PACKET, alert_files
from lake.objects import hashes
from lake.part import Part
from lake.reading import Lake
from schemas.batch import AlertBatch
from schemas.errors import QuestionError
from sky.cones import Cone
from tests.lake.held import written
from tests.sky.skies import AWKWARD_DEC, AWKWARD_RA, beside, uniform

ROWS = 900
NIGHTS = (20260301, 20260302, 20260303)


def sky() -> tuple[np.ndarray, np.ndarray]:
    """Places all over, others crowded where a sphere is awkward, and two that are none."""
    ra, dec = uniform(ROWS // 2, seed=1)
    draw = np.random.default_rng(2)
    near = draw.choice(AWKWARD_RA, ROWS // 2 - 2), draw.choice(AWKWARD_DEC, ROWS // 2 - 2)
    crowded = beside(*near, 10 ** draw.uniform(-2, 5, ROWS // 2 - 2), seed=3)
    nothing = [np.nan, 10.0], [5.0, np.nan]
    found = (np.concatenate(each) for each in zip((ra, dec), crowded, nothing, strict=True))
    return next(found), next(found)


def nights_of_a_sky() -> list[AlertBatch]:
    ra, dec = sky()
    return [
        handmade(
            alert_id=(1000 * number + np.arange(ROWS)).tolist(),
            object_id=[f"object{place % 37}" for place in range(ROWS)],
            night=[night] * ROWS,
            mjd=[60_000.0 + number] * ROWS,
            ra_deg=ra.tolist(),
            dec_deg=dec.tolist(),
            light_curve=[[Epoch(1.0, "r", place)] for place in range(ROWS)],
        )
        for number, night in enumerate(NIGHTS)
    ]


def as_before(lake: Path, nights: int = len(NIGHTS)) -> None:
    """Some nights as they were written before rows were sorted: no places, no ranges, no index."""
    import pyarrow.parquet as pq

    for alerts in sorted(alert_files(lake))[:nights]:
        footer = pq.read_metadata(alerts)
        mark = footer.metadata[b"gueststar.mark"].decode()
        for file in (alerts, lake / "light_curves" / alerts.parent.name / f"{mark}.parquet"):
            table = pq.read_table(file, partitioning=None)
            shuffled = table.take(np.random.default_rng(7).permutation(len(table)))
            kept = [name for name in table.column_names if name != INDEX]
            meta = pq.read_metadata(file).metadata
            plain = shuffled.select(kept).replace_schema_metadata(
                {key: value for key, value in meta.items() if key.startswith(b"gueststar.")}
            )
            pq.write_table(plain, file, write_statistics=False)
        (lake / "_objects" / alerts.parent.name / f"{mark}.arrow").unlink()


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Of the same alerts: sorted in small groups, as before, and some nights of either kind."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lake.merge.ALERTS_PER_GROUP", 50)
        patch.setattr("lake.merge.CURVES_PER_GROUP", 30)
        for name, old in (("sorted", 0), ("before", 3), ("mixed", 1)):
            found[name] = tmp_path_factory.mktemp(name)
            written(found[name], *nights_of_a_sky(), with_packets=False)
            as_before(found[name], old)
    return found


def ids(found: Any) -> list[int]:  # noqa: ANN401
    return sorted(found.table(["alert_id"]).column(0).to_pylist())


def plain_cone(cone: Cone) -> tuple[set[int], set[int]]:
    """Every alert that astropy says is in it, and those that are on its border."""
    from astropy.coordinates import angular_separation

    ra, dec = sky()
    where = (np.radians(each) for each in (cone.ra_deg, cone.dec_deg, ra, dec))
    apart = np.degrees(angular_separation(*where)) * 3600
    close = np.abs(apart - cone.radius_arcsec) <= 1e-8 + 1e-12 * cone.radius_arcsec
    inside, border = (np.flatnonzero(each) for each in (apart <= cone.radius_arcsec, close))
    both = (
        {1000 * n + row for n in range(3) for row in each.tolist()} for each in (inside, border)
    )
    return next(both), next(both)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(AWKWARD_RA) | st.floats(0, 360),
    st.sampled_from(AWKWARD_DEC) | st.floats(-90, 90),
    st.floats(-1, np.log10(30 * 3600)),
)
def test_a_cone_finds_what_astropy_finds_in_every_row(
    lakes: dict[str, Path], ra: float, dec: float, power: float
) -> None:
    cone = Cone(ra, dec, 10**power)
    inside, border = plain_cone(cone)
    for lake in lakes.values():
        found = ids(Finder(Lake(lake)).cone(cone))
        assert len(found) == len({*found})
        assert {*found} - border == inside - border


def test_a_small_cone_reads_few_groups(
    lakes: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    plain = Part.read_groups

    def noted(self: Part, groups: list[int], names: list[str]) -> Any:  # noqa: ANN401
        read.extend(groups)
        return plain(self, groups, names)

    monkeypatch.setattr(Part, "read_groups", noted)
    Finder(Lake(lakes["sorted"])).cone(Cone(200.0, 33.0, 5.0))
    assert len(read) <= 2 * len(NIGHTS)


@pytest.mark.parametrize("name", ["sorted", "before", "mixed"])
def test_an_object_is_found_with_its_own_light_curves(lakes: dict[str, Path], name: str) -> None:
    found = Finder(Lake(lakes[name])).object("object5")
    places = [place for place in range(ROWS) if place % 37 == 5]
    assert ids(found) == [1000 * night + place for night in range(3) for place in places]
    own = [alert % 1000 for alert in found.table(["alert_id"]).column(0).to_pylist()]
    assert found.curves("light_curve").flux_njy.tolist() == own
    assert found.row(len(places)).column("night").tolist() == [NIGHTS[1]]
    assert len(Finder(Lake(lakes[name])).object("object")) == 0


@pytest.mark.parametrize("name", ["sorted", "before", "mixed"])
def test_an_alert_is_found_by_its_number(lakes: dict[str, Path], name: str) -> None:
    finder = Finder(Lake(lakes[name]))
    for number in (0, 899, 1_450, 2_899):
        table = finder.alert(number).table(["alert_id", "object_id", "night"])
        (row,) = table.to_pylist()
        place = number % 1000
        assert row == {
            "alert_id": number,
            "object_id": f"object{place % 37}",
            "night": NIGHTS[number // 1000],
        }
    assert len(finder.alert(950)) == len(finder.alert(-1)) == 0


@pytest.mark.parametrize("old", [0, 3])
def test_rows_are_sorted_by_place_whatever_came_before_and_light_curves_alike(
    tmp_path: Path, old: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lake.merge.ALERTS_PER_GROUP", 100)
    monkeypatch.setattr("lake.runs.TOGETHER", 64)
    batches = nights_of_a_sky()
    halves = [np.arange(0, ROWS, 2), np.arange(1, ROWS, 2)]
    written(tmp_path, *(batch.take(halves[0]) for batch in batches), with_packets=False)
    as_before(tmp_path, old)
    written(tmp_path, *(batch.take(halves[1]) for batch in batches), with_packets=False)
    lake = Lake(tmp_path)
    assert len(lake) == 3 * ROWS
    for part in lake.parts:
        assert part.is_sorted
        places = part.places
        assert (np.diff(places) >= 0).all()
        assert (places[-2:] == NOWHERE).all()
        assert part.curves("light_curve", range(ROWS)).flux_njy.tolist() == [
            alert % 1000 for alert in part.column(0, "alert_id").tolist()
        ]


def test_nights_of_before_are_sorted_by_the_command_and_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lake.merge.ROWS_PER_GROUP", 200)
    written(tmp_path, *nights_of_a_sky(), with_packets=False)
    before = Lake(tmp_path).sha256
    as_before(tmp_path, 2)
    said = CliRunner().invoke(app, ["lake", "sort", str(tmp_path)]).output
    assert [line.split()[:2] for line in said.splitlines()] == [
        ["20260301", str(ROWS)],
        ["20260302", str(ROWS)],
        ["2", "nights"],
    ]
    lake = Lake(tmp_path)
    assert lake.sha256 == before
    assert all(part.is_sorted and INDEX in part.schema.names for part in lake.parts)
    assert len(Finder(lake).object("object5")) == 3 * len(range(5, ROWS, 37))
    assert "0 nights" in CliRunner().invoke(app, ["lake", "sort", str(tmp_path)]).output


def test_an_index_that_is_gone_is_made_anew_and_one_of_other_rows_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lake.objects.ALERTS_PER_GROUP", 10)
    written(tmp_path, *nights_of_a_sky(), with_packets=False)
    wanted = ids(Finder(Lake(tmp_path)).object("object7"))
    first, second, third = sorted(tmp_path.glob("_objects/*/*"))
    first.unlink()
    second.write_bytes(third.read_bytes())  # of other rows
    third.write_bytes(third.read_bytes()[:99])  # broken
    assert ids(Finder(Lake(tmp_path)).object("object7")) == wanted
    assert len({each.read_bytes() for each in (first, second, third)}) == 3
    assert not any(tmp_path.glob("_objects/*/.*"))


def test_who_may_not_write_there_is_answered_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, *nights_of_a_sky(), with_packets=False)
    wanted = ids(Finder(Lake(tmp_path)).object("object7"))
    for file in tmp_path.glob("_objects/*/*"):
        file.unlink()

    def refused(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "mkdir", refused)
    assert ids(Finder(Lake(tmp_path)).object("object7")) == wanted


def test_two_ids_of_one_hash_are_told_apart(
    lakes: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lake.objects.hashes", lambda ids: np.zeros(len(ids), np.uint64))
    found = Finder(Lake(lakes["before"])).object("object5")
    assert {*found.table(["object_id"]).column(0).to_pylist()} == {"object5"}


@given(st.lists(st.text(max_size=90), min_size=1))
def test_texts_have_the_hash_of_what_they_are_wherever_they_stand(texts: list[str]) -> None:
    import pyarrow as pa

    whole = hashes(pa.chunked_array([pa.array(["a", *texts]).slice(1)]))
    alone = [hashes(pa.chunked_array([[text]]))[0] for text in texts]
    assert whole.tolist() == alone
    short = {text for text in texts if len(text.encode()) <= 64}
    assert len({hashes(pa.chunked_array([[text]]))[0] for text in short}) == len(short)


def test_columns_are_those_asked_for_with_codes_as_names(lakes: dict[str, Path]) -> None:
    found = Finder(Lake(lakes["mixed"])).object("object3")
    table = found.table(["band", "night", "extinction_ebv", INDEX])
    assert table.column_names == ["band", "night", "extinction_ebv", INDEX]
    assert {*table.column("band").to_pylist()} <= {*"ugrizyYJHK", ""}
    every = found.table()
    assert not {INDEX, *PACKET} & {*every.column_names}
    assert np.isfinite(every.column("extinction_ebv").to_numpy()).all()
    with pytest.raises(QuestionError, match="colour"):
        found.table(["colour"])


def test_a_lake_with_nothing_there_answers_with_its_columns(lakes: dict[str, Path]) -> None:
    found = Finder(Lake(lakes["sorted"])).object("nothing")
    assert len(found) == len(found.table()) == 0
    assert "magnitude" in found.table().column_names
