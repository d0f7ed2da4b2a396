"""A night's report: what stands on the page, what never does, and how it is asked for."""

from __future__ import annotations

import json
import os
import re
import shutil
from html.parser import HTMLParser
from io import BytesIO
from itertools import islice
from pathlib import Path

import fastavro
import numpy as np
import pytest
from typer.testing import CliRunner

from broker.status.record import Drifting
from filters.sources import load_builtin
from gueststar.command import app, explain
from gueststar.reporting import printing
from gueststar.reporting.facts import facts_of
from gueststar.reporting.known import Known, Section, drift_section, requests_section
from gueststar.reporting.page import html
from schemas.errors import QuestionError
from services.followup.requests import Request, State
from tests.gueststar.reconciling.night import JUNK, Night, packets_of
from tests.schemas.real_packets import night_files

HOSTILE = '<script>x()</script>&"$\\q$'
REAL = 30


class Tags(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"


def renamed(packet: bytes, name: str) -> bytes:
    """A packet whose object is called otherwise."""
    reader = fastavro.reader(BytesIO(packet))
    (record,) = (dict(each) for each in reader if isinstance(each, dict))
    record["objectId"] = name
    written = BytesIO()
    fastavro.writer(written, reader.writer_schema, [record])
    return written.getvalue()


def lake_of(folder: Path, packets: list[bytes]) -> Night:
    night = Night(folder, packets)
    night.send()
    night.broker()
    night.write()
    return night


@pytest.fixture(scope="module")
def real() -> list[bytes]:
    folder = os.environ.get("GUESTSTAR_DATA")
    if not folder:
        pytest.skip("GUESTSTAR_DATA names no folder of real alerts")
    return [*islice(night_files(Path(folder)), REAL)]


@pytest.fixture(scope="module")
def night(real: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> Night:
    return lake_of(tmp_path_factory.mktemp("night"), real)


def test_a_page_tells_what_the_lake_holds_of_real_packets(night: Night) -> None:
    facts = facts_of(night.lake, [str(night.night)])
    (survey,) = facts.surveys
    assert survey.alerts == np.sum(night.batch.night == night.night)
    assert survey.objects == {*night.batch.object_id.tolist()}
    selected = load_builtin("solar_system").judge(night.batch).selected
    assert {name: each.alerts for name, each in survey.filters.items()} == {
        "solar_system": int(selected.sum())
    }
    page = Tags(html(facts, None, objective_s=1.0))
    assert f"{survey.alerts:,} alerts of {len(survey.objects):,} objects" in page.text
    assert page.names.count("img") >= 1
    assert "No configuration was named" in page.text


def test_no_text_of_a_packet_becomes_markup(real: list[bytes], tmp_path: Path) -> None:
    hostile = [renamed(each, f"{HOSTILE}{number}") for number, each in enumerate(real)]
    night = lake_of(tmp_path, hostile)
    facts = facts_of(night.lake, [str(night.night)])
    assert facts.surveys[0].filters, "an asteroid is among the real packets"
    section = Section(HOSTILE, (HOSTILE,), (HOSTILE,), ((HOSTILE,),), is_bad=True)
    page = Tags(html(facts, Known(section, (section,)), objective_s=1.0))
    assert "script" not in page.names
    assert HOSTILE in page.text


def test_latency_is_told_beside_its_objective(night: Night) -> None:
    facts = facts_of(night.lake, [])
    moments = facts.surveys[0].moments
    moments[:, 2] = moments[:, 1] + np.linspace(0, 4, len(moments))
    page = Tags(html(facts, None, objective_s=2.0)).text
    assert "where 2.0 s was wanted" in page
    late = int((moments[:, 2] - moments[:, 1] > 2).sum())
    assert f"{late:,} of {len(moments):,} alerts took longer" in page
    assert ", as wanted" in Tags(html(facts, None, objective_s=5.0)).text


def test_messages_that_are_no_alerts_are_told(tmp_path: Path) -> None:
    night = lake_of(tmp_path, packets_of(5))
    for number in range(3):
        night.kafka.publish("enriched", JUNK, partition=number % 2)
    night.write()
    assert facts_of(night.lake, []).unread == 3


def test_requests_of_the_night_are_told_the_dearest_first() -> None:
    def wanted(name: str, priority: float, unix_s: float) -> Request:
        return Request(
            *(f"p/{name}/1", "p", 1, name, "1", 1.0, 2.0, 60_000.0, 18.0, 0.1, priority, 1, ()),
            *(unix_s, unix_s, unix_s + 9, State.PENDING, "seen best there", unix_s),
        )

    each = [wanted("a", 1, 100), wanted("b", 2, 100), wanted("other night", 3, 900)]
    found = requests_section(each, (50, 150))
    assert [row[0] for row in found.rows] == ["b", "a"]
    assert found.sentences == ("2 requests: 2 PENDING.",)


def test_what_drifts_is_told_once_of_these_nights_the_farthest_beyond_chance_first() -> None:
    def drifting(night: int, column: str, value: float) -> Drifting:
        return Drifting("ztf/g", column, "psi", value, 0.1, 1_000, "realbogus", "3", night)

    said = [drifting(20231018, "fwhm", 0.2), drifting(20231018, "fwhm", 0.3)]
    said += [drifting(20231018, "real", 0.9), drifting(20231017, "real", 5.0)]
    found = drift_section(said, ["20231018"])
    assert [(row[2], row[4]) for row in found.rows] == [("real", "0.900"), ("fwhm", "0.300")]
    assert found.is_bad
    assert not drift_section(said, ["20231016"]).is_bad


def test_a_command_writes_the_page_of_one_night_and_of_several(
    night: Night, tmp_path: Path
) -> None:
    one, all_of_them = tmp_path / "one.html", tmp_path / "week.html"
    lake = ["--lake", str(night.lake)]
    done = CliRunner().invoke(app, ["report", str(night.night), *lake, "--out", str(one)])
    assert done.exit_code == 0, done.exception
    week = ["--nights", f"{night.night}..{night.night + 6}"]
    done = CliRunner().invoke(app, ["report", *week, *lake, "--out", str(all_of_them)])
    assert done.exit_code == 0, done.exception
    for page in (one, all_of_them):
        text = page.read_text()
        assert not re.findall(r'(?:src|href)="(?!data:)', text), "it needs nothing else"


def test_a_night_that_is_not_there_is_one_line(
    night: Night, capsys: pytest.CaptureFixture[str]
) -> None:
    done = CliRunner().invoke(app, ["report", "19990101", "--lake", str(night.lake)])
    assert isinstance(done.exception, Exception)
    assert explain(done.exception) == 1
    assert "has no night 19990101" in capsys.readouterr().err


def test_a_pdf_without_a_browser_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(QuestionError, match="install Debian's package chromium"):
        printing.print_page(tmp_path / "page.html", tmp_path / "page.pdf")


@pytest.mark.skipif(not any(map(shutil.which, printing.BROWSERS)), reason="no browser is installed")
def test_a_pdf_is_printed(tmp_path: Path) -> None:
    page, to = tmp_path / "page.html", tmp_path / "page.pdf"
    page.write_text(f"<p>{json.dumps('a page')}</p>")
    printing.print_page(page, to)
    assert to.read_bytes().startswith(printing.PDF)
