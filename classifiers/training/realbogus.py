"""Makes the real/bogus network: `python -m classifiers.training.realbogus --data A --out B`.

Reads real alerts, cross-validates over nights and fields, fits the network that is served to all
of them, and writes `realbogus.onnx` and its card `realbogus.md`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from classifiers.training.card import Card
from classifiers.training.dataset import read_examples
from classifiers.training.evaluation import recall, table, unseen_asteroids
from classifiers.training.examples import Examples
from classifiers.training.export import exported
from classifiers.training.fitting import Recipe, fitted, scored
from classifiers.training.progress import CONSOLE
from classifiers.training.splits import folds

NAME = "realbogus"
VERSION = "0.1.0"
"""Raised whenever the weights change."""
FOLDS = 5


def make(examples: Examples, out: Path, recipe: Recipe) -> Card:
    """Write the network and its card to the folder `out`; returns what the card says."""
    taught = examples.take(~np.isnan(examples.teacher))
    held_out = cross_validated(taught, recipe)
    net = fitted(taught, recipe, "fitting the served network")
    asteroids = examples.take(unseen_asteroids(examples))
    said = {"name": NAME, "version": VERSION, "seed": str(recipe.seed), "data": taught.sha256()}
    sha256 = exported(net, out / f"{NAME}.onnx", said)
    card = Card(
        said=said,
        sha256=sha256,
        size_bytes=(out / f"{NAME}.onnx").stat().st_size,
        recipe=recipe,
        folds=FOLDS,
        alerts=len(taught),
        low=int(taught.low.sum()),
        rows=table(taught, held_out, recipe.seed),
        asteroids=recall(held_out[taught.low], scored(net, asteroids.stamps)),
    )
    (out / f"{NAME}.md").write_text(card.text(), encoding="utf-8")
    return card


def cross_validated(taught: Examples, recipe: Recipe) -> NDArray[np.float64]:
    """Each alert's probability of "real", (n,), from a network that saw none of its fold."""
    fold = folds(taught, FOLDS)
    held_out = np.full(len(taught), np.nan)
    for one in range(FOLDS):
        title = f"fold {one + 1} of {FOLDS}"
        net = fitted(taught.take(fold != one), replace(recipe, seed=recipe.seed + one), title)
        held_out[fold == one] = scored(net, taught.stamps[fold == one])
    return held_out


def main(
    data: Annotated[Path, typer.Option(help="folder of real ZTF alerts")],
    out: Annotated[Path, typer.Option(help="folder for the network and its card")],
    seed: Annotated[int, typer.Option(help="of weights, order and augmentation")] = Recipe.seed,
    epochs: Annotated[int, typer.Option(help="passes over the alerts")] = Recipe.epochs,
    threads: Annotated[int, typer.Option(help="processor threads")] = Recipe.threads,
) -> None:
    """Make the real/bogus network and its card."""
    out.mkdir(parents=True, exist_ok=True)
    card = make(read_examples(data), out, Recipe(seed=seed, epochs=epochs, threads=threads))
    CONSOLE.print(card.text())


if __name__ == "__main__":
    typer.run(main)
