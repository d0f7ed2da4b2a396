"""`gueststar lake patterns` and `gueststar lake groups`: what objects do, and which are unknown."""

# Each command imports its own room: `gueststar lake --help` must not wait for all of them.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gueststar.lake_exports import Lake

if TYPE_CHECKING:
    from lake.likeness.group_table import Found


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


def groups(
    lake: Lake,
    *,
    labels: Annotated[
        Path, typer.Option(metavar="TABLE.csv", help="Types by object, as the TNS has them.")
    ],
    nights: Annotated[
        list[str] | None, typer.Option(help="Of objects in 20231001:20231031; else of all.")
    ] = None,
    members_min: Annotated[int, typer.Option(min=3, help="Fewer are no group.")] = 8,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A picture of members: .png, .svg, .pdf.")
    ] = None,
) -> None:
    """Find groups of objects that are alike, and like none that has a type.

    Their members stand in LAKE/groups; a group keeps its name from run to run.
    """
    from gueststar.modelling.labels import read_labels
    from lake.likeness.group_table import update_groups
    from lake.likeness.groups import GroupLimits

    limits = GroupLimits(members_min=members_min)
    found = update_groups(lake, read_labels(labels), tuple(nights or ()), limits)
    for group in found:
        typer.echo(told(group))
    if to is not None:
        save_groups(lake, found, to)


def told(group: Found) -> str:
    """A group in one line: how many, what is nearest, and how it grew."""
    first = group.members[0]
    came = ", ".join(f"{night} {count:,}" for night, count in group.growth.items())
    return (
        f"{first.group}{' (new)' if group.is_new else ''}: {len(group.members):,} objects, nearest"
        f" to {first.known_class} (cosine {first.cosine:.2f}); by first night {came}"
    )


def save_groups(lake: Path, groups: Sequence[Found], to: Path) -> None:
    """A picture of the largest groups' most typical members."""
    from gueststar.open_lake import OpenLake
    from gueststar.pictures.alert import save
    from gueststar.pictures.groups import GROUPS_MAX, MEMBERS_MAX, Shown, draw_groups

    opened = OpenLake(lake)
    shown = [
        Shown(
            group.members[0].group,
            [opened.object(one.object_id).newest() for one in group.members[:MEMBERS_MAX]],
        )
        for group in groups[:GROUPS_MAX]
    ]
    save(draw_groups(shown), to)


DISCOVERY: dict[str, Callable[..., None]] = {"patterns": patterns, "groups": groups}
