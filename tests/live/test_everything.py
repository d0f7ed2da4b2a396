"""All sources, by command: replay, a real Kafka, the broker, the live lake; field by field.

GUESTSTAR_EVERYTHING=full sends PLAsTiCC's whole training set, half an hour; else a slice of it.
"""

from __future__ import annotations

import io
import os
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import fastavro
import numpy as np
import pytest

from benchmarks.system import ENRICHED, SURVEY, Asked, System, system
from lake.reading import Lake
from schemas.avro import SchemaSource, WriterSchema
from schemas.lsst_schema import LSST_SCHEMA, SCHEMA_ID
from schemas.schema_folder import SchemaFolder
from tests.chaos.proof import messages
from tests.conftest import require_kafka
from tests.live.plain_rows import Key, Record, compared, key_of, records
from tests.live.plain_season import Season
from tests.schemas.real_packets import avro_files, night_files

pytestmark = [pytest.mark.kafka, pytest.mark.data, pytest.mark.timeout(7_200)]

FULL = os.environ.get("GUESTSTAR_EVERYTHING") == "full"
SLICE = None if FULL else 500
"""Of PLAsTiCC's alerts."""
READ_AGAIN = 20 if FULL else 1
"""Of how many of PLAsTiCC's messages fastavro reads one; all are held to the CSV files."""
SIMULATED = b"\0" + SCHEMA_ID.to_bytes(4, "big")
"""How a message of PLAsTiCC's begins, and none of the others."""
UNTIMED = 1
"""Rubin's published example that is no alert."""
MORE = """
[schemas]
folder = "{folder}"
"""


@dataclass
class Survey:
    """What is on the survey's topic: of the simulation's 4 GB little stays in memory."""

    real: list[bytes] = field(default_factory=list)
    season: list[bytes] = field(default_factory=list)
    """SHA-256 of each of PLAsTiCC's messages."""
    again: list[bytes] = field(default_factory=list)
    """One of READ_AGAIN of these, whole."""

    def __len__(self) -> int:
        return len(self.real) + len(self.season)

    def add(self, message: bytes) -> None:
        if not message.startswith(SIMULATED):
            self.real.append(message)
            return
        if len(self.season) % READ_AGAIN == 0:
            self.again.append(message)
        self.season.append(_digest(message))


class Passed(NamedTuple):
    """What came of all sources."""

    sent: dict[str, int]
    survey: Survey
    published: int
    rows: int
    lake: Path
    schemas: SchemaSource
    told: dict[str, str]
    """By command, what it said."""


class Schemas:
    """Rubin's, by id: those in a folder, and 11.1."""

    def __init__(self, folder: Path) -> None:
        self._folder = SchemaFolder(folder)
        self._newest = WriterSchema.of(LSST_SCHEMA, SCHEMA_ID)

    def find(self, schema_id: int) -> WriterSchema | None:
        return self._newest if schema_id == SCHEMA_ID else self._folder.find(schema_id)


@pytest.fixture(scope="module")
def passed(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Passed]:
    """Everything sent, worked through, kept, and counted."""
    require_kafka()
    folder, rubin = tmp_path_factory.mktemp("everything"), data_folder / "lsst"
    night = folder / "ztf_public_20180713.tar"
    with tarfile.open(night, "w") as tar:
        for number, packet in enumerate(night_files(data_folder)):
            member = tarfile.TarInfo(f"{number}.avro")
            member.size = len(packet)
            tar.addfile(member, io.BytesIO(packet))
    limit = () if SLICE is None else ("--limit", str(SLICE))
    sources = {
        "ztf": (night,),
        "lsst": (rubin,),
        "winter": (data_folder / "other_surveys" / "winter",),
        "plasticc": (data_folder / "plasticc" / "plasticc_train_lightcurves.csv.gz", *limit),
    }
    more = MORE.format(folder=rubin / "schemas")
    with system(folder, Asked(filters=("young_supernovae",), more=more)) as found:
        sent = {name: found.replay(*words) for name, words in sources.items()}
        found.wait(sum(sent.values()))
        survey = Survey()
        for _, message in messages(found.address, SURVEY):
            survey.add(message)
        yield Passed(
            sent,
            survey,
            sum(1 for _ in messages(found.address, ENRICHED)),
            len(Lake(found.lake)),
            found.lake,
            Schemas(rubin / "schemas"),
            dict(_told(found)),
        )


