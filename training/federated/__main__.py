"""Teaches one network at many sites, by plain files: `python -m training.federated STEP`.

begin    writes the centre's first weights, which go to every site
update   a site's part of a round: fits on its own candidates, and writes what it sends
average  the centre's part: the next weights of the last ones and of all sites' updates
ask      fits such networks, those of sites alone and of all data in one place; keeps answers
report   writes the page of the answers that are kept

`ask` takes what `python -m training.realbogus.own pairs` and `survey` left in WORK.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from training.arrays import keep
from training.federated.page import FILE, text
from training.federated.rounds import averaged, begun, in_round, updated
from training.federated.sites import ROUNDS, Answers, answers, sites
from training.realbogus.fitting import Recipe
from training.realbogus.own.material import STEPS, lessons_of_pairs
from training.realbogus.own.pairs import Shown
from training.steps import Seed, Steps, Work
from training.steps import steps as steps_of

Central = Annotated[Path, typer.Argument(help="the centre's weights")]
To = Annotated[Path, typer.Option(help="the file to write")]
Page = Annotated[Path, typer.Option(help="the page to write")]
Round = Annotated[int, typer.Option("--round", help="which round this is, from 0")]
Count = Annotated[int, typer.Option("--rounds", help="of all, the same for every site")]

KEPT = "federated_{}.npz"
"""The answers of a seed."""

commands = steps_of()


@commands.command()
def begin(to: To, seed: Seed = 0) -> None:
    """Write the centre's first weights."""
    begun(to, Recipe(seed=seed))


@commands.command()
def update(  # noqa: PLR0917 - a command's options
    central: Central,
    taught: Annotated[Path, typer.Option(help="the site's candidates, as `own pairs` writes them")],
    own: Annotated[Path, typer.Option(help="the file of what stays at the site")],
    to: To, number: Round, count: Count = ROUNDS, seed: Seed = 0, steps: Steps = STEPS,
) -> None:  # fmt: skip
    """Fit on a site's own candidates from the centre's weights, and write the change."""
    recipe = in_round(Recipe(seed=seed, steps=steps), number, count)
    updated(central, lessons_of_pairs(Shown.load(taught)), recipe, own, to)


@commands.command()
def average(central: Central, updates: list[Path], to: To) -> None:
    """Add the mean of all sites' changes to the centre's weights."""
    averaged(central, updates, to)


@commands.command()
def ask(work: Work, seed: Seed = 0, steps: Steps = STEPS) -> None:
    """Fit all networks of a seed, and keep what they say of what none was taught."""
    found = answers(list(sites(work)), Recipe(seed=seed, steps=steps))
    keep(work / KEPT.format(seed), {
        f"{name}/{place}": one for name, said in found.items() for place, one in enumerate(said)
    })  # fmt: skip


@commands.command()
def report(work: Work, page: Page = FILE) -> None:
    """Write the page of all seeds' answers."""
    found = [_kept(path) for path in sorted(work.glob(KEPT.format("*")))]
    page.write_text(text(list(sites(work)), found), encoding="utf-8")


def _kept(path: Path) -> Answers:
    """What `ask` kept."""
    found: dict[str, list[NDArray[Any]]] = {}
    with np.load(path) as columns:
        for name in columns:
            found.setdefault(name.rpartition("/")[0], []).append(columns[name])
    return found


if __name__ == "__main__":
    commands()
