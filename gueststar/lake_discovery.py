"""`gueststar lake patterns` and `gueststar lake groups`: what objects do, and which are unknown."""

# Each command imports its own room: `gueststar lake --help` must not wait for all of them.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from gueststar.lake_exports import Lake


def patterns(
    lake: Lake,
    *,
    period_min_days: Annotated[
        float, typer.Option(min=0.01, help="The shortest that is sought; half costs twice.")
    ] = 0.1,
) -> None:
    """Find periods, trends and changes of objects with alerts that came since the last run.

    They stand in LAKE/variability, a row an object: the view `variability` of `gueststar lake sql`.
    """
    from lake.patterns.periods import PeriodLimits
    from lake.patterns.table import update

    done = update(lake, PeriodLimits(period_min_days=period_min_days))
    typer.echo(
        f"{done.parts:,} new parts, {done.looked:,} objects looked at; {done.rows:,} have a row"
    )


DISCOVERY: dict[str, Callable[..., None]] = {"patterns": patterns}
