"""`gueststar credentials`: users of our Kafka, each with what its role needs and no more."""

# Each command imports what it needs when it runs: `gueststar --help` shall load nothing.
# ruff: noqa: PLC0415

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from broker.errors import SettingsError
from gueststar.credentials.roles import Role, check_name, rights_of

if TYPE_CHECKING:
    from broker.kafka.grants import KafkaGrants
    from broker.kafka.quotas import KafkaQuotas
    from broker.settings import Settings

app = typer.Typer(
    help="Users of our Kafka: workers, readers, authors, portals, and who runs each job.",
    no_args_is_help=True,
)

PASSWORD_BYTES: Final = 24
"""Of chance in a password."""

Name = Annotated[str, typer.Argument(metavar="USER", help="a to z, digits and _.")]
Config = Annotated[Path, typer.Option(metavar="CONFIG.toml", help="The broker's.")]
To = Annotated[
    Path | None,
    typer.Option("--to", help="Write the password there, for its owner alone; else it is printed."),
]
Quota = Annotated[
    float | None,
    typer.Option(
        min=1,
        metavar="BYTES",
        help="So many a second it reads, and writes, at each server; more is slowed.",
    ),
]


@app.command()
def add(name: Name, role: Role, *, config: Config, to: To = None, quota: Quota = None) -> None:
    """Let a user in, with a new password, and grant what its role needs.

    Who asks is who the environment names (GUESTSTAR_KAFKA_*), and may alter users and rights.
    """
    from broker.kafka import Connection, KafkaAdmin

    settings, grants, quotas = _opened(config)
    check_name(name, settings)
    if name in grants.users():
        raise SettingsError(f"user {name!r} is there already; revoke or rotate it")
    there = KafkaAdmin(Connection.configured(settings.kafka.bootstrap)).partitions()
    rights = rights_of(role, settings, name, there)
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    if quota is not None:
        quotas.limit(name, quota)
    grants.grant(name, rights)
    grants.admit(name, password)
    typer.echo(f"{name} may, as {role}: {len(rights)} rights")
    _hand_over(name, password, to)


@app.command("list")
def show(*, config: Config) -> None:
    """Users, and what each may."""
    _, grants, quotas = _opened(config)
    names, limits = grants.users(), quotas.limits()
    for name in names:
        most = f", at most {limits[name]:,.0f} bytes a second" if name in limits else ""
        typer.echo(f"{name}{most}")
        for right in sorted(map(str, grants.rights(name))):
            typer.echo(f"  {right}")


@app.command()
def check(role: Role, *, config: Config) -> None:
    """Whether who CONFIG.toml, or the environment, names may do what a role needs.

    Nothing is changed.
    """
    from broker.assembly import connect
    from broker.kafka import KafkaAdmin
    from broker.rights import lack
    from broker.settings import read_settings

    settings = read_settings(config)
    link = connect(settings)
    admin = KafkaAdmin(link)
    admin.wait()
    name = link.security.get("sasl.username", "")
    said = lack(admin, rights_of(role, settings, name, admin.partitions()), ())
    for line in (*said.problems, *(f"note: {each}" for each in said.notes)):
        typer.echo(line)
    if said.problems:
        raise typer.Exit(1)
    typer.echo(f"{link.entered_as} has the rights of role {role}")


@app.command()
def revoke(name: Name, *, config: Config) -> None:
    """Take all rights of a user, who has none from then on, and let it in no more."""
    _, grants, quotas = _opened(config)
    _require(name, grants)
    # Rights first: who is in already stays connected for a while, and may do nothing.
    grants.withdraw(name)
    grants.dismiss(name)
    quotas.limit(name, None)
    typer.echo(f"{name} may do nothing any more")


@app.command()
def rotate(name: Name, *, config: Config, to: To = None) -> None:
    """Give a user a new password; the old one is none from then on."""
    _, grants, _ = _opened(config)
    _require(name, grants)
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    grants.admit(name, password)
    _hand_over(name, password, to)


@app.command()
def limit(name: Name, *, config: Config, quota: Quota = None) -> None:
    """Change a user's quota from now on; without --quota it has none."""
    _, grants, quotas = _opened(config)
    _require(name, grants)
    quotas.limit(name, quota)


def _require(name: str, grants: KafkaGrants) -> None:
    if name not in grants.users():
        raise SettingsError(f"there is no user {name!r}; see gueststar credentials list")


def _opened(config: Path) -> tuple[Settings, KafkaGrants, KafkaQuotas]:
    from broker.kafka import Connection
    from broker.kafka.grants import KafkaGrants
    from broker.kafka.quotas import KafkaQuotas
    from broker.settings import read_settings

    settings = read_settings(config)
    # The settings' own user is a worker; who grants rights comes from the environment alone.
    link = Connection.configured(settings.kafka.bootstrap)
    return settings, KafkaGrants(link), KafkaQuotas(link)


def _hand_over(name: str, password: str, to: Path | None) -> None:
    """Say it once; nothing of ours keeps it."""
    lines = f"GUESTSTAR_KAFKA_SASL_USERNAME={name}\nGUESTSTAR_KAFKA_SASL_PASSWORD={password}\n"
    if to is None:
        typer.echo(lines, nl=False)
        return
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(lines)
