"""A job killed again and again: each find is told, or told of as left out."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest

from broker.ledger import read_entry, total
from services.followup.adapters.port import AnswerLost, NotReached, Refused
from services.notices import delivery
from services.notices.quota import HOUR_S
from tests.services.notices.world import DEAD, ENRICHED, LEDGER, SECTION, AtOnce, World, finds

KILLS = 40


@pytest.fixture(autouse=True)
def attempts_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "Thread", AtOnce)


def publish(world: World, *packets: bytes) -> None:
    for packet in packets:
        world.kafka.publish(ENRICHED, packet)


@pytest.mark.parametrize("seed", range(3))
def test_after_forty_kills_what_was_told_and_left_out_is_what_was_found(seed: int) -> None:
    draw, world, sent = np.random.default_rng(seed), World(), 0
    for _ in range(KILLS):
        some = draw.integers(len(finds()), size=int(draw.integers(1, 6)))
        publish(world, *[finds()[at] for at in some.tolist()])
        sent += len(some)
        if draw.random() < 0.3:
            world.inboxes["all"].kills = 1
        if draw.random() < 0.3:
            world.inboxes["some"].fails = [AnswerLost("x"), NotReached("x")]
        world.run(int(draw.integers(2, 30)))
        world.kafka.clock.sleep(float(draw.integers(0, HOUR_S)))
    world.inboxes["all"].kills = 0
    world.run()
    while any(world.outbox().waiting.values()):
        world.kafka.clock.sleep(SECTION.retry_s_max)
        world.run()
    counts = total(read_entry(one.value).counts for one in world.kafka.read(LEDGER))
    assert sum(counts.published.values()) == sent
    outbox = world.outbox()
    for name, inbox in world.inboxes.items():
        tally = outbox.tallies[name]
        told = sum(one.said["left_out"] + one.said["undelivered"] for one in inbox.told)
        assert len(inbox.finds) + told + tally.untold == world.found[name]
        # A kill doubles at most the one notice of a target that was under way.
        assert 0 < sum(count - 1 for count in inbox.ids.values()) <= KILLS
    assert world.inboxes["all"].told


def test_what_is_beyond_the_quota_is_one_notice_when_the_hour_is_over() -> None:
    world = World()
    publish(world, *finds())
    world.run()
    everything, young = world.inboxes["all"], world.inboxes["some"]
    assert (len(everything.finds), len(young.finds)) == (5, 6)
    assert not everything.told
    world.kafka.clock.sleep(HOUR_S)
    world.run()
    (told,) = everything.told
    assert told.said["left_out"] == 4
    assert "4 more" in told.text
    assert not young.told
    world.run()
    assert len(everything.got) == 6


def test_a_target_that_fails_holds_no_other_up_and_is_told_what_it_missed() -> None:
    world = World()
    world.inboxes["all"].fails = [NotReached("x")] * SECTION.attempts_max
    publish(world, finds()[0])
    world.run()
    assert len(world.inboxes["some"].got) == 1
    world.kafka.clock.sleep(100.0)
    world.run()
    world.kafka.clock.sleep(HOUR_S)
    world.run()
    (told,) = world.inboxes["all"].told
    assert told.said["undelivered"] == 1
    assert not world.inboxes["all"].finds


def test_what_a_target_refuses_is_given_up_at_once_and_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    world.inboxes["all"].fails = [Refused("no /s3cret here")]
    publish(world, finds()[0], finds()[1])
    with caplog.at_level(logging.INFO):
        world.run()
        world.kafka.clock.sleep(10.0)
        world.run()
    assert len(world.inboxes["all"].finds) == 1
    assert world.outbox().tallies["all"].undelivered == 1
    assert "given up: Refused" in caplog.text
    assert "s3cret" not in caplog.text


def test_what_waits_is_bounded_and_the_rest_is_left_out() -> None:
    world = World(replace(SECTION, waiting_max=2))
    world.inboxes["some"].fails = [NotReached("x")] * 2
    publish(world, *finds())
    world.run(6)
    assert len(world.outbox().waiting["some"]) <= 2
    world.kafka.clock.sleep(30.0)
    world.run()
    tally = world.outbox().tallies["some"]
    assert (tally.taken + tally.left_out, tally.undelivered) == (6, 0)
    assert len(world.inboxes["some"].finds) == tally.taken


def test_a_message_that_is_no_alert_is_a_dead_letter() -> None:
    world = World()
    publish(world, b"junk", finds()[0])
    world.run()
    assert len(world.kafka.read(DEAD)) == 1
    assert len(world.inboxes["all"].finds) == 1


def test_a_record_of_strangers_in_the_outbox_is_passed_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    world.kafka.publish(SECTION.outbox, b"{}", key=b"notice x")
    world.kafka.publish(SECTION.outbox, b"\xff", key=b"tally \xff")
    publish(world, finds()[0])
    world.run()
    assert len(world.inboxes["all"].finds) == 1
    assert "passed over" in caplog.text
