"""What not everybody may see is refused before anything reads it, and what is not known too."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from broker import assembly
from broker.alerts.access import Access, PublicDecoder
from broker.assembly import build
from broker.kafka_settings import TopicsSection
from broker.ledger import read_entry
from broker.settings import AccessSection, LimitsSection, Settings
from classifiers.classifier import Scoring
from schemas.batch import Reason
from schemas.decode import Decoder
from tests.broker.test_assembly import Halves, run_in_memory
from tests.filters.packets import packet, ztf_limit, ztf_point

HISTORY = [ztf_point(-2), ztf_limit(-3, programid=2)]
CASES: list[tuple[str, dict[str, Any], int | None, int | None]] = [
    # survey, changes, lowest programid_max that lets it out: with its histories, without them
    ("ztf", {}, 1, 1),
    ("ztf", {"programid": 2}, 2, 2),
    ("ztf", {"programid": 3}, 3, 3),
    ("ztf", {"programid": None}, None, None),
    ("ztf", {"prv_candidates": HISTORY}, 2, 1),
    ("ztf", {"prv_candidates": [ztf_point(-2, programid=None)]}, None, 1),
    ("lsst", {}, 1, 1),
]


@pytest.mark.parametrize(("survey", "changes", "whole", "alone"), CASES)
@pytest.mark.parametrize("programid_max", [1, 2, 3])
def test_an_alert_is_let_out_from_its_programid_on(
    survey: str, changes: dict[str, Any], whole: int | None, alone: int | None, programid_max: int
) -> None:
    for histories, least in ((True, whole), (False, alone)):
        access = Access(programid_max, histories)
        batch = PublicDecoder(Decoder(), access).decode([packet(survey, **changes)])
        is_out = least is not None and programid_max >= least
        assert len(batch) == is_out
        assert [each.reason for each in batch.rejected] == [Reason.WITHHELD] * (not is_out)


def test_each_packet_is_one_row_or_refused_once_in_the_order_given() -> None:
    packets = [packet("ztf"), b"junk", packet("ztf", programid=2), packet("lsst")]
    batch = PublicDecoder(Decoder(), Access(1)).decode(packets)
    assert batch.source_index.tolist() == [0, 3]
    assert [each.index for each in batch.rejected] == [1, 2]
    assert batch.rejected[1].detail == (
        "its packet holds programid 2; the highest that is published is 1"
    )
    np.testing.assert_array_equal(batch.programid, [1, 1])


def test_a_worker_lets_nothing_of_a_withheld_packet_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembly, "served", lambda *_: (Scoring(Halves()),))
    public, private = packet("ztf"), packet("ztf", programid=2, candid=8)
    limits = LimitsSection(dead_fraction_max=0.5, dead_alerts_min=1)
    settings = Settings(
        TopicsSection(input=("ztf",)), access=AccessSection(programid_max=1), limits=limits
    )
    kafka = run_in_memory(build(settings), [public, private, private, b"junk"])
    assert len(kafka.read("gueststar.enriched")) == 1
    letters = [json.loads(message.value) for message in kafka.read("gueststar.dead-letters")]
    assert [one["reason"] for one in letters] == ["withheld", "withheld", "not an alert"]
    assert [one["offset"] for one in letters] == [1, 2, 3]
    assert {one["prefix_base64"] for one in letters} == {""}
    (entry,) = (read_entry(message.value) for message in kafka.read("gueststar.ledger"))
    assert (entry.consumed, entry.counts.dead) == (4, {"not an alert": 1, "withheld": 2})
