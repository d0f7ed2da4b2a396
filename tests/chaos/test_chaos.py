"""The law under fire. GUESTSTAR_CHAOS=full (`make chaos`) runs whole nights, CI short ones."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from broker.alerts.counts import filter_sums
from broker.balance import Seen, balance
from broker.kafka import Connection, KafkaAdmin
from broker.ledger import Gap, read_entry
from broker.ports import PartitionLife
from gueststar.command import app
from replay.invention import invent
from tests.chaos.hanging import hanging
from tests.chaos.night import PHASES, Feed, Night, Plan, provide_survey_topic
from tests.chaos.proof import compare, ends, messages
from tests.chaos.report import hand_overs, show
from tests.chaos.sites import ENRICHED, SURVEY, Site, one_kafka, two_kafkas

JUNK_EVERY = 97
"""Each so-manieth message is no alert."""
DEAD_LETTERS = "gueststar.dead-letters"
LEDGER = "gueststar.ledger"


class Size(NamedTuple):
    """How long a night is, and what must have happened in it at the least."""

    alerts: int
    alerts_per_s: float
    """The cores that all of this shares are then not always full. Nor may a night outlast its
    alerts, or a worker that is back waits for the next one: a third of them ever slower, some 600
    last 180 s at 8, 20,000 half an hour at 40 and 8 minutes at 150."""
    plan: Plan
    kills_each_phase: int
    aborts: int


IS_FULL = os.environ.get("GUESTSTAR_CHAOS") == "full"
SEED = 1054
ONE = (
    Size(20_000, 150, Plan(50, 9, 3, SEED, {"kafka_killed": 2}), 5, 20)
    if IS_FULL
    else Size(2_500, 40, Plan(10, 3, 2, SEED, {"kafka_killed": 1}), 1, 4)
)
MOVES = ("worker_leaves_and_joins", "worker_vanishes_and_joins", "worker_stands_still")
CUTS = ("ours_cut_briefly", "ours_cut_for_long", "survey_cut_briefly", "survey_cut_for_long")
TWO = (
    Size(
        20_000,
        40,
        Plan(50, 9, 3, SEED, dict(zip((*CUTS, *MOVES), (5, 5, 5, 5, 3, 3, 4), strict=True))),
        5,
        20,
    )
    if IS_FULL
    else Size(
        600,
        8,
        Plan(5, 1, 1, SEED, dict.fromkeys((*CUTS[::2], *MOVES[::2]), 1)),
        1,
        0,
    )
)


def test_kills_and_spoilt_transactions_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    pass_night("a chaotic night", one_kafka(), ONE, tmp_path)


def test_between_two_kafkas_cuts_and_hand_overs_do_neither(tmp_path: Path) -> None:
    pass_night("a chaotic night between two Kafkas", two_kafkas(), TWO, tmp_path)


pytestmark = [pytest.mark.kafka, pytest.mark.timeout(1_500)]


def pass_night(title: str, place: AbstractContextManager[Site], size: Size, folder: Path) -> None:
    """One whole night, and all that must hold after it."""
    packets = _packets(size.alerts)
    with place as site:
        survey, ours = site.survey.address, site.ours.address
        provide_survey_topic(survey)
        feed = Feed(survey, packets, alerts_per_s=size.alerts_per_s)
        record = Night(site, folder, feed, size.plan).run()
        found = compare(survey, ours, sent=SURVEY, enriched=ENRICHED, dead=DEAD_LETTERS)
        entries = [read_entry(value) for _, value in messages(ours, LEDGER)]
        held = ends(survey, SURVEY)
        cluster = KafkaAdmin(Connection(survey)).cluster() if site.elsewhere else ""
        stuck = hanging(site.ours)
        told = CliRunner().invoke(app, ["ledger", "--config", str(folder / "chaos.toml")]).output
    books = balance(entries, lambda partition, gaps: Seen([]), filter_sums)
    show(title, record, found, books, entries)
    assert found.is_exact, found
    assert stuck == [], "no transaction is left that nobody can end"
    assert not books.imbalances
    assert books.passed_over == 0, "the ledger's ranges meet end to start"
    covered = {each._replace(life=""): gap for each, gap in books.ranges.items()}
    assert covered == {
        PartitionLife(SURVEY, number, cluster=cluster): Gap(0, end) for number, end in held.items()
    }
    assert told.rstrip().endswith("\nbalances"), told
    assert books.consumed == size.alerts == books.published + books.dead
    assert len(record.deaths) == size.plan.kills
    assert min(record.by_phase()[str(phase)] for phase in PHASES) >= size.kills_each_phase
    assert sum(record.aborts().values()) >= size.aborts
    assert record.troubles == size.plan.troubles
    assert hand_overs(entries) >= sum(record.troubles[each] for each in MOVES)


def _packets(total: int) -> list[bytes]:
    return [
        b"no alert %d" % number if number % JUNK_EVERY == JUNK_EVERY - 1 else invented.packet
        for number, invented in enumerate(invent(total, seed=SEED))
    ]
