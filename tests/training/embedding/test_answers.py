"""The headlines come from the answers that are kept, alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from training.embedding.answers import NOTHING, claimed, headlines, keep
from training.tables import figures_table


def test_headlines_are_of_what_was_kept_and_a_card_says_them(tmp_path: Path) -> None:
    new = {
        "part": np.full(4, "new:KN:0:0"),
        "label": np.array([1, 1, 0, 0]),
        "distance": np.array([0.9, 0.4, 0.5, 0.1]),
        "doubt": np.array([0.9, 0.9, 0.1, 0.1]),
        "plain_distance": np.zeros(4),
        "trunk_distance": np.array([0.1, 0.4, 0.5, 0.9]),
    }
    again = {**new, "part": np.full(4, "new:KN:1:1"), "distance": np.array([0.9, 0.8, 0.5, 0.1])}
    trunk = {"part": np.full(2, "trunk:ZTF"), "label": np.array([0, 1]), "said": np.array([0, 0])}
    classes = {
        "part": np.full(3, "class:ZTF"),
        "label": np.array([0, 0, 1]),
        "said": np.array([0, 1, 1]),
        "plain": np.array([1, 1, 1]),
        "served": np.array([0, 0, NOTHING]),
    }
    path = tmp_path / "answers.parquet"
    keep([new, again, trunk, classes], path)
    found = headlines(path)
    assert found["KN left out, networks"] == 2
    assert found["KN left out, AUC by distance"] == 0.875
    assert found["KN left out, AUC by distance, lowest"] == 0.75
    low, high = (found[f"KN left out, AUC by distance, 95 % {end}"] for end in ("from", "to"))
    assert 0 <= low < 0.875 < high <= 1
    assert found["KN left out, AUC by distance, no label seen"] == 0
    assert found["ZTF, balanced accuracy, neighbours by a network that saw no label"] == 0.5
    assert found["KN left out, AUC by neighbours' doubt"] == 1
    assert found["KN left out, AUC by distance of plain features"] == 0.5
    assert found["ZTF, objects"] == 2
    assert found["ZTF, balanced accuracy, neighbours by embedding"] == 0.5
    card = f"# a card\n\n## Headlines\n\n{figures_table('headline', found)}\n"
    assert claimed(card).keys() == found.keys()
