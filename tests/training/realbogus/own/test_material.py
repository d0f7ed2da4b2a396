"""What has faded is shown as own telescopes' stage shows it: the frames exchanged."""

from __future__ import annotations

import numpy as np

from telescope.tell import exchanged
from training.realbogus.own.material import oriented


def test_frames_are_exchanged_where_the_difference_is_template_less_science() -> None:
    random = np.random.default_rng(0)
    faded = np.arange(200) % 3 == 0
    science, template = random.normal(0, 0.1, (2, 200, 2, 21, 21))
    difference = np.where(faded[:, None, None, None], template - science, science - template)
    planes = np.stack([science, template, difference], axis=2)
    images = planes.reshape(200, 6, 21, 21).astype(np.float16)
    found = oriented(images)
    assert np.array_equal(found[~faded], images[~faded])
    assert np.array_equal(found[faded], images[faded][:, [1, 0, 2, 4, 3, 5]])


def test_what_has_faded_is_a_source_of_the_first_plane() -> None:
    stamps = np.random.default_rng(1).normal(size=(4, 3, 63, 63)).astype(np.float32)
    faded = np.array([True, False, False, True])
    found = exchanged(stamps, faded)
    assert np.array_equal(found[~faded], stamps[~faded])
    assert np.array_equal(found[faded], stamps[faded][:, [1, 0, 2]])
