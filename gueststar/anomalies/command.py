"""`gueststar anomalies …`: the oddest objects of nights, listed or looked through."""

# Each command imports its own room: `gueststar anomalies --help` must not wait for all of them.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gueststar.filtering.command import Bootstrap, Config

if TYPE_CHECKING:
    from gueststar.anomalies.nights import Odd
    from gueststar.anomalies.records import Profile
    from gueststar.open_lake import OpenLake

app = typer.Typer(
    help="The oddest objects of a lake's nights; answers make the ranking a user's own.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

LakeFolder = Annotated[Path, typer.Option("--lake", metavar="LAKE", help="A lake's folder.")]
Nights = Annotated[
    list[str] | None, typer.Option("--night", help="20231018, or 20231001:20231031; all else.")
]
RealMin = Annotated[
    float, typer.Option(min=0, max=1, help="Of the real/bogus network, at even odds.")
]


@app.command()
def top(
    *,
    lake: LakeFolder,
    night: Nights = None,
    user: Annotated[
        str | None, typer.Option(help="Rank as this user's answers say; as before any, else.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="How many.")] = 50,
    real_min: RealMin = 0.5,
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Print the oddest objects, those farthest from what is known first, a line each.

    Its numbers: one in how many is so far, so odd, so odd to forest and to autoencoder alone.
    """
    from gueststar.anomalies.review import ranked

    odd, sha256 = _oddest(lake, night, real_min)
    if user is not None:
        with _profile(user, sha256, config, bootstrap) as profile:
            odd = ranked(odd, profile)
    for row in range(min(count, len(odd))):
        rarities = (odd.seen.rarity[row], *odd.rarities[row])
        told = "  ".join(f"{10**one:9,.0f}" for one in rarities)
        typer.echo(f"{told}  {odd.survey[row]}  {odd.object_id[row]}  {odd.alert_id[row]}")


@app.command()
def review(
    *,
    lake: LakeFolder,
    night: Nights = None,
    user: Annotated[str | None, typer.Option(help="Whose answers they are; yours, else.")] = None,
    real_min: RealMin = 0.5,
    config: Config = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Show the oddest objects one by one; a key says what each is, and ranks the next."""
    import getpass

    from gueststar.anomalies.review import HELP
    from gueststar.anomalies.review import review as look
    from gueststar.open_lake import OpenLake

    odd, sha256 = _oddest(lake, night, real_min)
    opened = OpenLake(lake, night or ())
    with _profile(user or getpass.getuser(), sha256, config, bootstrap) as profile:
        unused = len(profile.answers) - len(profile.usable)
        if unused:
            typer.echo(f"{unused} answers were given on another file's numbers, and rank nothing")
        typer.echo(HELP)
        look(odd, profile, show=lambda one: _show(opened, one), key=typer.getchar, say=typer.echo)
    typer.echo(f"{len(profile.answers)} answers of {profile.user} stand")


def _oddest(lake: Path, night: list[str] | None, real_min: float) -> tuple[Odd, str]:
    """And of which file's leaves. Raises ArchiveError, QuestionError."""
    from classifiers.anomaly import Anomaly
    from gueststar.anomalies.nights import oddest
    from lake.reading import Lake

    stage = Anomaly()
    return oddest(Lake(lake, night or ()), stage, real_min=real_min), stage.identity.sha256


@contextmanager
def _profile(
    user: str, sha256: str, config: Path | None, bootstrap: str | None
) -> Iterator[Profile]:
    """Raises KafkaUnavailable, QuestionError."""
    from gueststar.anomalies.records import REVIEWS, Profile
    from gueststar.configured import Configured
    from gueststar.filtering.place import PATIENCE_S, operator

    place = Configured.of(config, bootstrap, patience_s=PATIENCE_S)
    with place.control(place.settings.topics.named(REVIEWS)) as control:
        yield Profile(control, user, sha256=sha256, by=operator())


def _show(lake: OpenLake, one: Odd) -> None:
    """A close-up, and how odd it is."""
    from rich.console import Console

    from classifiers.anomaly import GIVES
    from gueststar.closeup import COLUMNS_MIN, closeup

    console = Console()
    alert = lake.object(str(one.object_id[0])).alert(int(one.alert_id[0]))
    columns = max(console.width, COLUMNS_MIN)
    console.print(closeup(alert, columns, coloured=console.is_terminal))
    told = zip(GIVES, one.rarities[0].tolist(), strict=True)
    console.print("  ".join(f"{name} {10**rarity:,.0f}" for name, rarity in told))
