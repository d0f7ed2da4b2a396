"""The textbook pipeline does the same job: only then is its time worth comparing."""

from __future__ import annotations

import math
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from benchmarks.comparing import differences, read_record, restricted
from benchmarks.night import night
from benchmarks.steps import Ours, run_textbook
from benchmarks.textbook import Textbook, decode, read_stamps
from benchmarks.textbook_filters import FILTERS, TOPICS, passed
from classifiers.realbogus import WEIGHTS
from filters.sources import load_builtin
from lake.archives import Archive
from replay.invention import invent
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.learned import Learned


@cache
def packets() -> tuple[bytes, ...]:
    """An invented night."""
    return tuple(one.packet for one in invent(150, seed=21))


def scored(packets: tuple[bytes, ...]) -> AlertBatch:
    """A batch with scores drawn at random, one of ten declined."""
    batch = Decoder().decode(packets)
    rng = np.random.default_rng(1)
    real = np.where(rng.random(len(batch)) < 0.1, np.nan, rng.random(len(batch)))
    batch.learned["realbogus"] = Learned.probabilities(
        ("bogus", "real"), np.stack((1 - real, real), axis=1).astype(np.float32)
    )
    return batch


def assert_same_filters(packets: tuple[bytes, ...]) -> Counter[str]:
    """Both select the same of them; how many by filter."""
    batch = scored(packets)
    selected = {name: load_builtin(name).evaluate(batch).selected for name in FILTERS}
    counts: Counter[str] = Counter()
    for row, source in enumerate(batch.source_index.tolist()):
        bogus, real = batch.scores["realbogus"][row].tolist()
        scores = None if math.isnan(real) else {"bogus": bogus, "real": real}
        theirs = passed(decode(packets[source])[0], scores)
        assert theirs == [name for name in FILTERS if selected[name][row]], row
        counts.update(theirs)
    return counts


def test_its_filters_are_built_in_ones_and_publish_to_the_same_topics() -> None:
    assert {name: load_builtin(name).topic for name in FILTERS} == TOPICS


def test_its_filters_select_what_ours_select() -> None:
    assert min(assert_same_filters(packets()).values()) > 0


def test_its_stamps_are_ours() -> None:
    stamps = Decoder().decode(packets()).stamps.resampled(63)
    for packet, ours in zip(packets(), stamps, strict=True):
        np.testing.assert_array_equal(read_stamps(decode(packet)[0]), ours)


def test_what_it_publishes_is_what_we_publish_value_by_value() -> None:
    ours, theirs = Ours().run(packets()), run_textbook(Textbook(WEIGHTS), packets())
    assert {name for name, full in ours.full.items() if full} == theirs.full.keys()
    pairs = list(zip(ours.lite, theirs.lite, strict=True))
    for name, full in theirs.full.items():
        pairs += zip(ours.full[name], full, strict=True)
    for own, their in pairs:
        assert differences(read_record(own), read_record(their)) == []


def test_a_difference_is_found_and_named_by_its_path() -> None:
    record = {"a": [{"x": 1.0}, {"x": math.nan}], "gueststar": {"publish_time": 1}}
    other = {"a": [{"x": 1.0}, {"x": 2.0}], "gueststar": {"publish_time": 2}}
    assert differences(record, record) == []
    assert differences(record, other) == [".a[1].x: nan and 2.0"]
    assert differences(record, {**record, "b": None}) == []
    assert differences(record, {**record, "b": 1}) == [".b: None and 1"]


def test_scores_may_differ_by_a_rounding_and_no_more() -> None:
    def record(score: float) -> dict[str, object]:
        return {"gueststar": {"scores": {"realbogus": {"real": score}}}}

    assert differences(record(0.5), record(0.5 + 1e-6)) == []
    assert len(differences(record(0.5), record(0.501))) == 1


def test_only_what_classifiers_of_both_said_is_compared() -> None:
    models = [{"name": name} for name in ("realbogus", "supernova")]
    scores: dict[str, object] = {"realbogus": {"real": 0.5}, "supernova": {"SNIa": 0.5}}
    ours = {"candid": 1, "gueststar": {"models": models, "scores": scores, "flags": []}}
    theirs = {"candid": 1, "gueststar": {"models": models[:1], "scores": {}, "flags": []}}
    shared = restricted(ours, theirs)
    assert differences(shared, theirs) == [".gueststar.scores.realbogus: {'real': 0.5} and None"]
    theirs["gueststar"] = {**shared["gueststar"], "flags": ["odd"]}
    assert differences(restricted(ours, theirs), theirs) == [".gueststar.flags: [] and ['odd']"]


def test_without_real_alerts_the_night_is_an_invented_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GUESTSTAR_DATA", raising=False)
    drawn = night(5)
    assert len(drawn.packets) == 5
    assert "invented" in drawn.origin


@pytest.mark.data
def test_its_filters_and_stamps_are_ours_on_real_alerts(data_folder: Path) -> None:
    folder = data_folder / "ztf" / "astrolabsoftware+fink-client" / "avro"
    real = tuple(packet.data for packet in Archive(folder))
    assert_same_filters(real)
    batch = Decoder().decode(real)
    stamps = batch.stamps.resampled(63)
    for source, ours in zip(batch.source_index.tolist(), stamps, strict=True):
        np.testing.assert_array_equal(read_stamps(decode(real[source])[0]), ours)
