"""What nobody asked for: the night's oddest objects, and groups that are like nothing known."""

from __future__ import annotations

from collections import defaultdict
from html import escape
from pathlib import Path
from typing import Any, Final

from gueststar.filtering.page import table
from gueststar.open_lake import OpenLake
from gueststar.reporting.facts import SurveyFacts
from gueststar.reporting.figures import alert_picture
from gueststar.reporting.known import Section, several
from lake.likeness.group_table import read_groups

PICTURED: Final = 3
GROUPS_MAX: Final = 10


def oddest(facts: SurveyFacts, lake: OpenLake) -> str:
    """The survey's oddest objects as HTML; empty where no worker ran the stage."""
    if not facts.odd:
        return ""
    told = sorted(facts.odd.values(), reverse=True)
    rows = [
        (pick.object_id, f"{one_in:,.0f}", "-" if pick.magnitude > 99 else f"{pick.magnitude:.2f}")
        for one_in, pick in told
    ]
    pictures = "".join(
        alert_picture(
            lake.object(pick.object_id).alert(pick.alert_id),
            pick,
            f"one in {one_in:,.0f} is so odd",
        )
        for one_in, pick in told[:PICTURED]
    )
    listed = table(("object", "one in so many is so odd", "mag"), rows)
    said = (
        "As the stage anomaly has it, of alerts that are held for real;"
        " gueststar anomalies review makes the order your own."
    )
    return f"<section><h2>The oddest</h2><p>{escape(said)}</p>{listed}{pictures}</section>"


def groups(lake: Path, nights: tuple[str, ...]) -> Section | None:
    """The lake's unknown groups, those first that grew in these nights; None where none is kept."""
    members: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in read_groups(lake).to_pylist():
        members[one["group"]].append(one)
    if not members:
        return None
    own = {int(night) for night in nights}
    rows = []
    for name, some in members.items():
        came = sum(one["first_night"] in own for one in some)
        since = some[0]["since_night"]
        new = "new" if since in own else str(since)
        rows.append((came, len(some), (name, new, some[0]["known_class"])))
    rows.sort(key=lambda one: (-one[0], -one[1], one[2]))
    grew = sum(came > 0 for came, *_ in rows)
    return Section(
        "Groups like nothing known",
        (
            f"{several(len(rows), 'group')} as gueststar lake groups found them last,"
            f" {grew:,} of which grew.",
        ),
        ("named after", "since", "nearest known class", "objects", "of these came now"),
        tuple((*named, f"{size:,}", f"{came:,}") for came, size, named in rows[:GROUPS_MAX]),
    )
