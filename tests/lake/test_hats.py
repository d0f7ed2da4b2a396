"""A HATS collection holds each alert once, in its cell; readers see a version, or another, whole.

What LSDB and hats say of such collections is asked in test_foreign_readers.py.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from gueststar.command import app
from lake.hats.cells import ORDER_MAX, SMALLEST, Cell, cells
from lake.hats.collection import add_nights, promote_version, roll_back, versions
from lake.hats.versions import POINTER, folder, promoted
from lake.layout import LIVE
from lake.reading import Lake
from schemas.errors import ArchiveError
from sky.cells import cells_of
from tests.lake.hats_skies import NIGHTS, ROWS, ids, seen, write_alerts, write_night

ROOT = Path(__file__).parents[2]


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """Of one night."""
    write_night(tmp_path / "lake", NIGHTS[0])
    return tmp_path / "lake"


@pytest.fixture
def sky(tmp_path: Path) -> Path:
    return tmp_path / "sky"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells are divided, and their files joined, soon."""
    for module in ("cells", "catalogue"):
        monkeypatch.setattr(f"lake.hats.{module}.ROWS_A_CELL_MAX", 60)
    monkeypatch.setattr("lake.hats.leaves.FILES_A_CELL_MAX", 2)


def files(collection: Path) -> dict[str, int]:
    """Of the version that readers see: each file of alerts and its number on the disk."""
    place = folder(collection, promoted(collection) or 0) / "alerts" / "dataset"
    return {str(one.relative_to(place)): one.stat().st_ino for one in place.rglob("*.parquet")}


@pytest.mark.usefixtures("small")
def test_every_alert_is_in_its_cell_once_however_many_nights_came(lake: Path, sky: Path) -> None:
    for night in (*NIGHTS, 20260304, 20260305):
        write_night(lake, night)
        add_nights(lake, sky, version="test")
    found = seen(sky).alerts
    every = Lake(lake)
    placed = [
        one
        for rows in every.tables()
        for one in rows.column("alert_id")[np.isfinite(rows.column("ra_deg"))].tolist()
    ]
    assert ids(found) == sorted(placed)
    assert len({cell.order for cell in found}) > 2
    for cell, table in found.items():
        index = table.column("_healpix_29").to_numpy()
        begin, end = cell.ends
        assert ((index >= begin) & (index < end)).all()
        ra, dec = (table.column(name).to_numpy() for name in ("ra_deg", "dec_deg"))
        assert (cells_of(ra, dec) == index).all()
        assert len(table) <= 60 or cell.order == ORDER_MAX
    assert not any(one.meets(other) for one in found for other in found if one != other)


@pytest.mark.usefixtures("small")
def test_a_margin_has_what_is_near_a_cell_and_in_another(lake: Path, sky: Path) -> None:
    from astropy import units
    from astropy.coordinates import SkyCoord

    for night in NIGHTS:
        write_night(lake, night)
        add_nights(lake, sky, version="test")
    found = seen(sky)
    home = {one: cell for cell, table in found.alerts.items() for one in ids({cell: table})}
    margin = {(one, cell) for cell, table in found.margin.items() for one in ids({cell: table})}
    assert len(margin) == len(ids(found.margin))
    assert all(home[one] != cell and cell in found.alerts for one, cell in margin)
    columns = [
        np.concatenate([table.column(name).to_numpy() for table in found.alerts.values()])
        for name in ("alert_id", "ra_deg", "dec_deg")
    ]
    names, places = columns[0].tolist(), SkyCoord(*columns[1:], unit=units.deg)
    left, right, _, _ = places.search_around_sky(places, 10 * units.arcsec)
    near = {(names[one], home[names[other]]) for one, other in zip(left, right, strict=True)}
    across = {(one, cell) for one, cell in near if home[one] != cell}
    assert across
    assert across <= margin


@pytest.mark.usefixtures("small")
def test_nights_one_after_another_are_what_they_are_at_once(lake: Path, sky: Path) -> None:
    for night in NIGHTS:
        write_night(lake, night)
        add_nights(lake, sky, version="test")
    add_nights(lake, sky.with_name("once"), version="test")
    one, other = seen(sky), seen(sky.with_name("once"))
    assert ids(one.alerts) == ids(other.alerts)
    assert one.alerts.keys() == other.alerts.keys()
    assert {cell: ids({cell: table}) for cell, table in one.margin.items()} == {
        cell: ids({cell: table}) for cell, table in other.margin.items()
    }


def test_a_night_adds_files_and_leaves_all_others_the_files_they_were(
    lake: Path, sky: Path
) -> None:
    add_nights(lake, sky, version="test")
    before = files(sky)
    write_alerts(lake, NIGHTS[1], [150.1, 150.2], [20.1, 20.1])
    add_nights(lake, sky, version="test")
    after = files(sky)
    assert before.items() < after.items()
    assert len(after) == len(before) + 1


def test_a_night_that_changed_comes_anew_in_place_of_what_it_was(lake: Path, sky: Path) -> None:
    write_night(lake, NIGHTS[1])
    add_nights(lake, sky, version="test")
    assert add_nights(lake, sky, version="test") is None
    write_night(lake, NIGHTS[0], magnitude=15.0)
    added = add_nights(lake, sky, version="test")
    assert added is not None
    assert added.nights == (str(NIGHTS[0]),)
    rows = [row for table in seen(sky).alerts.values() for row in table.to_pylist()]
    assert len(rows) == 2 * ROWS
    assert all(row["magnitude"] == (15 if row["night"] == NIGHTS[0] else 18) for row in rows)


