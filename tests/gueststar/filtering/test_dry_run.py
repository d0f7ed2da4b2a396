"""A dry run says what the filter does to an archive, keeps a record, and writes a page."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from broker.deployments.records import Version
from broker.deployments.register import Register
from filters.expressions.filter import ExpressionFilter, read_filter
from gueststar.filtering.dry_run import dry_run
from gueststar.filtering.place import Place
from gueststar.filtering.records import latest
from schemas.batch import AlertBatch
from schemas.errors import ArchiveError, FilterError
from schemas.learned import Learned
from tests.gueststar.filtering.tried import invented, is_odd, lake_of

BRIGHT = """
name = "bright"
description = "Bright & <new>."
[clauses]
real = 'score("realbogus", "real") > 0.5'
bright = "magnitude < 18"
"""

CODE = """
from filters.selection import selection

@selection(topic="one")
def one(alerts):
    yield "bright", alerts.magnitude < 18

@selection(topic="two")
def two(alerts):
    yield "late", alerts.light_curve.offsets[1:] % 7 > 3
    if ((alerts.alert_id + alerts.alert_id // 10**8) % 2 == 1).any():
        raise ValueError("<odd>")
"""


@pytest.fixture(scope="module")
def batch() -> AlertBatch:
    return invented()


@pytest.fixture(scope="module")
def lake(batch: AlertBatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lake_of(batch, tmp_path_factory.mktemp("lake"))


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUESTSTAR_STATE", str(tmp_path / "state"))


@pytest.fixture
def bright(tmp_path: Path) -> str:
    path = tmp_path / "bright.toml"
    path.write_text(BRIGHT)
    return str(path)


def console() -> Console:
    return Console(file=io.StringIO(), width=100)


def said(one: Console) -> str:
    assert isinstance(one.file, io.StringIO)
    return one.file.getvalue()


def test_the_record_says_what_was_selected(batch: AlertBatch, lake: Path, bright: str) -> None:
    (record,) = dry_run(bright, archive=lake, console=console())
    selected = (batch.score("realbogus", "real") > 0.5) & (batch.magnitude < 18)
    assert (record.alerts, record.selected) == (len(batch), int(selected.sum()))
    assert record.pass_rate == record.selected / record.alerts
    assert not record.looks_ahead
    assert latest(read_filter(Path(bright)).sha256) == record


def test_the_terminal_shows_clauses_nights_objects_and_examples(
    lake: Path, bright: str, batch: AlertBatch
) -> None:
    out = console()
    (record,) = dry_run(bright, archive=lake, console=out)
    text = said(out)
    for part in (
        f"{record.selected} of 60 alerts selected",
        "does not look ahead",
        "real",
        "not",
        "µs an alert",
        "drawn at random",
        "MB as full",
    ):
        assert part in text
    real = int((batch.score("realbogus", "real") > 0.5).sum())
    assert re.search(rf"bright +\S+ +{real} +{real - record.selected} +0 +{record.selected}", text)


def test_packets_and_their_lake_give_the_same(
    lake: Path, bright: str, batch: AlertBatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_archived(fresh: AlertBatch) -> None:
        rows = [batch.alert_id.tolist().index(each) for each in fresh.alert_id.tolist()]
        fresh.learned["realbogus"] = Learned.probabilities(
            batch.score_labels["realbogus"], batch.scores["realbogus"][rows]
        )

    monkeypatch.setattr("gueststar.filtering.sources.score", as_archived)
    folder = tmp_path / "packets"
    folder.mkdir()
    for number, packet in enumerate(batch.packets):
        (folder / f"{number:03}.avro").write_bytes(packet)
    for what in (bright, "solar_system"):
        of_packets, of_lake = console(), console()
        (one,) = dry_run(what, archive=folder, console=of_packets)
        (other,) = dry_run(what, archive=lake, console=of_lake)
        assert (one.alerts, one.selected) == (other.alerts, other.selected)
        assert without_times(said(of_packets)) == without_times(said(of_lake))


def without_times(text: str) -> str:
    return re.sub(r"cost:.*?second", "", text, flags=re.DOTALL)


@pytest.mark.usefixtures("two_examples")
def test_each_filter_of_a_file_is_tried_and_what_it_raised_is_shown(
    lake: Path, batch: AlertBatch, tmp_path: Path
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(CODE)
    out, page = console(), tmp_path / "page.html"
    one, two = dry_run(str(path), archive=lake, page=page, console=out)
    assert one.selected == int((batch.magnitude < 18).sum())
    odd = int(is_odd(batch.alert_id).sum())
    assert f"{odd} alerts made it raise" in said(out)
    assert "filter 'two' raised ValueError: <odd> (mine.py:12)" in " ".join(said(out).split())
    assert two.looks_ahead
    assert "&lt;odd&gt;" in page.read_text()


@pytest.fixture
def two_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture takes a while to draw."""
    monkeypatch.setattr("gueststar.filtering.report.EXAMPLES", 2)


@pytest.mark.usefixtures("two_examples")
def test_the_page_needs_nothing_else(lake: Path, bright: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    dry_run(bright, archive=lake, page=page, console=console())
    text = page.read_text()
    assert "<script" not in text
    assert not re.search(r'(src|href)="(?!data:)', text)
    assert "url(" not in text
    assert "Bright &amp; &lt;new&gt;." in text
    assert text.count("data:image/png;base64,") == 2
    assert "score(&quot;realbogus&quot;, &quot;real&quot;) &gt; 0.5" in text


@pytest.mark.usefixtures("two_examples")
def test_a_lake_without_packets_says_that_there_are_no_stamps(
    batch: AlertBatch, bright: str, tmp_path: Path
) -> None:
    out, page = console(), tmp_path / "page.html"
    lake = lake_of(batch, tmp_path / "lake", with_packets=False)
    dry_run(bright, archive=lake, page=page, console=out)
    assert "examples have no stamps" in said(out)
    assert "no stamps" in page.read_text()


def live(text: str) -> Register:
    found = ExpressionFilter.of(
        {"name": "bright", "clauses": {"bright": text}},
    )
    version = Version(
        "bright", 3, found.sha256, found.document(), "t", (), "me", 1.0, None, (), None
    )
    return Register().after([version])


def test_it_is_compared_with_the_version_that_is_live(
    lake: Path, bright: str, batch: AlertBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Place, "register", lambda self: live("magnitude < 17.7"))
    out = console()
    dry_run(bright, archive=lake, bootstrap="nowhere:1", console=out)
    old = batch.magnitude < 17.7
    new = (batch.score("realbogus", "real") > 0.5) & (batch.magnitude < 18)
    counts = [int(each.sum()) for each in (old & new, old & ~new, new & ~old)]
    expected = "{} alerts selected by both, {} by that alone, {} by this alone".format(*counts)
    assert f"beside version 3, which is live: {expected}" in " ".join(said(out).split())


def test_a_filter_that_cannot_run_is_refused_before_anything_is_read(
    lake: Path, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(CODE.replace("magnitude", "magnitud"))
    with pytest.raises(FilterError, match="did you mean 'magnitude'"):
        dry_run(str(path), archive=lake, console=console())


def test_a_filter_that_reads_stamps_is_tried_in_small_tables(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gueststar.filtering.sources.STAMPS_TOGETHER", 25)
    path = tmp_path / "seen.py"
    path.write_text(
        "from filters.selection import selection\n\n@selection(topic='seen')\n"
        "def seen(alerts):\n    yield 'template', ~alerts.stamps.missing[:, 1]\n"
    )
    (record,) = dry_run(str(path), archive=lake, console=console())
    assert record.selected == record.alerts == 60
    without = lake_of(invented(5), tmp_path / "lake", with_packets=False)
    with pytest.raises(FilterError, match="--with-packets"):
        dry_run(str(path), archive=without, console=console())


@pytest.mark.parametrize("what", ["brigt", "no/such.toml", "no.py"])
def test_a_filter_that_there_is_not_is_named(lake: Path, what: str) -> None:
    with pytest.raises(FilterError, match=re.escape(what)):
        dry_run(what, archive=lake, console=console())


def test_nights_of_packets_are_refused(tmp_path: Path, bright: str) -> None:
    (tmp_path / "one.avro").write_bytes(b"")
    with pytest.raises(ArchiveError, match="is no lake"):
        dry_run(bright, archive=tmp_path / "one.avro", nights=["20231018"], console=console())


def test_packets_without_an_alert_are_refused(tmp_path: Path, bright: str) -> None:
    (tmp_path / "one.avro").write_bytes(b"\0\0\0\0\1\0\0\0")
    with pytest.raises(ArchiveError, match="no alert that can be decoded"):
        dry_run(bright, archive=tmp_path / "one.avro", console=console())


def test_a_page_that_cannot_be_written_is_named(
    lake: Path, bright: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gueststar.filtering.report.EXAMPLES", 0)
    with pytest.raises(ArchiveError, match="page"):
        dry_run(bright, archive=lake, page=tmp_path / "no" / "page.html", console=console())
