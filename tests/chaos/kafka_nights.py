"""The law under fire, at one Kafka and between two: nothing lost, nothing doubled, all told."""

from __future__ import annotations

import random
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

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
from tests.chaos.nights import Asked, Told
from tests.chaos.proof import compare, ends, messages
from tests.chaos.proxy import Cut
from tests.chaos.report import figures, hand_overs, noted
from tests.chaos.sites import ENRICHED, SURVEY, Site, one_kafka, two_kafkas

JUNK_EVERY = 97
"""Each so-manieth message is no alert."""
DEAD_LETTERS = "gueststar.dead-letters"
LEDGER = "gueststar.ledger"
MOVES = ("worker_leaves_and_joins", "worker_vanishes_and_joins", "worker_stands_still")
CUTS_IN_SHORT = 3
"""Kinds of them, by chance."""


class Size(NamedTuple):
    """How long a night is, and what must have happened in it at the least."""

    alerts: int
    alerts_per_s: float
    """The cores that all of this shares are then not always full. Nor may a night outlast its
    alerts, or a worker that is back waits for the next one: a third of them ever slower, some 600
    last 180 s at 8, and 3,000 twenty minutes at 6."""
    plan: Plan
    kills_each_phase: int
    aborts: int


def one_kafka_night(asked: Asked) -> Told:
    """The survey's topic in our Kafka, which dies at times, too."""
    size = (
        Size(3_000, 6, Plan(50, 3, 2, asked.seed, {"kafka_killed": 1}), 4, 4)
        if asked.is_full
        else Size(2_500, 40, Plan(10, 3, 2, asked.seed, {"kafka_killed": 1}), 1, 4)
    )
    return pass_night("one Kafka", one_kafka(), size, asked.folder)


def two_kafkas_night(asked: Asked) -> Told:
    """The survey's own Kafka and ours, the networks to both, and workers that come and go."""
    cuts = random.Random(asked.seed).sample(list(Cut), CUTS_IN_SHORT)
    size = (
        Size(
            3_000,
            6,
            Plan(50, 3, 2, asked.seed, dict.fromkeys(Cut, 2) | dict.fromkeys(MOVES, 1)),
            4,
            0,
        )
        if asked.is_full
        else Size(600, 8, Plan(5, 1, 1, asked.seed, dict.fromkeys((*cuts, *MOVES[::2]), 1)), 1, 0)
    )
    return pass_night("between two Kafkas", two_kafkas(), size, asked.folder)


def pass_night(title: str, place: AbstractContextManager[Site], size: Size, folder: Path) -> Told:
    """One whole night, and all that must hold after it."""
    packets = _packets(size.alerts, size.plan.seed)
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
    came_to = figures(record, found, books, entries)
    with noted(came_to):
        assert found.is_exact, found
        assert stuck == [], "no transaction is left that nobody can end"
        assert not books.imbalances, books.imbalances
        assert books.passed_over == 0, "the ledger's ranges meet end to start"
        covered = {each._replace(life=""): gap for each, gap in books.ranges.items()}
        assert covered == {
            PartitionLife(SURVEY, number, cluster=cluster): Gap(0, end)
            for number, end in held.items()
        }, covered
        assert told.rstrip().endswith("\nbalances"), told
        assert books.consumed == size.alerts == books.published + books.dead
        assert len(record.deaths) == size.plan.kills
        assert min(record.by_phase()[str(phase)] for phase in PHASES) >= size.kills_each_phase
        assert sum(record.aborts().values()) >= size.aborts
        assert record.troubles == size.plan.troubles
        assert record.given_up <= sum(record.troubles[each] for each in Cut)
        assert hand_overs(entries) >= sum(record.troubles[each] for each in MOVES)
    return Told(title, came_to)


def _packets(total: int, seed: int) -> list[bytes]:
    return [
        b"no alert %d" % number if number % JUNK_EVERY == JUNK_EVERY - 1 else invented.packet
        for number, invented in enumerate(invent(total, seed=seed))
    ]
