"""`gueststar model retrain` and `retrains`: requests to make a model again, asked and listed."""

# Each command imports its own room: `gueststar model --help` must not wait for all of them.
# ruff: noqa: PLC0415

from __future__ import annotations

from typing import Annotated

import typer

from gueststar.filtering.command import Bootstrap, Config


def add_to(app: typer.Typer) -> None:
    """Make them commands of `gueststar model`."""
    for command in (retrain, retrains):
        app.command()(command)


def retrain(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model: realbogus, say.")],
    *,
    nights: Annotated[
        list[str], typer.Option(help="20231018, or 20231001:20231031: whose alerts teach it.")
    ],
    reason: Annotated[str, typer.Option(help="Is recorded.")] = "",
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Ask that a model be made again, of some nights; where training runs, it becomes a shadow."""
    from gueststar.filtering.place import operator
    from gueststar.modelling.place import place_of
    from gueststar.modelling.retraining import ask

    place = place_of(config, bootstrap)
    with place.opened() as models, place.control(place.settings.models.retrains) as control:
        request = ask(models.present(), control, name, nights, why=reason, by=operator())
    typer.echo(f"{request.called} is asked; see `gueststar model retrains`")


def retrains(*, config: Config = None, bootstrap: Bootstrap = None) -> None:
    """Show the requests to make models again, and what came of each."""
    from broker.models.retrains import RetrainRegister, records_of
    from gueststar.modelling.listing import show
    from gueststar.modelling.place import place_of
    from gueststar.modelling.retraining import COLUMNS, request_rows

    place = place_of(config, bootstrap)
    with place.control(place.settings.models.retrains) as control:
        register = RetrainRegister().after(records_of(control.present()))
    show(COLUMNS, request_rows(register))
