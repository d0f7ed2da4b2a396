"""Draws the ten oddest real alerts, their stamps above their light curves."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np

from gueststar.stretch import stretched
from schemas.batch import PLANES
from training.arrays import Floats, Ints, Singles
from training.embedding.material import PACKET, Material
from training.embedding.pictures.maps import curve
from training.packets import FOLDERS, decoded, packets

TEN, COLUMNS, PIXELS = 10, 5, 63


def drawn(data: Path, some: Material, rarity: Floats, path: Path) -> Ints:
    """Of each object its oddest alert; which rows were drawn."""
    rows = _oddest(some, rarity)
    stamps = _stamps(data, some.alert_id[rows].tolist())
    figure, axes = plt.subplots(4, COLUMNS, figsize=(16, 10), height_ratios=(1, 1.6, 1, 1.6))
    for place, row in enumerate(rows.tolist()):
        block, column = divmod(place, COLUMNS)
        above, below = axes[2 * block, column], axes[2 * block + 1, column]
        planes = stamps[int(some.alert_id[row])]
        shown = [stretched(each, number) for number, each in enumerate(planes)]
        above.imshow(np.concatenate(shown, axis=1), origin="lower", cmap="gray", vmin=0, vmax=1)
        above.set(xticks=[], yticks=[])
        above.set_title(f"one in {10 ** rarity[row]:,.0f}: {some.alert_id[row]}", fontsize=8)
        curve(below, some, row, is_asked=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.tight_layout()
    figure.savefig(path, dpi=75)
    plt.close(figure)
    return rows


def _oddest(some: Material, rarity: Floats) -> Ints:
    rows = np.flatnonzero(some.source == PACKET)
    rows = rows[np.argsort(-rarity[rows], kind="stable")]
    _, first = np.unique(some.name[rows], return_index=True)
    return rows[np.sort(first)[:TEN]]


def _stamps(data: Path, wanted: list[int]) -> dict[int, Singles]:
    """By alert, its planes (planes, PIXELS, PIXELS)."""
    found = dict[int, Singles]()
    for batch in decoded(packets([data / one for one in FOLDERS])):
        for row in np.flatnonzero(np.isin(batch.alert_id, wanted)).tolist():
            one = batch.take(np.array([row])).stamps.resampled(PIXELS)[0]
            assert len(one) == len(PLANES)
            found[int(batch.alert_id[row])] = one
    return found
