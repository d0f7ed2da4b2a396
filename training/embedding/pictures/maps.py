"""Draws the embedding's map, coloured by class, and the neighbours of ten objects."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from sklearn.manifold import TSNE

from classifiers.observations import layout
from schemas.columns import BANDS
from training.arrays import Ints, Mask, Singles
from training.embedding.asking import SOURCES
from training.embedding.crossing import known_and_asked
from training.embedding.fitting import vectors
from training.embedding.material import CLASSES, NO_CLASS, Material
from training.embedding.model import EmbeddingNet
from training.embedding.neighbours import nearest
from training.lightcurve.answers import SERVED

SHOWN_MAX = 1_200
"""Objects of a map."""
TEN, NEIGHBOURS = 10, 3
KNOWN_MAX = 20_000
SEED = 3
COLOURS = plt.get_cmap("tab20")
BAND_COLOURS = ("C4", "C2", "C3", "C1", "C5", "C7")


def drawn(net: EmbeddingNet, some: Material, folder: Path) -> None:
    """Writes `map.png` and `neighbours.png`: held-out objects, of which nothing was learnt."""
    folder.mkdir(parents=True, exist_ok=True)
    figure, axes = plt.subplots(1, 2, figsize=(12, 5.6))
    for one, (name, sources) in zip(axes, SOURCES.items(), strict=True):
        _map(one, name, net, some.take(np.isin(some.source, sources)))
    _saved(figure, folder / "map.png")
    _neighbours(net, some, folder / "neighbours.png")


def _map(axes: Axes, name: str, net: EmbeddingNet, part: Material) -> None:
    _, about = known_and_asked(part, SERVED, np.ones(len(part.name), np.bool_))
    shown = part.take(_some(about, SHOWN_MAX))
    place = TSNE(perplexity=30, random_state=SEED).fit_transform(vectors(net, shown.rows))
    for code in np.unique(shown.label).tolist():
        own = shown.label == code
        axes.scatter(
            place[own, 0], place[own, 1], s=7, color=COLOURS(code), label=CLASSES[code], alpha=0.8
        )
    axes.set(xticks=[], yticks=[], title=f"{name}: {len(shown.name)} objects not learnt")
    axes.legend(fontsize=7, markerscale=2, ncols=2, loc="best", framealpha=0.8)


def _neighbours(net: EmbeddingNet, some: Material, path: Path) -> None:
    """Ten held-out objects, five of a survey, each of another class, beside their neighbours."""
    figure, axes = plt.subplots(NEIGHBOURS + 1, TEN, figsize=(18, 7))
    column = 0
    for sources in SOURCES.values():
        part = some.take(np.isin(some.source, sources))
        known, about = known_and_asked(part, SERVED, np.ones(len(part.name), np.bool_))
        near, asked = _some(known & _fair(part), KNOWN_MAX), _one_a_class(part, about)
        found = vectors(net, part.rows[asked]), vectors(net, part.rows[near])
        names = part.name[asked], part.name[near]
        places = _other_objects(nearest(*found, 40, names)[1], names[1])
        for row, place in zip(asked.tolist(), places, strict=True):
            for line, each in enumerate([row, *near[place].tolist()]):
                curve(axes[line, column], part, each, is_asked=line == 0)
            column += 1
    _saved(figure, path)


def grouped(part: Material, groups: dict[str, Ints], folder: Path) -> None:
    """Writes `groups.png`: of each group, the most typical members of it, those of its class on a
    coloured ground.
    """
    figure, axes = plt.subplots(len(groups), TEN, figsize=(18, 1.7 * len(groups)), squeeze=False)
    for line, (name, members) in zip(axes, groups.items(), strict=True):
        for one in line:
            one.set_axis_off()
        for one, row in zip(line, members.tolist(), strict=False):
            one.set_axis_on()
            curve(one, part, row, is_asked=CLASSES[part.label[row]] == name)
    _saved(figure, folder / "groups.png")


def _other_objects(places: Ints, names: np.ndarray) -> list[Ints]:
    """Of each row, the nearest views of NEIGHBOURS different objects."""
    found = []
    for row in places:
        _, first = np.unique(names[row], return_index=True)
        found.append(row[np.sort(first)[:NEIGHBOURS]])
    return found


def _fair(part: Material) -> Mask:
    """Views with light curve enough to be looked at."""
    detected = layout.CONTEXT_BEGIN + layout.CONTEXT.index("detected")
    return np.asarray(part.rows[:, detected] >= 3)


def _some(mask: Mask, most: int) -> Ints:
    rows = np.random.default_rng(SEED).permutation(np.flatnonzero(mask))[:most]
    return np.sort(rows)


def _one_a_class(part: Material, about: Mask) -> Ints:
    """Of TEN / 2 classes, drawn, an object each."""
    random = np.random.default_rng(SEED)
    fine = about & _fair(part)
    classes = random.permutation(np.unique(part.label[fine]))[: TEN // 2]
    return np.array([random.choice(np.flatnonzero(fine & (part.label == one))) for one in classes])


def curve(axes: Axes, part: Material, row: int, *, is_asked: bool) -> None:
    seen = part.rows[row, layout.TOKENS_BEGIN : layout.ROW].reshape(layout.TOKENS, -1)
    seen = seen[seen[:, 2] > 0]
    for band in np.unique(seen[:, 3]).astype(int).tolist():
        own: Singles = seen[seen[:, 3] == band]
        axes.errorbar(
            own[:, 0], own[:, 1], 1 / own[:, 2], fmt=".", ms=3, lw=0.5, color=BAND_COLOURS[band]
        )
    label = "" if part.label[row] == NO_CLASS else CLASSES[part.label[row]]
    axes.set_title(f"{part.name[row]} {label}", fontsize=7)
    axes.tick_params(labelsize=6)
    axes.set_yticks([])
    if is_asked:
        axes.set_facecolor("#fff4d6")
    assert len(BAND_COLOURS) <= len(BANDS)


def _saved(figure: plt.Figure, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=75)
    plt.close(figure)
