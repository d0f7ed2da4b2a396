"""The textbook network is the one that the literature describes, and both are measured alike."""

from __future__ import annotations

import numpy as np

from benchmarks.networks import Vgg, measure, normalised
from replay.invention import invent
from tests.classifiers.stamped import invented_stamps
from training.timing import BATCHES


def test_both_networks_are_timed_on_the_stamps_of_packets() -> None:
    ours, theirs = measure([one.packet for one in invent(8, seed=5)], rounds=1)
    for one in (ours, theirs):
        assert tuple(one.us) == BATCHES
        assert min(one.us.values()) > 0
    assert theirs.parameters == 312_081
    assert ours.parameters < theirs.parameters
    assert 4 * theirs.parameters < theirs.size_bytes < 4.1 * theirs.parameters


def test_the_textbook_network_scores_rows_alone_as_together() -> None:
    network, stamps = Vgg(), invented_stamps(9, seed=2, amplitude=40)
    together = network.score_stamps(stamps)
    assert together.shape == (9, 1)
    assert bool(((together > 0) & (together < 1)).all())
    np.testing.assert_allclose(network.score_stamps(stamps[4:5]), together[4:5], atol=1e-5)


def test_normalising_leaves_unit_planes_and_no_void_pixel() -> None:
    stamps = invented_stamps(3, seed=3, amplitude=40)
    stamps[0, 0, :5] = np.nan
    stamps[0, 1, 7, 7:9] = np.inf, 3e38
    stamps[1, 2] = np.nan
    norm = np.sqrt((normalised(stamps) ** 2).sum(axis=(2, 3)))
    expected = np.ones((3, 3))
    expected[1, 2] = 0
    np.testing.assert_allclose(norm, expected, atol=1e-5)
