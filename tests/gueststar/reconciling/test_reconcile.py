"""What is wrong with a night is named: by partition and offsets, or by visit."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from broker.ports import Partition
from broker.rewind import ToTime
from gueststar.reconciling.shown import as_json, lines
from lake.visits import read_visits
from schemas.errors import ArchiveError
from tests.gueststar.reconciling.night import (
    ENRICHED,
    JUNK,
    SURVEY,
    Night,
    named,
    packets_of,
)

ALERTS = 60


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(tmp_path, packets_of(ALERTS))


def without_its_last_row(lake: Path) -> dict[str, int]:
    """The row that is gone from the lake's largest part, whose footer says nothing of it."""
    file = max(lake.glob("alerts/*/*.parquet"), key=lambda one: one.stat().st_size)
    table, facts = pq.read_table(file, partitioning=None), pq.read_metadata(file).metadata
    kept = table.slice(0, len(table) - 1)
    with pq.ParquetWriter(file, kept.schema) as writer:
        writer.write_table(kept)
        writer.add_key_value_metadata({k: v for k, v in facts.items() if b"gueststar" in k})
    row: dict[str, int] = table.slice(len(table) - 1).to_pylist()[0]
    return row


def through(night: Night) -> None:
    night.broker()
    night.write()


def test_a_night_that_is_whole_balances(night: Night) -> None:
    night.send()
    night.send([JUNK])
    through(night)
    report = night.report(night.visits())
    assert named(report) == {}
    assert report.balances
    survey, *_, letters, lake, rows, visits = report.pairs
    assert (survey.left, survey.right) == (ALERTS + 1, ALERTS + 1)
    assert (letters.left, letters.right) == (1, 1)
    assert (lake.left, lake.right) == (ALERTS, ALERTS)
    assert rows.left == rows.right == visits.left == visits.right == sum(night.visits().values())


def test_a_doubled_night_is_named_by_partition_offsets_and_visit(night: Night) -> None:
    night.send()
    night.send()
    through(night)
    found = named(night.report(night.visits()))
    assert list(found) == ["rows of the night, alerts in the lake"]
    (doubled,) = found.values()
    assert all(one.endswith("alerts that came more than once") for one in doubled)
    assert sum(int(one.split(": ")[1].split()[0]) for one in doubled) == sum(
        night.visits().values()
    )


def test_a_missing_visit_is_named(night: Night) -> None:
    visit, alerts = night.visits().most_common(1)[0]
    kept = [
        packet
        for packet, its in zip(night.packets, night.batch.visit.tolist(), strict=True)
        if its != visit
    ]
    night.send(kept)
    through(night)
    found = named(night.report(night.visits()))
    assert found == {
        "survey's visits, alerts in the lake": [
            f"visit {visit}: {alerts} alerts: the whole visit is missing"
        ]
    }


def test_a_visit_of_fewer_alerts_and_one_that_nobody_names_are_named(night: Night) -> None:
    night.send()
    through(night)
    said = night.visits()
    (one, had), (other, there) = said.most_common(2)
    said[one] += 3
    del said[other]
    found = named(night.report(said))["survey's visits, alerts in the lake"]
    assert sorted(found) == sorted(
        [
            f"visit {one}: 3 alerts missing, of {had + 3}",
            f"visit {other}: {there} alerts of a visit that the survey does not name",
        ]
    )


def test_lost_rows_are_named_by_partition_and_offsets(night: Night) -> None:
    night.send()
    through(night)
    lost = without_its_last_row(night.lake)
    place = f"{ENRICHED}/{lost['topic_partition']} offsets {lost['topic_offset']} to"
    found = named(night.report())
    assert list(found) == [f"topic {ENRICHED}, lake"]
    assert found[f"topic {ENRICHED}, lake"] == [
        f"{place} {lost['topic_offset']}: 1 messages that were read, and have no row"
    ]


def test_rows_that_are_lost_of_what_retention_has_forgotten_are_told_by_their_number(
    night: Night,
) -> None:
    night.send()
    through(night)
    lost = without_its_last_row(night.lake)
    place = Partition(ENRICHED, lost["topic_partition"])
    night.kafka.forget(place, before=lost["topic_offset"] + 2)
    (only,) = named(night.report())[f"topic {ENRICHED}, lake"]
    assert only.startswith(f"{ENRICHED}/{place.number} offsets 0 to {lost['topic_offset'] + 1}: 1")


