"""Programmes, requests and plans on a terminal."""

from __future__ import annotations

import logging
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from broker.clock import SystemClock
from broker.kafka import KafkaControlTopic
from gueststar.configured import Configured
from gueststar.filtering.place import PATIENCE_S
from gueststar.followup.place import topic
from gueststar.table import plain_table
from services.followup.conditions import SitesNow
from services.followup.deployed import Programmes, Register, records_of
from services.followup.nights import explained, pose
from services.followup.planning.optimum import optimum
from services.followup.requests import Request, Requests

LOG = logging.getLogger("gueststar.followup")


def tell(config: Path | None, bootstrap: str | None, *, everything: bool) -> None:
    """Programmes first, then requests, the dearest first."""
    console = Console()
    with topic(config, bootstrap, "programmes") as control:
        register = Register().after(records_of(control.present()))
    for version in register.latest.values():
        now = register.change(version)
        console.print(f"{version.name} {version.version}: {now.state}, {now.reason}, by {now.by}")
    store = Requests()
    with topic(config, bootstrap, "requests") as control:
        store.learn(control.present(), LOG)
    table = plain_table()
    for name in ("request", "state", "priority", "site", "from, UTC", "why"):
        table.add_column(name, no_wrap=name != "why", overflow="fold")
    shown = [*store.all.values()] if everything else store.open
    for one in sorted(shown, key=lambda each: (-each.priority, each.id)):
        table.add_row(*_cells(one))
    console.print(table)
    console.print(f"{len(store.open):,} of {len(store.all):,} requests are open")


def _cells(one: Request) -> tuple[str, ...]:
    begin = datetime.fromtimestamp(one.begin_unix_s, UTC).strftime("%m-%d %H:%M")
    where = (one.site or "-", begin if one.site else "-")
    return (one.id, one.state, f"{one.priority:.3g}", *where, one.reason)


def tell_plan(config: Path) -> None:
    """What the job would plan now. Raises BrokerError where SciPy is not installed."""
    place = Configured.of(config, None, patience_s=PATIENCE_S)
    section, now = place.settings.followup, SystemClock().now_s()
    store, console = Requests(), Console()
    with (
        closing(Programmes(KafkaControlTopic(place.connection, section.programmes))) as programmes,
        closing(
            SitesNow(
                KafkaControlTopic(place.connection, section.conditions),
                fresh_s=section.conditions_max_s,
            )
        ) as sites,
        closing(KafkaControlTopic(place.connection, section.requests)) as records,
    ):
        programmes.open()
        sites.open()
        store.learn(records.present(), LOG)
        conditions = {name: sites.of(name, site, now) for name, site in section.sites.items()}
    active = {name: one for name, (_, one) in programmes.active.items()}
    began = time.monotonic()
    posed = pose(store.open, active, conditions, section, now)
    plan = optimum(posed.problem, limit_s=section.plan_limit_s)
    for row, request in enumerate(posed.requests):
        console.print(f"{request.id}: {explained(posed, plan, row)}", soft_wrap=True)
    took_s = time.monotonic() - began
    console.print(
        f"{len(plan.chosen)} of {len(posed.requests)} planned by {plan.by} in {took_s:.1f} s, worth"
        f" {plan.value:.4g}; no plan is worth more than {plan.bound:.4g}"
    )
