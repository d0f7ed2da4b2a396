"""Makes models again as is asked for: `python -m training.retraining CONFIG.toml`.

Requests stand on the topic `[models] retrains`, where `gueststar model retrain` and what drifts
write them; what is made is deployed as a shadow.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from gueststar.anomalies.labels import known_of
from gueststar.logs import log_to_stderr
from gueststar.modelling.place import place_of
from schemas.errors import GueststarError
from training.realbogus.fitting import Recipe
from training.retraining.making import Maker
from training.retraining.nights import ALERTS_MAX
from training.retraining.running import run
from training.steps import Seed, Steps


def main(
    config: Annotated[Path, typer.Argument(metavar="CONFIG.toml", help="The broker's.")],
    *,
    lake: Annotated[Path, typer.Option(help="Which kept its packets.")],
    to: Annotated[Path, typer.Option(help="A folder for what is made, the same for all workers.")],
    labels: Annotated[
        Path | None, typer.Option(metavar="TABLE.csv", help="Types by object, as the TNS has them.")
    ] = None,
    reviews: Annotated[
        bool, typer.Option("--reviews", help="Teach what users call artefacts as bogus.")
    ] = False,
    data: Annotated[
        Path | None, typer.Option(help="The real alerts that it was first taught.")
    ] = None,
    steps: Steps = Recipe.steps,
    seed: Seed = 0,
    alerts_max: Annotated[int, typer.Option(min=1, help="Of the nights.")] = ALERTS_MAX,
    once: Annotated[bool, typer.Option("--once", help="End once nothing is asked for.")] = False,
) -> None:
    """Carry out requests to make models again, and wait for the next."""
    log_to_stderr()
    try:
        place = place_of(config, None)
        knows = partial(known_of, place, labels, reviews=reviews)
        maker = Maker(lake, knows, data, steps=steps, seed=seed, alerts_max=alerts_max)
        run(place, maker, to, once=once)
    except GueststarError as error:
        typer.echo(f"{error}", err=True)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    typer.run(main)