def test_a_column_that_is_new_is_null_where_it_was_not_there_yet(lake: Path, sky: Path) -> None:
    add_nights(lake, sky, version="test")
    write_alerts(lake, NIGHTS[1], [1.0], [2.0], scored=True)
    add_nights(lake, sky, version="test")
    name = "score.new.yes"
    rows = [row for table in seen(sky).alerts.values() for row in table.to_pylist()]
    assert sum(row.get(name) is not None for row in rows) == 1
    assert len(rows) == ROWS + 1


def test_a_version_waits_is_promoted_and_taken_back_by_command(lake: Path, sky: Path) -> None:
    def said(*words: object) -> str:
        result = CliRunner().invoke(app, ["lake", *map(str, words)])
        assert result.exception is None
        return result.output

    assert f"version 1, {ROWS} alerts" in said("hats", lake, "--to", sky)
    write_night(lake, NIGHTS[1])
    assert "hats-promote" in said("hats", lake, "--to", sky, "--stage")
    assert len(ids(seen(sky).alerts)) == ROWS
    said("hats-promote", sky, 2)
    assert len(ids(seen(sky).alerts)) == 2 * ROWS
    assert "has these nights" in said("hats", lake, "--to", sky)
    assert "version 1," in said("hats-rollback", sky)
    assert len(ids(seen(sky).alerts)) == ROWS
    listed = said("hats-versions", sky).splitlines()
    assert [line.endswith("which readers see") for line in listed] == [True, False]
    with pytest.raises(ArchiveError, match="nothing before"):
        roll_back(sky)
    with pytest.raises(ArchiveError, match="it has 1, 2"):
        promote_version(sky, 9)


def test_old_versions_go_but_not_the_last_three_nor_what_one_goes_back_to(
    lake: Path, sky: Path
) -> None:
    for night in range(NIGHTS[0], NIGHTS[0] + 6):
        write_night(lake, night, rows=4)
        add_nights(lake, sky, version="test")
    assert [one.number for one in versions(sky)] == [3, 4, 5, 6]
    promote_version(sky, 3)
    write_night(lake, 20260401, rows=4)
    add_nights(lake, sky, version="test")
    assert [one.number for one in versions(sky)] == [3, 4, 5, 6, 7]
    assert roll_back(sky).number == 3


def test_killed_before_any_change_readers_see_the_old_version_or_the_new(
    lake: Path, sky: Path, tmp_path: Path
) -> None:
    add_nights(lake, sky, version="test")
    write_alerts(lake, NIGHTS[1], [150.1, 150.2], [20.1, 20.1])
    words = [sys.executable, "-m", "tests.lake.hats_kills", lake, sky, tmp_path / "out"]
    subprocess.run([*map(str, words)], cwd=ROOT, check=True)
    tries = sorted((tmp_path / "out").iterdir(), key=lambda path: int(path.name))
    assert len(tries) > 30
    told = [len(ids(seen(one / "sky").alerts)) for one in tries]
    assert told == sorted(told)
    assert {*told} == {ROWS, ROWS + 2}
    for one in tries:
        add_nights(lake, one / "sky", version="test")
        assert len(ids(seen(one / "sky").alerts)) == ROWS + 2
        assert {path.name[0] for path in (one / "sky").iterdir()} == {"v", ".", "c"}
        assert not [*(one / "sky").glob(".staging*")]


def test_a_cell_that_is_too_full_is_four_down_to_the_smallest() -> None:
    counts = np.zeros(SMALLEST, dtype=np.int64)
    counts[0] = 600_000  # of one smallest cell
    counts[4 ** (ORDER_MAX - 1)] = 300_000
    counts[2 * 4 ** (ORDER_MAX - 1)] = 1
    assert cells(counts) == [Cell(ORDER_MAX, 0), Cell(1, 1), Cell(1, 2)]
    assert cells(np.roll(counts, 4**ORDER_MAX * 5))[1:] == [Cell(1, 21), Cell(1, 22)]


def test_a_new_cell_meets_none_that_stands() -> None:
    counts = np.zeros(SMALLEST, dtype=np.int64)
    counts[[0, SMALLEST - 1]] = 1
    found = cells(counts, [Cell(1, 1)])
    assert found == [Cell(1, 0), Cell(0, 11)]


def test_what_is_no_collection_is_left_alone(lake: Path, sky: Path, tmp_path: Path) -> None:
    sky.mkdir()
    (sky / "mine").touch()
    with pytest.raises(ArchiveError, match="no collection"):
        add_nights(lake, sky, version="test")
    (sky / POINTER).write_text("obs_collection=other\n")
    with pytest.raises(ArchiveError, match="names no version"):
        add_nights(lake, sky, version="test")
    with pytest.raises(ArchiveError, match="no collection"):
        versions(tmp_path)


def test_alerts_that_are_nowhere_make_no_collection(tmp_path: Path, sky: Path) -> None:
    write_alerts(tmp_path / "lake", NIGHTS[0], [], [])
    with pytest.raises(ArchiveError, match=re.escape("has a position")):
        add_nights(tmp_path / "lake", sky, version="test")
    assert promoted(sky) is None


def test_of_a_lake_that_is_written_live_only_frozen_nights_come_by_themselves(
    lake: Path, sky: Path
) -> None:
    (lake / LIVE).touch()
    with pytest.raises(ArchiveError, match="lake freeze"):
        add_nights(lake, sky, version="test")
    assert add_nights(lake, sky, [str(NIGHTS[0])], version="test") is not None
