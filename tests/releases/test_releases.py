"""What earlier versions wrote is read by this one, and this one writes what is kept of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from broker.balance import Seen, balance
from broker.clock import ManualClock
from broker.deployments.records import State, Version, read_record
from broker.ledger import read_entry
from broker.memory import MemoryKafka, MemorySink
from broker.ports import Partition
from broker.settings import read_settings
from lake.reading import Lake
from schemas.annotation_reading import read_annotations
from schemas.decode import Decoder
from schemas.enriched_reading import read_enriched
from tests.broker.deployments.test_records import status_of, version_of
from tests.broker.elsewhere import POSITIONS, twin_positions
from tests.releases import written

PRESENT = "what is written now"


@pytest.fixture(scope="session")
def present(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the present version writes, which is no release yet."""
    folder = tmp_path_factory.mktemp("releases") / "present"
    written.write(folder)
    return folder


@pytest.fixture(params=[*(folder.name for folder in written.folders()), PRESENT])
def release(request: pytest.FixtureRequest, present: Path) -> Path:
    """The folder of a version."""
    return present if request.param == PRESENT else written.HERE / request.param


def expected(folder: Path) -> dict[str, Any]:
    """What must be read there."""
    told: dict[str, Any] = json.loads((folder / "expected.json").read_text())
    return told


def test_the_present_version_is_kept() -> None:
    assert written.version() in {folder.name for folder in written.folders()}


@pytest.mark.parametrize("form", written.FORMS)
def test_enriched_records_are_read_whole_and_as_columns(release: Path, form: str) -> None:
    packets = [each.read_bytes() for each in sorted(release.glob(f"enriched-{form}-*.avro"))]
    records = [read_enriched(packet) for packet in packets]
    assert len(records) == written.ALERTS
    batch = Decoder(rescore=True).decode(packets)
    assert batch.alert_id.tolist() == [record["candid"] for record in records]
    first, second = read_annotations(batch)
    assert first is not None
    assert second is not None
    assert (list(first["filters"]), list(second["filters"])) == (["young"], [])


def test_ledger_entries_balance(release: Path) -> None:
    entries = [read_entry(each.value) for each in written.read_records(release / "ledger.jsonl")]
    sums = balance(entries, lambda _, __: Seen([]))
    told = expected(release)
    assert sums.imbalances == ()
    assert (sums.consumed, sums.dead) == (told["consumed"], told["dead"])


def test_positions_are_gone_on_from(release: Path) -> None:
    kafka = MemoryKafka(ManualClock())
    kafka.create_topic(POSITIONS)
    for key, value in written.read_records(release / "positions.jsonl"):
        kafka.publish(POSITIONS, value, key=key)
    told = {Partition("survey", int(n)): at for n, at in expected(release)["positions"].items()}
    found = twin_positions(kafka, MemorySink(kafka, name="next")).read(told)
    assert {each: place.offset for each, place in found.items()} == told


def test_records_of_the_control_topic_say_what_they_said(release: Path) -> None:
    kept = written.read_records(release / "control.jsonl")
    version, status = (read_record(each.key, each.value) for each in kept)
    assert isinstance(version, Version)
    assert version == version_of()
    assert status == status_of(version, State.PAUSED, State.LIVE)


def test_settings_are_read(release: Path) -> None:
    assert read_settings(release / "gueststar.toml").topics.input


def test_a_lake_s_rows_are_there(release: Path) -> None:
    tables = list(Lake(release / "lake").tables())
    ids = [int(each) for table in tables for each in table.column("alert_id")]
    assert sorted(ids) == [1, 2**60 + 1]
    curves = [table.light_curve.of(row).mjd for table in tables for row in range(len(table))]
    assert sorted(np.concatenate(curves)) == [60_000.0, 60_001.0]
