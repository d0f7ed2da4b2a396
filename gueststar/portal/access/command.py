"""`gueststar token`: a new token, and the line of it that the portal's file gets."""

from __future__ import annotations

import typer

from broker.errors import SettingsError
from gueststar.portal.access.tokens import Role, line_of, made


def told(name: str, role: str) -> None:
    """Print the line on the output, the token beside it. Raises SettingsError."""
    if role not in [*Role]:
        raise SettingsError(f"--role is {' or '.join(Role)}, not {role!r}")
    token = made()
    typer.echo(f"{name}'s token, which is not told again: {token}", err=True)
    typer.echo(line_of(name, Role(role), token))