def _digest(message: bytes) -> bytes:
    return sha256(message).digest()


def _told(found: System) -> Iterator[tuple[str, str]]:
    ledger = found.ask("ledger", "--topic", "ledger", "--bootstrap", found.address)
    yield "ledger", ledger.stdout + ledger.stderr
    verified = found.ask("lake", "verify", str(found.lake))
    yield "verify", verified.stdout + verified.stderr
    counted = found.ask("reconcile", "20180713", "--config", str(found.config))
    yield "reconcile", counted.stdout + counted.stderr


def test_what_is_on_the_topic_is_what_the_sources_hold(passed: Passed, data_folder: Path) -> None:
    assert passed.sent["ztf"] == 835
    assert passed.sent["winter"] == 6
    assert len(passed.survey) == sum(passed.sent.values())
    assert len({*passed.survey.season}) == passed.sent["plasticc"], "each is there once"
    left = Counter(map(_digest, passed.survey.real))
    assert not Counter(map(_digest, _files(data_folder))) - left
    told = Counter(_digest(repr(one).encode()) for one in _rubin(data_folder))
    avro = (one for one in passed.survey.real if one[:1] == b"O" and b"diaSource" in one)
    read = Counter(_digest(repr(one).encode()) for one in records(avro, passed.schemas))
    assert not told - read


def _files(data_folder: Path) -> Iterator[bytes]:
    yield from night_files(data_folder)
    winter = data_folder / "other_surveys" / "winter"
    yield from (path.read_bytes() for path in sorted(winter.glob("*.avro")))


def _rubin(data_folder: Path) -> Iterator[Record]:
    for data in avro_files(data_folder):
        if b"diaSource" in data:
            yield from (dict(one) for one in fastavro.reader(io.BytesIO(data)))


def test_every_message_is_a_row_or_a_dead_letter_and_all_balances(passed: Passed) -> None:
    dead = len(passed.survey) - passed.published
    assert 0 <= dead <= UNTIMED + 1, "what is no alert, and what has an unknown schema"
    assert passed.rows == passed.published
    assert passed.told["ledger"].rstrip().endswith("balances"), passed.told
    assert passed.told["verify"].endswith("\nwhole\n"), passed.told
    assert passed.told["reconcile"].rstrip().endswith("balances"), passed.told["reconcile"]


def test_the_rows_are_the_sources_records_field_by_field(passed: Passed) -> None:
    source = _known(passed)
    count = sum(map(len, source.values()))
    assert compared(passed.lake, source, passed.schemas) == count
    assert count == passed.published or FULL


def _known(passed: Passed) -> dict[Key, list[bytes]]:
    """Messages by alert; of the simulation's, one of READ_AGAIN."""
    known = defaultdict[Key, list[bytes]](list)
    kept = [*passed.survey.real, *passed.survey.again]
    for message, record in zip(kept, records(kept, passed.schemas), strict=True):
        if _is_timed(record):
            known[key_of(record)].append(message)
    return known


def _is_timed(record: Record) -> bool:
    """Not the published example whose time is none."""
    own = record.get("diaSource") or record["candidate"]
    mjd = own.get("midpointMjdTai") or own.get("midPointTai") or own.get("jd")
    return bool(np.isfinite(mjd) and mjd < 1e7)


def test_the_simulations_alerts_are_its_files_points(passed: Passed, data_folder: Path) -> None:
    season = Season(data_folder / "plasticc")
    assert season.compared(passed.lake, limit=SLICE) == passed.sent["plasticc"]
