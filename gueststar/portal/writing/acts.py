"""What is sent to the portal about filters: drafts to check and to try, versions to deploy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from broker.deployments.records import DryRun, State
from broker.errors import TopicMissing
from filters.expressions.filter import ExpressionFilter
from gueststar.filtering import deployment
from gueststar.filtering.records import latest
from gueststar.portal import asked
from gueststar.portal.acts import Act, Given
from gueststar.portal.answers import Json
from gueststar.portal.backend import Backend
from gueststar.portal.writing.desk import there
from gueststar.portal.writing.draft import Draft, drafted
from gueststar.portal.writing.hand import Tried, tried
from gueststar.portal.writing.vocabulary import vocabulary
from schemas.errors import QuestionError


def words(backend: Backend, _: Request) -> Response:
    """What may be written in a filter."""
    newest = next(iter(backend.night.newer(0)[-1:]), None)
    return Json([each._asdict() for each in vocabulary(newest, backend.judges.sky)])


def check(backend: Backend, given: Given) -> Response:
    """What is wrong with a draft, and what it says of alerts made by hand."""
    draft = _draft(backend, given)
    said: dict[str, Any] = {"mistakes": [each._asdict() for each in draft.mistakes]}
    if draft.filter is not None:
        by_hand = tried(given.text("alerts"), draft.filter, backend.judges.sky)
        run = latest(draft.filter.sha256)
        said |= {
            "sha256": draft.filter.sha256,
            "tried": [_described(each) for each in by_hand],
            "dry_run": run and {"alerts": run.alerts, "selected": run.selected},
            "objections": deployment.objections(run),
            "is_live": _is_live(backend, draft.filter),
        }
    return Json(said)


def _described(one: Tried) -> dict[str, Any]:
    clauses = [
        {"clause": each.clause, "said": each.said, "read": list(each.read)} for each in one.clauses
    ]
    return {**one._asdict(), "is_met": one.is_met, "clauses": clauses}


def _is_live(backend: Backend, wanted: ExpressionFilter) -> bool:
    active = ((each.name, each.sha256) for each in backend.judges.register.active)
    return (wanted.name, wanted.sha256) in active


def _draft(backend: Backend, given: Given) -> Draft:
    form = given.text("form") or "lite"
    return drafted(given.text("name"), given.text("text"), form, backend.judges.sky)


def _sound(backend: Backend, given: Given) -> ExpressionFilter:
    """The filter that was sent. Raises QuestionError with what is wrong first."""
    draft = _draft(backend, given)
    if draft.filter is None or draft.mistakes:
        first = draft.mistakes[0]
        place = f"line {first.line}: " if first.line else ""
        raise QuestionError(f"{place}{first.said}")
    return draft.filter


def try_on_nights(backend: Backend, given: Given) -> Response:
    """Begin a dry run over nights of the lake."""
    wanted = _sound(backend, given)
    door, settings = backend.door, backend.settings
    with door.asked():
        assert door.path is not None, "there is a lake"
    live = next((each for each in backend.judges.register.active if each.name == wanted.name), None)
    question = {
        "filter": wanted.document(),
        "lists": [asdict(each) for each in backend.judges.lists.known.values()],
        "live": live and {"document": dict(live.document), "origin": f"version {live.version}"},
        "lake": str(door.path),
        "nights": _nights(given),
        "schemas": str(settings.schemas.folder or ""),
        "sky": {
            "regions": {name: str(path) for name, path in settings.filters.regions.items()},
            "watchlists": {name: str(path) for name, path in settings.filters.watchlists.items()},
        },
    }
    began = backend.trials.begin(question, name=wanted.name, sha256=wanted.sha256, by=given.by)
    return Json(began.described(), status_code=202)


def _nights(given: Given) -> list[str]:
    """From one to another; all where none is named."""
    first, last = given.text("from").strip(), given.text("to").strip()
    return [f"{first}:{last}"] if first and last else [each for each in (first, last) if each]


def trial(backend: Backend, request: Request) -> Response:
    """How far a dry run is, and its report."""
    return Json(backend.trials.find(asked.text_of(request.query_params, "id")).described())


def cancel(backend: Backend, given: Given) -> Response:
    """End a dry run."""
    return Json(backend.trials.cancel(given.text("id")).described())


def deploy(backend: Backend, given: Given) -> Response:
    """Have every worker ask a filter from its next batch on."""
    wanted, desk = _sound(backend, given), there(backend.desk)
    run: DryRun | None = latest(wanted.sha256)
    against = deployment.objections(run)
    if against and not given.truth("force"):
        raise HTTPException(
            409, f"not deployed: {'; '.join(against)}. Try it on nights, or deploy it although so"
        )
    own = given.fields.get("own_topic")
    with desk.opened() as control:
        found = deployment.deploy(
            wanted,
            control,
            place_of=partial(desk.topic, asked=None if own is None else "own" if own else "shared"),
            by=given.by,
            dry_run=run,
            overridden=against,
            provide=desk.provide_output,
        )
    looked(backend)
    return Json(
        {
            "name": found.version.name,
            "version": found.version.version,
            "fresh": found.fresh,
            "refused": found.refusal.reason if found.refusal else None,
            "said": [*deployment.lines(found)],
        }
    )


def change(backend: Backend, given: Given) -> Response:
    """Pause, resume or remove a deployed filter."""
    state = given.text("state")
    if state not in [*State]:
        raise QuestionError(f"state {state!r:.40} is none of {', '.join(State)}")
    desk = there(backend.desk)
    with desk.opened() as control:
        version = deployment.change(
            control, given.text("name"), State(state), reason=given.text("reason"), by=given.by
        )
    looked(backend)
    return Json({"name": version.name, "version": version.version, "state": state})


def looked(backend: Backend) -> None:
    """Have the pages know at once what was changed."""
    try:
        backend.judges.take(*there(backend.desk).deployed())
    except TopicMissing:
        return


ACTS: tuple[Act, ...] = (
    Act("/api/v1/filter/check", check, "What is wrong with a draft, and alerts made by hand."),
    Act(
        "/api/v1/filter/try",
        try_on_nights,
        "Begin a dry run over nights of the lake.",
        for_authors=True,
    ),
    Act("/api/v1/filter/cancel", cancel, "End a dry run.", for_authors=True),
    Act("/api/v1/filter/deploy", deploy, "Deploy a filter.", for_authors=True),
    Act("/api/v1/filter/change", change, "Pause, resume or remove a filter.", for_authors=True),
)

FIELDS: Mapping[str, str] = {
    "name": "The filter's.",
    "text": "Its clauses, a line `name: expression` each.",
    "form": "lite or full.",
    "alerts": "Alerts made by hand, a line each.",
    "from": "The first night, YYYYMMDD.",
    "to": "The last night.",
    "id": "The dry run's number.",
    "force": "Deploy it whatever its dry run says; it is recorded.",
    "own_topic": "Whether it gets a topic of its own.",
    "state": "live, paused or removed.",
    "reason": "Why, for its record.",
}
"""Of what is sent as JSON."""
