"""What the commands of follow-up do: read and write its topics, and run its job."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from broker.deployments.records import State as Status
from broker.ports import ControlTopic
from broker.settings import read_settings
from gueststar.configured import Configured
from gueststar.filtering.place import PATIENCE_S, operator
from gueststar.logs import log_to_stderr
from gueststar.release import __version__
from gueststar.signals import stopped_by_signal
from schemas.errors import QuestionError
from schemas.suggestion import nearest
from services.followup.adapters.results import results_of
from services.followup.assembly import followup
from services.followup.conditions import Said
from services.followup.deployed import change, deploy
from services.followup.programme import read_programme
from services.followup.requests import FINAL, State


@contextmanager
def topic(config: Path | None, bootstrap: str | None, which: str) -> Iterator[ControlTopic]:
    """One of the section's topics, created where it is missing. Raises KafkaUnavailable."""
    place = Configured.of(config, bootstrap, patience_s=PATIENCE_S)
    with place.control(str(getattr(place.settings.followup, which))) as control:
        yield control


def run(config: Path) -> None:
    """Ask telescopes until a signal."""
    settings = read_settings(config)
    log_to_stderr(settings.logs.format, "followup")
    with followup(settings, version=__version__) as runner, stopped_by_signal(runner.stop):
        runner.run()


def deploy_file(file: Path, config: Path | None, bootstrap: str | None) -> None:
    """Raises SettingsError, ExpressionError, KafkaUnavailable."""
    wanted = read_programme(file)
    with topic(config, bootstrap, "programmes") as control:
        version, fresh = deploy(wanted, control, by=operator())
    said = "is deployed" if fresh else "is this very programme, live already"
    typer.echo(f"{version.name} version {version.version} {said}")


def check_file(file: Path) -> None:
    """Raises SettingsError, ExpressionError."""
    found = read_programme(file)
    observe, limits = found.observe, found.limits
    typer.echo(f"{found.name}: {found.description or 'no description'}")
    typer.echo(f"  of {found.filter or 'all alerts'}, {len(found.clauses)} clauses")
    typer.echo(
        f"  {' '.join(observe.bands)}, {observe.exposure_s:g} s each, {observe.visits} times"
    )
    typer.echo(f"  {limits.requests_a_night} requests, {limits.hours_a_night:g} hours a night")
    if found.events:
        typer.echo(f"  withdrawn with {', '.join(found.events)}")


def change_to(
    name: str, status: str, reason: str, config: Path | None, bootstrap: str | None
) -> None:
    """Raises FilterError where there is no such programme, or it stands so already."""
    with topic(config, bootstrap, "programmes") as control:
        version = change(control, name, Status(status), reason=reason, by=operator())
    typer.echo(f"{name} version {version.version} is {status}")


def say(said: Said, config: Path | None, bootstrap: str | None) -> None:
    """Raises QuestionError for a site that there is not."""
    sites = Configured.of(config, bootstrap).settings.followup.sites
    if sites and said.site not in sites:
        raise QuestionError(f"there is no site {said.site!r}{nearest(said.site, sites)}")
    with topic(config, bootstrap, "conditions") as control:
        control.write(said.site.encode(), said.encode())


def answer(
    request: str, state: str, results: Path | None, config: Path | None, bootstrap: str | None
) -> None:
    """Raises QuestionError for no end of a request, or results that are none."""
    ends = sorted(FINAL)
    if state not in ends:
        raise QuestionError(f"{state!r} is no end of a request{nearest(state, ends)}")
    document = json.loads(results.read_text()) if results else {"results": []}
    results_of(document)
    value = {"state": State(state), "reason": f"said by {operator()}", **document}
    with topic(config, bootstrap, "answers") as control:
        control.write(request.encode(), json.dumps(value).encode())
