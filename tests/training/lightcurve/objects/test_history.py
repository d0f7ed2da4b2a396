"""What packets say of the time before is drawn for light curves that come from no packet."""

from __future__ import annotations

import numpy as np

from training.lightcurve.objects.history import OLDER_DAYS, OLDER_SHARE, as_packets_say, resembling

PARENT = np.repeat(np.arange(4000), 3)
SO = np.tile([[2.0, 3.0], [9.0, 8.0], [20.0, 15.0]], (4000, 1))


def test_a_packet_counts_no_less_than_there_was_and_is_never_younger() -> None:
    found = as_packets_say(SO, PARENT, np.random.default_rng(1))
    assert (found >= SO).all()
    assert np.median(found[:, 1] / SO[:, 1]) > 1.2


def test_some_objects_had_been_detected_long_before_on_all_their_windows() -> None:
    found = as_packets_say(SO, PARENT, np.random.default_rng(1))
    more = (found[:, 0] - SO[:, 0]).reshape(-1, 3)
    assert (np.ptp(more, axis=1) < 1e-9).all()
    older = more[:, 0] > 0
    assert abs(older.mean() - OLDER_SHARE) < 0.02
    assert OLDER_DAYS[0] <= more[older].min() and more[older].max() <= OLDER_DAYS[1]


def test_one_seed_says_the_same() -> None:
    one, other = (as_packets_say(SO, PARENT, np.random.default_rng(2)) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_simulated_windows_resemble_real_ones_but_hold_what_they_hold() -> None:
    real, own = np.array([[900.0, 40.0], [0.0, 1.0]]), np.tile([30.0, 7.0], (200, 1))
    found = resembling(real, own, np.random.default_rng(3))
    assert np.unique(found, axis=0).tolist() == [[30.0, 7.0], [900.0, 40.0]]
