"""Seeded faults: what each must lead to, it leads to."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from replay.faults import CERTAIN, REASONS, Fault, strike, with_faults
from replay.invention import invent
from schemas.decode import Decoder

SEEDS = range(12)


@cache
def packets() -> tuple[bytes, ...]:
    """A few invented packets."""
    return tuple(one.packet for one in invent(6, seed=4))


@pytest.mark.parametrize("fault", CERTAIN)
def test_a_struck_packet_is_rejected_for_its_reason_and_its_neighbours_live(fault: Fault) -> None:
    decoder = Decoder()
    for seed in SEEDS:
        struck = strike(packets()[1], fault, np.random.default_rng(seed))
        batch = decoder.decode([packets()[0], struck, packets()[2]])
        assert batch.source_index.tolist() == [0, 2]
        (rejected,) = batch.rejected
        assert rejected.index == 1
        assert rejected.reason in REASONS[fault], (seed, rejected)


def test_a_mutated_packet_is_one_row_or_one_rejection_and_its_neighbours_live() -> None:
    decoder = Decoder()
    for seed in range(200):
        struck = strike(packets()[1], Fault.MUTATED, np.random.default_rng(seed))
        batch = decoder.decode([packets()[0], struck, packets()[2]])
        answered = sorted([*batch.source_index.tolist(), *(r.index for r in batch.rejected)])
        assert answered == [0, 1, 2], seed
        assert {0, 2} <= set(batch.source_index.tolist()), seed


def test_the_same_seed_strikes_the_same_packets_the_same_way() -> None:
    stream = packets() * 40
    first = list(with_faults(stream, seed=9, share=0.5, faults=tuple(Fault)[:2]))
    again = list(with_faults(stream, seed=9, share=0.5, faults=tuple(Fault)[:2]))
    assert first == again
    struck = [one for one in first if one.fault]
    assert {one.fault for one in struck} == set(tuple(Fault)[:2])
    assert 80 < len(struck) < 160


def test_what_is_not_struck_goes_through_untouched_and_in_order() -> None:
    through = with_faults(packets(), seed=1, share=0.0)
    assert [one.packet for one in through] == list(packets())


def test_every_fault_says_what_it_must_lead_to() -> None:
    assert set(REASONS) == set(Fault)