def test_a_silent_retention_gap_before_the_lake_is_named(night: Night) -> None:
    night.send(night.packets[:20])
    through(night)
    end = night.kafka.log(Partition(ENRICHED, 0)).end
    night.send(night.packets[20:])
    night.broker()
    night.kafka.forget(Partition(ENRICHED, 0), before=end + 5)
    assert named(night.report())[f"topic {ENRICHED}, lake"][0] == (
        f"{ENRICHED}/0 offsets {end} to {end + 4}:"
        " 5 offsets that retention dropped before they were read"
    )
    night.write(over_gaps=True)
    assert named(night.report())[f"topic {ENRICHED}, lake"] == [
        f"{ENRICHED}/0 offsets {end} to {end + 4}:"
        " 5 offsets that retention dropped before they were read"
    ]


def test_a_silent_retention_gap_before_the_broker_is_named(night: Night) -> None:
    night.send(night.packets[:20])
    through(night)
    night.send(night.packets[20:])
    night.kafka.forget(Partition(SURVEY, 1), before=14)
    lost = f"{SURVEY}/1 offsets 10 to 13: 4 offsets that retention dropped before they were read"
    assert lost in named(night.report())["survey's messages, ledger"]
    night.broker(rewind=ToTime(0, but=frozenset({SURVEY})))
    night.write()
    assert named(night.report()) == {"survey's messages, ledger": [lost]}


def test_what_nobody_has_read_yet_is_named(night: Night) -> None:
    night.send(night.packets[:20])
    through(night)
    night.send(night.packets[20:24])
    assert named(night.report()) == {
        "survey's messages, ledger": [
            f"{SURVEY}/{each} offsets 10 to 11: 2 messages that were not read yet"
            for each in (0, 1)
        ]
    }
    night.broker()
    (behind,) = named(night.report()).values()
    assert sum(int(one.split(": ")[1].split()[0]) for one in behind) == 4


def test_messages_that_the_ledger_does_not_count_are_named(night: Night) -> None:
    night.send()
    through(night)
    copy = night.kafka.read(ENRICHED)[0]
    night.kafka.publish(ENRICHED, copy.value, partition=0)
    night.write()
    found = named(night.report())
    assert found[f"ledger, topic {ENRICHED}"] == [
        f"{ENRICHED}: 1 messages that the ledger does not count"
    ]
    assert "alerts that came more than once" in found["rows of the night, alerts in the lake"][0]


def test_a_report_is_told_in_lines_and_as_json(night: Night) -> None:
    night.send()
    through(night)
    said = night.visits()
    said[1] = 7
    report = night.report(said)
    *_, missing, conclusion = lines(report)
    assert missing.endswith("visit 1: 7 alerts: the whole visit is missing")
    assert conclusion == "does not balance"
    told = json.loads(as_json(report))
    assert (told["night"], told["balances"]) == (night.night, False)
    assert told["pairs"][-1]["differences"] == [
        {"where": "visit 1", "amount": 7, "what": "alerts: the whole visit is missing"}
    ]


def test_tables_of_visits_are_read_or_refused_with_a_reason(tmp_path: Path) -> None:
    table = tmp_path / "visits.csv"
    table.write_text("visit,count\n2026030100001,3\n2026030100002,0\n")
    assert read_visits(table) == {2026030100001: 3, 2026030100002: 0}
    pq.write_table(pq_table(), tmp_path / "visits.parquet")
    assert read_visits(tmp_path / "visits.parquet") == {5: 6}
    table.write_text("visit,alerts\n1,3\n")
    with pytest.raises(ArchiveError, match="give it two columns of whole numbers"):
        read_visits(table)
    table.write_text("visit,count\n1,3\n1,4\n")
    with pytest.raises(ArchiveError, match="names a visit twice"):
        read_visits(table)


def pq_table() -> object:
    import pyarrow as pa

    return pa.table({"visit": [5], "count": [6]})
