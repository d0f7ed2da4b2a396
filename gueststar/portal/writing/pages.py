"""The list of filters with what each lets pass, and the page on which one is written."""

from __future__ import annotations

from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from broker.deployments.records import DryRun, State, Version
from gueststar.filtering.deployment import newest
from gueststar.filtering.listing import history, why
from gueststar.portal.answers import records
from gueststar.portal.backend import Backend
from gueststar.portal.page import page
from schemas.form import FORMS

EXAMPLE = """\
# Young and brightening, and probably real.
real: score("realbogus", "real") > 0.9
young: age_days < 5
bright: magnitude < 19
"""
EXAMPLE_ALERTS = """\
magnitude = 18.2, age_days = 1, realbogus.real = 0.95 -> selected
magnitude = 20.1, age_days = 1, realbogus.real = 0.95 -> bright
"""


class Shown(NamedTuple):
    """A filter's row in the list."""

    name: str
    origin: str
    """A file, built-in, or the version."""
    state: str
    description: str
    finds: int
    """Alerts that it took in the last day, as far as this portal saw."""
    dry_run: DryRun | None
    by: str
    since_unix_s: float | None
    why: str
    is_deployed: bool


def filters_page(backend: Backend, _: Request) -> Response:
    shown = sorted(_shown(backend), key=lambda each: (each.state != "live", each.name))
    return page(backend, "filters", filters=shown, is_desk=backend.desk is not None)


def _shown(backend: Backend) -> list[Shown]:
    register, finds = backend.judges.register, backend.night.sums().finds
    rows = [
        _of_version(backend, each, finds.get(each.name, 0)) for each in register.latest.values()
    ]
    known = {each.name for each in rows}
    for one in backend.judges.on_duty():
        if one.name not in known:
            given = (one.origin, "live", one.description, finds.get(one.name, 0))
            rows.append(Shown(one.name, *given, None, "CONFIG.toml", None, "", is_deployed=False))
    return rows


def _of_version(backend: Backend, version: Version, finds: int) -> Shown:
    now = backend.judges.register.change(version)
    return Shown(
        name=version.name,
        origin=f"version {version.version}",
        state=str(now.state),
        description=str(version.document.get("description", "")),
        finds=finds,
        dry_run=version.dry_run,
        by=now.by,
        since_unix_s=now.unix_s,
        why=why(version, now),
        is_deployed=True,
    )


def filter_page(backend: Backend, request: Request) -> Response:
    """The editor: of a deployed filter, or of a new one."""
    name, register = request.query_params.get("name", ""), backend.judges.register
    given: dict[str, Any] = {"name": "", "text": EXAMPLE, "form": "lite", "state": "", "past": []}
    if name:
        if name not in register.latest:
            raise HTTPException(
                404, f"no filter {name!r} is deployed here; see the list of filters"
            )
        version = newest(register, name)
        given = {
            "name": name,
            "text": text_of(version),
            "form": version.form,
            "state": str(register.change(version).state),
            "past": [*history(register, name)],
        }
    nights = []
    if backend.door.is_there:
        with backend.door.asked() as lake:
            nights = [each["night"] for each in records(lake.nights())]
    return page(
        backend,
        "filter",
        **given,
        alerts="" if name else EXAMPLE_ALERTS,
        nights=nights,
        forms=FORMS,
        states=[str(each) for each in State],
        is_desk=backend.desk is not None,
    )


def text_of(version: Version) -> str:
    """A version as it is written: its description as comments, then its clauses."""
    description = str(version.document.get("description", "")).strip()
    comments = [f"# {line}".rstrip() for line in description.split("\n")] if description else []
    clauses = [f"{name}: {text}" for name, text in version.clauses.items()]
    return "\n".join([*comments, *clauses]) + "\n"
