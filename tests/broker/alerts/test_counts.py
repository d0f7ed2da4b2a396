"""The sums of the alert job in the ledger: each filter answers for every alert that was decoded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from broker.alerts.counts import AlertCounts, filter_sums
from broker.ledger import Counts, Entry, read_entry
from tests.broker.test_ledger import entry

WHOLE = entry(0, 20)


def counting(**details: Mapping[str, Any]) -> Entry:
    """A whole entry, some of its details other."""
    return replace(WHOLE, counts=replace(WHOLE.counts, details={**WHOLE.counts.details, **details}))


def test_a_whole_entry_adds_up() -> None:
    assert list(filter_sums(WHOLE)) == []


def test_a_filter_that_answered_for_none_is_missed() -> None:
    assert list(filter_sums(replace(WHOLE, notes={"filters": 2}))) == ["1 of 2 filters answered"]
    assert list(filter_sums(replace(WHOLE, notes={}))) == []


def test_a_filter_that_only_could_not_judge_is_checked_too() -> None:
    one = replace(counting(unknown={"other": {"faint": 17}}), notes={"filters": 2})
    assert list(filter_sums(one)) == ["filter other answered for 17 of 18 alerts"]


def test_a_filter_that_answered_for_too_few_is_named() -> None:
    found = list(filter_sums(counting(selected={"bright": 8})))
    assert found == ["filter bright answered for 17 of 18 alerts"]


def test_an_entry_from_before_filters_were_counted_is_still_read() -> None:
    document = json.loads(WHOLE.encode())
    del document["filters"]
    assert list(filter_sums(read_entry(json.dumps(document).encode()))) == []


def test_details_that_a_later_version_counts_are_left_out() -> None:
    counts = Counts(details={"selected": {"bright": 1}, "of_tomorrow": {"a": 1}})
    assert AlertCounts.of(counts) == AlertCounts(selected={"bright": 1})
