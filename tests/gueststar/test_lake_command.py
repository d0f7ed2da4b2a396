"""`gueststar lake …` shows answers on a terminal, gives a pipe CSV, and writes files."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from filters.handmade import Epoch, handmade
from gueststar.answer import Answer
from gueststar.command import app
from gueststar.lake_listing import ROWS_SHOWN, listing, show_object, tell
from gueststar.open_lake import OpenLake
from lake.writing import LakeWriter
from schemas.errors import QuestionError

PNG = b"\x89PNG"


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    batch = handmade(
        alert_id=[*range(30)],
        object_id=["SN1"] * 3 + [f"AT{number}" for number in range(27)],
        night=[20260301] * 30,
        mjd=[60_000.0 + number for number in range(30)],
        ra_deg=[12.5 + 1e-5 * number for number in range(30)],
        dec_deg=[-46.65] * 30,
        magnitude=[18.0] * 29 + [float("nan")],
        light_curve=[[Epoch(60_000.0, "r", 9000.0, 50.0), Epoch(60_009.0, "g", 8000.0, 50.0)]] * 30,
    )
    with LakeWriter(tmp_path / "lake", version="test", with_packets=False) as writer:
        writer.add(batch)
    return tmp_path / "lake"


def ran(*words: object) -> str:
    result = CliRunner().invoke(app, ["lake", *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0
    return result.output


def shown(answer: Answer, to: Path | None = None) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    tell(answer, to, console=console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_pipe_is_given_all_rows_as_csv(lake: Path) -> None:
    lines = ran("cone", lake, 12.5, -46.65, "1arcmin").splitlines()
    assert len(lines) == 31
    assert lines[0].startswith('"night","survey","alert_id"')
    assert lines[0].endswith('"separation_arcsec"')
    assert ran("nights", lake).splitlines()[1].startswith("20260301,30,0,1,")


def test_an_objects_alerts_and_its_points(lake: Path) -> None:
    assert len(ran("object", lake, "SN1").splitlines()) == 4
    assert len(ran("object", lake, "SN1", "--light-curve").splitlines()) == 3
    assert len(ran("object", lake, "SN1", "--nights", "20260301").splitlines()) == 4
    with pytest.raises(QuestionError, match="'SN2'"):
        ran("object", lake, "SN2")


def test_a_select_is_answered_and_a_cut_one_says_so(lake: Path) -> None:
    assert ran("sql", lake, "SELECT count(*) AS n FROM alerts").split() == ['"n"', "30"]
    result = CliRunner().invoke(app, ["lake", "sql", str(lake), "FROM alerts", "--rows", "7"])
    assert len(result.stdout.splitlines()) == 8
    assert "cut after 7 rows; there are more rows than these" in result.stderr


@pytest.mark.parametrize("ending", ["csv", "parquet", "vot"])
def test_an_answer_goes_to_a_file(lake: Path, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"near.{ending}"
    said = ran("cone", lake, 12.5, -46.65, "1arcmin", "--to", path)
    assert "30 rows stand in" in said
    assert path.stat().st_size > 1000


def test_pictures_of_an_object_and_of_a_night(lake: Path, tmp_path: Path) -> None:
    ran("object", lake, "SN1", "--to", tmp_path / "object.png")
    said = ran("sky", lake, 20260301, "--to", tmp_path / "sky.png")
    assert "30 alerts" in said
    assert all((tmp_path / name).read_bytes()[:4] == PNG for name in ("object.png", "sky.png"))
    with pytest.raises(QuestionError, match=r"\.png"):
        ran("sky", lake, 20260301, "--to", tmp_path / "sky.csv")


def test_a_terminal_shows_what_says_most_of_alerts_in_80_columns(lake: Path) -> None:
    said = shown(OpenLake(lake).cone(12.5, -46.65, "1arcmin"))
    lines = [line.rstrip() for line in said.splitlines()]
    assert max(map(len, lines)) <= 80
    first = ["SN1", "60000.0000", "12.50000", "-46.65000", "18.00", "r"]
    assert lines[2].split()[:6] == first
    assert lines[-1] == f"the first {ROWS_SHOWN} of 30 rows; --to FILE keeps all"
    assert "…" not in said


def test_a_terminal_shows_every_column_of_a_statement(lake: Path) -> None:
    table = listing(OpenLake(lake).sql("SELECT 1 AS magnitude, 2.5 AS b, NULL AS c"))
    assert [each.header for each in table.columns] == ["magnitude", "b", "c"]


def test_an_object_on_a_terminal_has_its_chart(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    monkeypatch.setattr("gueststar.lake_listing.Console", lambda: console)
    show_object(OpenLake(lake), "SN1", light_curve=False, to=None)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().splitlines()[-1].split() == ["-2", "d", "+7.0", "d"]
