"""`gueststar model …`: files of models deployed, compared, promoted, watched and taken back."""

# Each command imports its own room: `gueststar model --help` must not wait for all of them.
# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gueststar.filtering.command import Bootstrap, Config, Reason
from gueststar.modelling import retrain_command

app = typer.Typer(
    help="Deploy models beside the live ones, compare them, promote them, take them back.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
retrain_command.add_to(app)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A model: realbogus, say.")]
File = Annotated[Path, typer.Argument(metavar="FILE.onnx", help="Its file.")]
Version = Annotated[
    int | None, typer.Option(min=1, help="By the list's number; the newest that runs if unsaid.")
]
Labels = Annotated[
    Path | None,
    typer.Option(metavar="TABLE.csv", help="Types by object, as the TNS has them."),
]
Hours = Annotated[float, typer.Option(min=0.001, help="How far back comparisons are read.")]
Packets = Annotated[Path, typer.Argument(help="Packets: a folder, an archive, or a lake.")]
Schemas = Annotated[
    Path | None, typer.Option(help="The folder of writer schemas, for bare records (Rubin's).")
]
Table = Annotated[
    Path | None,
    typer.Option(metavar="TABLE.json", help="What it was taught, where its file does not say."),
]


@app.command()
def deploy(
    name: Name,
    file: File,
    *,
    card: Annotated[
        str | None, typer.Option(help="Where its data, figures and limits are told: path or URL.")
    ] = None,
    reference: Table = None,
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Have every worker run a file of a model as a shadow; it must lie there for all of them."""
    from gueststar.filtering.place import operator
    from gueststar.modelling import deployment
    from gueststar.modelling.place import place_of
    from schemas.errors import ModelError

    beside = file.with_suffix(".md")
    if card is None and not beside.is_file():
        raise ModelError(
            f"{file} has no card; write {beside.name} beside it, or name it with --card"
        )
    found = deployment.identity_of(file, name)
    with place_of(config, bootstrap).opened() as records:
        version = deployment.deploy(
            records,
            found,
            path=file,
            card=card or str(beside.resolve()),
            reference=reference,
            by=operator(),
        )
        refused = deployment.refusal(records, version)
    if refused:
        typer.echo(refused)
        raise typer.Exit(1)
    typer.echo(
        f"{deployment.called(version)} is a shadow; see how it does with `gueststar model compare"
        f" {name}`"
    )


@app.command("list")
def list_(
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Those that were retired, too.")
    ] = False,
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Show the deployed models: lines divided by tabs where the output is no terminal."""
    from gueststar.modelling.listing import COLUMNS, model_rows, show
    from gueststar.modelling.place import place_of

    register = place_of(config, bootstrap).register()
    show(COLUMNS, model_rows(register, everything=everything))


@app.command()
def history(name: Name, *, config: Config = None, bootstrap: Bootstrap = None) -> None:
    """Show every version of a model: who deployed it, and what each promotion rests on."""
    from gueststar.modelling.listing import history_lines
    from gueststar.modelling.place import place_of

    for line in history_lines(place_of(config, bootstrap).register(), name):
        typer.echo(line)


@app.command()
def compare(
    name: Name,
    *,
    version: Version = None,
    labels: Labels = None,
    hours: Hours = 168,
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Say how a shadow does beside the live one, and which gates it would pass."""
    from broker.models.gates import judged
    from gueststar.modelling.listing import comparison_lines, gate_lines
    from gueststar.modelling.place import place_of
    from gueststar.modelling.promotion import comparison_of

    place = place_of(config, bootstrap)
    chosen, found = comparison_of(place, place.register(), name, version, labels, hours=hours)
    if found is None:
        typer.echo("nothing was compared yet")
        raise typer.Exit(1)
    for line in comparison_lines(chosen, found):
        typer.echo(line)
    for line in gate_lines(judged(found, place.settings.gates)):
        typer.echo(line)


@app.command()
def promote(
    name: Name,
    *,
    version: Version = None,
    labels: Labels = None,
    hours: Hours = 168,
    force: Annotated[
        str, typer.Option(metavar="REASON", help="Whatever the gates say; it is recorded.")
    ] = "",
    reason: Reason = "",
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Have a shadow's scores published from every worker's next batch on."""
    from gueststar.filtering.place import operator
    from gueststar.modelling.deployment import called
    from gueststar.modelling.listing import gate_lines
    from gueststar.modelling.place import place_of
    from gueststar.modelling.promotion import promote as write

    place = place_of(config, bootstrap)
    with place.opened() as records:
        chosen, promoted = write(
            place,
            records,
            name,
            version,
            labels,
            hours=hours,
            forced=force,
            reason=reason,
            by=operator(),
        )
    for line in gate_lines(promoted.gates):
        typer.echo(line)
    typer.echo(f"{called(chosen)} is live{', forced' if promoted.forced else ''}")


@app.command()
def pause(
    name: Name,
    *,
    version: Version = None,
    reason: Reason = "",
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Stop a version; where it was live its predecessor serves."""
    _change(name, version, "paused", ("shadow", "live"), (reason, config, bootstrap))


@app.command()
def resume(
    name: Name,
    *,
    version: Version = None,
    reason: Reason = "",
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Make a paused version a shadow again."""
    _change(name, version, "shadow", ("paused",), (reason, config, bootstrap))


@app.command()
def retire(
    name: Name,
    *,
    version: Version = None,
    reason: Reason = "",
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Stop a version for good; its history stays."""
    _change(name, version, "retired", ("shadow", "paused", "live"), (reason, config, bootstrap))


@app.command()
def rollback(
    name: Name, *, reason: Reason = "", config: Config = None, bootstrap: Bootstrap = None
) -> None:
    """Return to what served before, from every worker's next batch on."""
    from gueststar.filtering.place import operator
    from gueststar.modelling.deployment import roll_back
    from gueststar.modelling.place import place_of

    with place_of(config, bootstrap).opened() as records:
        before, after = roll_back(records, name, reason=reason, by=operator())
    typer.echo(f"{before} is paused, and {after} serves")


@app.command()
def confusion(
    name: Name,
    *,
    labels: Labels = None,
    reviews: Annotated[
        bool, typer.Option("--reviews", help="Also by what users call artefacts or interesting.")
    ] = False,
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Hold all past scores of a model, by version, against labels that came since."""
    from gueststar.anomalies.labels import known_of
    from gueststar.modelling.listing import confusion_lines
    from gueststar.modelling.past import published, shadowed
    from gueststar.modelling.place import place_of
    from schemas.errors import ModelError

    if labels is None and not reviews:
        raise ModelError(
            "nothing says what alerts are; give --labels TABLE.csv, --reviews, or both"
        )
    place = place_of(config, bootstrap)
    known = known_of(place, labels, reviews=reviews)
    for past in published(place, name, known):
        for line in confusion_lines(past):
            typer.echo(line)
    for version in place.register().versions(name):
        for past in shadowed(place, version, known):
            for line in confusion_lines(past):
                typer.echo(line)


@app.command()
def reference(
    name: Name,
    packets: Packets,
    *,
    to: Annotated[
        Path, typer.Option(metavar="FILE", help="A copy of the model (.onnx), or a table (.json).")
    ],
    file: Annotated[Path | None, typer.Option(help="Its file; gueststar's own if unsaid.")] = None,
    schemas: Schemas = None,
) -> None:
    """Remember how a model's inputs and scores are spread over alerts that it was taught."""
    from gueststar.modelling.spread import keep, make_reference, opened_file, own_file

    scoring = opened_file(name, file)
    found = make_reference(scoring, packets, schemas=schemas)
    keep(found, scoring, file or own_file(name), to)
    typer.echo(f"{to}: {len(found.groups)} surveys and bands, {found.tests // 2} numbers")


@app.command()
def drift(
    name: Name,
    packets: Packets,
    *,
    file: Annotated[Path | None, typer.Option(help="Its file; gueststar's own if unsaid.")] = None,
    reference: Table = None,
    nights: Annotated[list[int] | None, typer.Option(help="20231018: these nights alone.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="What does not drift, too.")] = False,
    schemas: Schemas = None,
    config: Config = None,
) -> None:
    """Say by night, survey and band which inputs and scores drift: exit status 1 where any does."""
    from gueststar.configured import settings_of
    from gueststar.modelling.listing import DRIFT_COLUMNS, drift_rows, show
    from gueststar.modelling.spread import drift_by_night, opened_file, reference_for

    scoring, limits = opened_file(name, file), settings_of(config).drift
    taught = reference_for(scoring, reference)
    found = list(
        drift_by_night(scoring, taught, packets, limits, nights=nights or (), schemas=schemas)
    )
    show(DRIFT_COLUMNS, drift_rows(found, everything=everything))
    flagged = sum(each.is_flagged for _, each in found)
    typer.echo(f"{flagged} of {len(found)} drift", err=True)
    if flagged:
        raise typer.Exit(1)


def _change(
    name: str,
    version: int | None,
    wanted: str,
    of: tuple[str, ...],
    said: tuple[str, Path | None, str | None],
) -> None:
    """`of`: in which states one is looked for where no version is named."""
    from broker.models.records import State
    from gueststar.filtering.place import operator
    from gueststar.modelling.deployment import called, change, chosen
    from gueststar.modelling.place import place_of

    reason, config, bootstrap = said
    with place_of(config, bootstrap).opened() as records:
        one = chosen(records.present(), name, version, [State(each) for each in of])
        change(records, one, State(wanted), reason=reason, by=operator())
    typer.echo(f"{called(one)} is {wanted}")
