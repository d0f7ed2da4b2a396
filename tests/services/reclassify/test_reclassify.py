"""Each alert whose verdict changed is published once more, and once, wherever a run is killed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from broker.clock import ManualClock
from broker.errors import TransactionAborted
from broker.memory import Fault, MemoryKafka, MemorySink, MemorySource
from broker.memory.faults import Call
from broker.ports import Message
from gueststar.ending import polls_to_end
from gueststar.open_lake import OpenLake
from lake.flush import Flush
from lake.live import LiveLake
from lake.ranges import Source, Stretch
from lake.reading import Lake
from lake.revisions import RevisionTable
from replay.invention import invent
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.enriched_reading import read_enriched
from schemas.errors import ArchiveError, BrokerError, ModelError
from schemas.learned import Given
from schemas.stage import Identity
from services.lake_writer.job import EnrichedDecoder
from services.reclassify.candidate import Candidate, candidate_of
from services.reclassify.pieces import Asked, look, pieces
from services.reclassify.publishing import Done, Pace, keep, reclassify, revision_of
from services.reclassify.revising import Looked, Revising, differs
from tests.killed import Killed
from tests.services.lake_writer.test_live_at_kafka import enriched
from tests.services.lake_writer.world import dying_after

CALLS: tuple[Call, ...] = ("produce", "commit")
TOPIC, ALERTS = "revisions", 30
LABELS = ("real", "bogus")


LATER = Identity("realbogus", "0.9.0", "ef" * 32)


@dataclass
class Later:
    """A network of a later version: what it says hangs on the alert alone."""

    identity: Identity = LATER
    reads: tuple[str, ...] = ("alert_id",)
    gives: tuple[Given, ...] = (Given("realbogus", "probabilities", LABELS),)
    asked: list[int] = field(default_factory=list)

    def run(self, batch: AlertBatch) -> Sequence[NDArray[Any]]:
        self.asked += batch.alert_id.tolist()
        real = (batch.alert_id % 97 / 97).astype(np.float32)
        return [np.stack([real, 1 - real], axis=1)]

    def warm_up(self) -> None:
        """Nothing is to be done before."""


Looks = Callable[[Lake], Iterable[Looked] | None]
"""How others look at a lake's rows; None where it is done here."""


class Place:
    """A lake, a topic of revisions, and one run after another."""

    def __init__(self, folder: Path, *faults: Fault) -> None:
        self.lake = folder / "lake"
        packets = enriched(Decoder().decode([one.packet for one in invent(ALERTS, seed=5)]))
        with_origin(self.lake, packets)
        self.kafka = MemoryKafka(ManualClock(), faults=faults)
        self.kafka.create_topic(TOPIC, partitions=2)
        self._names = count()

    def polls(self) -> Iterator[tuple[str, Sequence[Message]]]:
        source = MemorySource(self.kafka, group=f"reader-{next(self._names)}", topics=[TOPIC])
        for messages in polls_to_end(source):
            yield "life", messages
        source.close()

    def run(self, revising: Revising, looks: Looks = lambda _: None) -> Done:
        sink = MemorySink(self.kafka, name="run")
        lake = Lake(self.lake, decoder=Decoder(rescore=True))
        pace = Pace(now_s=self.kafka.clock.monotonic_s, sleep=self.kafka.clock.sleep)
        with RevisionTable.opened(self.lake) as table:
            try:
                done = reclassify(lake, revising, sink, self.polls, pace, looked=looks(lake))
            except BaseException:
                sink.kill()
                raise
            keep(table, self.polls())
        sink.close()
        return done

    def revisions(self) -> list[Message]:
        return self.kafka.read(TOPIC)


