"""`gueststar why` names the clause and the value, for an alert found by its id or its object."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from broker.deployments.register import Register
from broker.memory import MemoryKafka, MemorySource
from filters.alerts import Alerts, Reading
from filters.handmade import handmade
from filters.selection import Clauses, selection
from filters.sources import load_builtin
from gueststar.command import app
from gueststar.filtering.lookup import in_archive, on_topic
from gueststar.filtering.place import Place
from gueststar.filtering.why import decisions, reading, why
from schemas.batch import AlertBatch
from schemas.errors import ArchiveError, FilterError, GueststarError
from tests.gueststar.conftest import SCORES, TOPIC
from tests.gueststar.filtering.test_dry_run import live
from tests.gueststar.filtering.tried import clumsy, invented, lake_of


@selection(topic="young")
def young(alerts: Alerts) -> Clauses:
    yield "bright", alerts.magnitude < 19
    yield "young", (alerts.age_days < 20) & (alerts.age_days > alerts.age_days - 1)
    yield "no star", ~(alerts.star_distance_arcsec < 1.5)


def test_every_clause_is_answered_and_the_first_refusal_marked() -> None:
    one = handmade(magnitude=[18.25], age_days=[412.3], star_distance_arcsec=[0.25])
    found = decisions(young, one)
    assert [(each.clause, each.said, each.decides) for each in found] == [
        ("bright", "passed", False),
        ("young", "refused", True),
        ("no star", "refused", False),
    ]
    assert found[1].read == ("age_days = 412.3 days",)


def test_what_was_not_measured_is_said_so() -> None:
    found = decisions(young, handmade(star_distance_arcsec=[np.inf]))
    assert found[0][1:3] == ("not measured", True)
    assert found[0].read == ("magnitude = not measured",)
    assert found[2].read == ("star_distance_arcsec = none found",)


def test_the_answers_make_up_the_decision(lake: Path, batch: AlertBatch) -> None:
    for name in ("solar_system", "bright_transients", "young_supernovae"):
        one = load_builtin(name)
        decision = one.evaluate(batch)
        for row in range(len(batch)):
            found = decisions(one, batch.take(np.array([row])))
            decisive = next((each.clause for each in found if each.decides), None)
            clause = decision.trace[row]
            assert decisive == (decision.clauses[clause] if clause >= 0 else None)


def test_a_filter_that_raises_is_told_with_what_came_before() -> None:
    found = decisions(clumsy, handmade(magnitude=[18.0, 10.0], alert_id=[1, 2]).take(np.array([0])))
    assert [each.said for each in found] == ["refused", "raised"]
    assert found[1].read[0].startswith("filter 'clumsy' raised RuntimeError: an odd alert")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("magnitude", np.float64(18.123456789), "magnitude = 18.1235"),
        ("mjd", np.float64(60235.64601), "mjd = 60235.64601"),
        ("ra_deg", np.float64(12.5), "ra_deg = 12.5°"),
        ("band", np.int8(2), "band = r"),
        ("band", np.int8(-1), "band = unknown"),
        ("flux_njy", np.float64(np.inf), "flux_njy = inf nJy"),
        ('in_region("S1")', np.bool_(True), 'in_region("S1") = yes'),
        ("object_id", np.str_("ZTF18x"), "object_id = ZTF18x"),
        ("", np.float64(2), "its own value = 2"),
    ],
)
def test_a_value_is_shown_with_its_unit(name: str, value: np.generic, expected: str) -> None:
    assert reading(Reading(name, np.array([value]))) == expected


@pytest.fixture(scope="module")
def batch() -> AlertBatch:
    return invented(20)


@pytest.fixture(scope="module")
def lake(batch: AlertBatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lake_of(batch, tmp_path_factory.mktemp("lake"))


def test_an_alert_is_found_in_a_lake_and_in_packets(
    lake: Path, batch: AlertBatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored: list[int] = []
    monkeypatch.setattr("gueststar.filtering.lookup.score", lambda few: scored.append(len(few)))
    for number, packet in enumerate(batch.packets):
        (tmp_path / f"{number}.avro").write_bytes(packet)
    for path in (lake, tmp_path):
        (found,) = in_archive(str(batch.alert_id[7]), path)
        assert found.alert_id.tolist() == [batch.alert_id[7]]
    assert found.object_id.tolist() == [batch.object_id[7]]
    assert scored == [1], "a packet found is scored, a lake's is scored already"


def test_an_object_s_alerts_are_all_found(lake: Path, batch: AlertBatch) -> None:
    (found,) = in_archive(str(batch.object_id[3]), lake)
    assert found.alert_id.tolist() == batch.alert_id[batch.object_id == batch.object_id[3]].tolist()
    np.testing.assert_array_equal(
        found.score("realbogus", "real"), batch.score("realbogus", "real")[[3]]
    )


@pytest.mark.parametrize("wanted", ["12", "ZTF99zzzzzzz", "9" * 30, ""])
def test_an_alert_that_there_is_not_is_named(lake: Path, wanted: str) -> None:
    with pytest.raises(ArchiveError, match=f"no alert and no object '{wanted}'"):
        in_archive(wanted, lake)


def test_an_alert_on_a_topic_has_the_scores_that_were_published(
    memory: MemoryKafka, packets: list[bytes], batch: AlertBatch
) -> None:
    from schemas.decode import Decoder

    sent = Decoder().decode(packets)
    for wanted in (str(sent.alert_id[2]), str(sent.object_id[2])):
        source = MemorySource(memory, group="why", topics=[TOPIC])
        (found,) = on_topic(wanted, source)
        assert found.alert_id.tolist() == [sent.alert_id[2]]
        assert found.score("realbogus", "real").tolist() == [SCORES["real"]]
    with pytest.raises(ArchiveError, match="--hours"):
        on_topic("12", MemorySource(memory, group="why", topics=[TOPIC]))


def asked(lake: Path, wanted: object, what: str, *more: str) -> tuple[int, str]:
    command = ["why", str(wanted), what, "--archive", str(lake), *more]
    result = CliRunner().invoke(app, command)
    if isinstance(result.exception, GueststarError):
        raise result.exception
    return result.exit_code, " ".join(result.output.split())


def test_the_exit_status_says_whether_it_was_selected(
    lake: Path, batch: AlertBatch, tmp_path: Path
) -> None:
    bright = tmp_path / "bright.filter"
    row = int(np.nanargmin(batch.magnitude))
    bright.write_text(f"bright: magnitude < {batch.magnitude[row] + 1e-3}\n")
    status, text = asked(lake, batch.alert_id[row], str(bright))
    assert status == 0
    assert f"selected by bright ({bright})" in text
    other = int(np.nanargmax(batch.magnitude))
    status, text = asked(lake, batch.object_id[other], str(bright))
    assert status == 3
    assert "not selected by bright" in text
    assert f"magnitude = {batch.magnitude[other]:.6g}" in text


def test_a_deployed_filter_is_asked_in_the_version_named(
    lake: Path, batch: AlertBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Place, "register", lambda self: live("magnitude < 100"))
    wanted, kafka = batch.alert_id[0], ("--bootstrap", "nowhere:1")
    status, text = asked(lake, wanted, "bright", *kafka)
    assert status == 0
    assert "selected by bright (version 3)" in text
    assert asked(lake, wanted, "bright", *kafka, "--version", "3")[0] == 0
    with pytest.raises(FilterError, match="no version 4; it has 3"):
        asked(lake, wanted, "bright", *kafka, "--version", "4")
    assert "solar_system (built-in)" in asked(lake, wanted, "solar_system", *kafka)[1]
    with pytest.raises(FilterError, match="no filter 'dim' is deployed"):
        asked(lake, wanted, "dim", *kafka, "--version", "1")
    monkeypatch.setattr(Place, "register", lambda self: Register())
    with pytest.raises(FilterError, match="none is"):
        asked(lake, wanted, "bright", *kafka, "--version", "1")


def test_a_file_has_no_versions(lake: Path) -> None:
    with pytest.raises(GueststarError, match="--version is of a deployed filter"):
        asked(lake, 1, "mine.toml", "--version", "2")


def test_an_alert_is_looked_for_on_the_topic_where_no_archive_is_named(
    memory: MemoryKafka, packets: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from schemas.decode import Decoder

    starts: list[object] = []

    def reader(link: object, topic: str, *, start: object) -> MemorySource:
        starts.append((topic, start))
        return MemorySource(memory, group="why", topics=[TOPIC])

    monkeypatch.setattr("gueststar.filtering.why.reader", reader)
    out = Console(file=io.StringIO(), width=100)
    wanted = str(Decoder().decode(packets).alert_id[1])
    why(wanted, "bright_transients", bootstrap=None, hours=6, console=out)
    assert starts == [("gueststar.enriched", "6h")]
    assert isinstance(out.file, io.StringIO)
    assert f"alert {wanted}" in out.file.getvalue()