def with_origin(path: Path, packets: Sequence[bytes], together: int = ALERTS // 2) -> None:
    """A lake of a flush for so many, written as the live writer does."""
    decode, lake = EnrichedDecoder(), LiveLake(path, version="test")
    for begin in range(0, len(packets), together):
        some = packets[begin : begin + together]
        batch, beside = decode(some)
        at = np.arange(begin, begin + len(some))
        origin = {
            "topic_name": np.full(len(some), "enriched"),
            "topic_partition": np.zeros(len(some), np.int32),
            "topic_offset": at[batch.source_index],
        }
        stretch = Stretch(
            Source("enriched", 0, "id"), begin, begin + len(some), len(some), lake.number
        )
        lake.write(Flush(batch, {**origin, **beside}, {}, [stretch]))
    lake.close()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    return Place(tmp_path)


def later() -> Revising:
    stage = Later()
    return Revising(Candidate(stage.identity, stage=stage), TOPIC, "test")


def expected(place: Place) -> set[int]:
    """By the lake's columns alone: whose number differs by more than the bound."""
    found = set[int]()
    for table in Lake(place.lake).tables():
        old = table.learned_column("realbogus", "real")
        new = (table.column("alert_id") % 97 / 97).astype(np.float32)
        far = np.isnan(old) | (np.abs(np.nan_to_num(new - old)) > 0.05)
        found |= {*table.column("alert_id")[far].tolist()}
    return found


def test_what_changed_is_published_with_the_old_verdict_and_its_version_beside(
    place: Place,
) -> None:
    wanted = expected(place)
    assert 0 < len(wanted) < ALERTS
    done = place.run(later())
    assert done == Done(ALERTS, len(wanted), 0)
    records = [read_enriched(one.value) for one in place.revisions()]
    assert sorted(one["candid"] for one in records) == sorted(wanted)
    for record in records:
        note = record["gueststar"]
        versions = {one["name"]: one["version"] for one in note["models"]}
        assert versions == {"previous_realbogus": "0.3.0", "realbogus": "0.9.0"}
        real = np.float32(record["candid"] % 97 / 97)
        assert note["scores"]["realbogus"]["real"] == pytest.approx(real)
        assert "revised" in note["flags"]
        assert record["cutoutScience"] is not None


def test_the_lake_keeps_both_and_its_rows_as_they_were(place: Place) -> None:
    before = {file: file.read_bytes() for file in place.lake.glob("alerts/*/*")}
    place.run(later())
    assert before == {file: file.read_bytes() for file in place.lake.glob("alerts/*/*")}
    table = OpenLake(place.lake).revisions().pandas()
    assert {*table.alert_id} == expected(place)
    assert len(table) == 2 * len(expected(place))
    real = table[table.column == "real"]
    np.testing.assert_allclose(real.new, real.alert_id % 97 / 97, atol=1e-6)
    assert {*real.new_version} == {"0.9.0"}
    assert {*real.old_version} == {"0.3.0"}
    one = str(real.object_id.iloc[0])
    assert {*OpenLake(place.lake).revisions(one).pandas().object_id} == {one}


def test_a_run_that_is_killed_anywhere_and_begun_again_doubles_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every change of the disk, and before and after every call to Kafka."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr("services.reclassify.publishing.TOGETHER", 7)
    whole = Place(tmp_path / "whole")
    whole.run(later())
    wanted = sorted(map(revision_of, whole.revisions()))
    for number, (at, nth, applied) in enumerate(product(CALLS, (1, 2, 4), (False, True))):
        fault = Fault(at, nth, KilledAtKafka, client="run", applied=applied)
        place = Place(tmp_path / str(number), fault)
        with pytest.raises(KilledAtKafka):
            place.run(later())
        check(place, wanted)
    for step in range(200):
        place = Place(tmp_path / f"disk {step}")
        with dying_after(step):
            try:
                place.run(later())
            except Killed:
                pass
            else:
                assert step > 1
                return
        check(place, wanted)


class KilledAtKafka(BrokerError):  # noqa: N818 - it is none
    """As a process ends within a call."""


def check(place: Place, wanted: list[str]) -> None:
    place.run(later())
    place.run(later())
    assert sorted(map(revision_of, place.revisions())) == wanted
    table = OpenLake(place.lake).revisions().pandas()
    assert len(table) == 2 * len(wanted)
    assert not table.duplicated(["topic_partition", "topic_offset", "column"]).any()


FILTER = """
from filters.selection import selection


@selection(topic="bright")
def bright(alerts):
    yield "odd", alerts.alert_id % 2 == 1
"""


def test_a_filter_s_verdict_that_changed_stands_beside_the_old_one(
    place: Place, tmp_path: Path
) -> None:
    file = tmp_path / "bright.py"
    file.write_text(FILTER)
    candidate = candidate_of(str(file))
    place.run(Revising(candidate, TOPIC, "test"))
    records = {read_enriched(one.value)["candid"]: one for one in place.revisions()}
    was, now = dict[int, bool](), dict[int, bool]()
    for table in Lake(place.lake).tables():
        for number, names in zip(
            table.column("alert_id").tolist(), table.column("filters").tolist(), strict=True
        ):
            was[number], now[number] = "bright" in names, number % 2 == 1
    assert records.keys() == {each for each in was if was[each] != now[each]}
    kept = OpenLake(place.lake).revisions().pandas().set_index("alert_id")
    for number, message in records.items():
        note = read_enriched(message.value)["gueststar"]
        assert ("bright" in note["filters"]) == now[number]
        row = kept.loc[number]
        assert (row.old, row.new, row.column) == (was[number] * 1.0, now[number] * 1.0, "selected")
        assert row.new_version == candidate.identity.version


def test_in_pieces_that_others_look_at_it_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    for name in ("PIECE_ROWS", "TOGETHER"):
        monkeypatch.setattr(f"services.reclassify.pieces.{name}", 4 if name == "PIECE_ROWS" else 3)
    (tmp_path / "bright.py").write_text(FILTER)
    revising, places = bright(tmp_path), [Place(tmp_path / name) for name in ("here", "there")]
    asked = Asked.of(str(tmp_path / "bright.py"), revising)
    by_pieces: Looks = lambda lake: map(partial(look, asked=asked), pieces(lake))  # noqa: E731
    here = places[0].run(revising)
    assert places[1].run(revising, by_pieces) == here
    assert here.published > 0
    found = [sorted(map(revision_of, each.revisions())) for each in places]
    assert found[0] == found[1]
    assert places[1].run(revising, by_pieces) == Done(ALERTS, 0, here.published)


def test_another_candidate_of_the_name_at_a_worker_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bright.py").write_text(FILTER)
    asked = Asked.of(str(tmp_path / "bright.py"), bright(tmp_path))
    other = asked._replace(identity=asked.identity._replace(sha256="0" * 64))
    with pytest.raises(ModelError, match="install one gueststar on both"):
        other.revising()


def bright(folder: Path) -> Revising:
    return Revising(candidate_of(str(folder / "bright.py")), TOPIC, "test")


def test_a_transaction_that_kafka_gives_up_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    place = Place(tmp_path, Fault("commit", 1, TransactionAborted, client="run"))
    done = place.run(later())
    assert done.published == len(expected(place)) == len(place.revisions())


def test_only_one_process_revises_a_lake(place: Place) -> None:
    with RevisionTable.opened(place.lake), pytest.raises(ArchiveError, match="another process"):
        place.run(later())


def test_a_rate_is_kept(place: Place) -> None:
    clock = place.kafka.clock
    began_s = clock.monotonic_s()
    lake = Lake(place.lake, decoder=Decoder(rescore=True))
    pace = Pace(10.0, sleep=clock.sleep, now_s=clock.monotonic_s)
    reclassify(lake, later(), MemorySink(place.kafka, name="run"), list, pace)
    assert clock.monotonic_s() - began_s >= ALERTS / 10


def test_candidates_are_found_by_name_and_version_or_file(tmp_path: Path) -> None:
    found = candidate_of("classifiers/supernova.onnx")
    assert found.identity.name == "supernova"
    assert candidate_of(f"supernova@{found.identity.version}").identity == found.identity
    assert not found.reads_stamps
    with pytest.raises(ModelError, match="is here in version"):
        candidate_of("supernova@99")
    (tmp_path / "none.onnx").write_bytes(b"nothing")
    with pytest.raises(ModelError):
        candidate_of(str(tmp_path / "none.onnx"))


def test_what_differs_is_what_is_beyond_the_bound_or_came_or_went() -> None:
    old = np.array([[0.5, 0.5], [0.5, 0.5], [np.nan, np.nan], [np.nan, np.nan], [0.5, 0.5]])
    new = np.array([[0.54, 0.46], [0.56, 0.44], [0.5, 0.5], [np.nan, np.nan], [np.nan, np.nan]])
    assert differs(old, new, 0.05).tolist() == [False, True, True, False, True]
