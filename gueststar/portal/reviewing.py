"""The oddest objects, one by one on a page: a key says what each is, and ranks the next.

What is said here is what the terminal's review says (`gueststar.anomalies`): the same records of
the same topic, by the name of who is signed in.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

import numpy as np
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from classifiers.anomaly import GIVES
from gueststar.anomalies.nights import Odd
from gueststar.anomalies.records import Answer
from gueststar.anomalies.review import KEYS, SKIP, UNDO
from gueststar.portal.access.guard import VISITOR
from gueststar.portal.acts import Act, Given
from gueststar.portal.backend import Backend
from gueststar.portal.held import find, verdicts
from gueststar.portal.oddest import Desk, Reviewing
from gueststar.portal.page import page
from gueststar.portal.stamps import Look, oriented
from gueststar.upright import why_none
from schemas.batch import PLANES
from schemas.errors import QuestionError

WORDS: Final = {**{key: str(each) for key, each in KEYS.items()}, SKIP: "skip", UNDO: "undo"}
"""What the keys say."""
NOWHERE: Final = "this portal keeps no answers"


def there(backend: Backend) -> Reviewing:
    """Raises QuestionError where nothing is reviewed."""
    if backend.reviewing is None:
        raise QuestionError(NOWHERE)
    return backend.reviewing


def review_page(backend: Backend, request: Request) -> Response:
    """The next object by the ranking of who is signed in."""
    visitor, nights = VISITOR.get(), request.query_params.get("nights", "").strip()
    if visitor.who is None or not visitor.is_author:
        return page(backend, "review", shown=None, said="", nights=nights, total=0)
    try:
        reviewing = there(backend)
        found = reviewing.oddest(nights)
        with reviewing.asked(visitor.who.name, f"{visitor.who.name}@portal") as desk:
            one, answers = desk.next_of(found.odd), desk.profile.answers
    except QuestionError as error:
        return page(backend, "review", shown=None, said=str(error), nights=nights, total=0)
    liked = sum(each.answer is Answer.INTERESTING for each in answers)
    return page(
        backend,
        "review",
        shown=None if one is None else _shown(backend, one),
        said="" if one is not None else "You have seen all of these nights' oddest.",
        nights=found.nights,
        asked=nights,
        total=len(found.odd),
        found_unix_s=found.unix_s,
        answers=len(answers),
        liked=liked,
        last=answers[-1] if answers else None,
        keys=WORDS,
    )


def _shown(backend: Backend, one: Odd) -> dict[str, Any]:
    """What of an object the page tells."""
    alert_id, object_id = int(one.alert_id[0]), str(one.object_id[0])
    held = find(backend.door, backend.night, alert_id, object_id)
    look = Look()
    planes, _ = oriented(held.alert, look.way)
    return {
        "held": held,
        "alert": held.alert,
        "survey": str(one.survey[0]),
        "who": urlencode({"id": alert_id, "object": object_id}),
        "planes": [(PLANES[n], each.shape) for n, each in enumerate(planes) if each.size],
        "why_none": why_none(held.alert),
        "look": look,
        "verdicts": verdicts(held),
        "one_in": [*zip(GIVES, (10 ** one.rarities[0]).tolist(), strict=True)],
    }


def said(backend: Backend, given: Given) -> Response:
    """Take an answer, or one back, and go on to the next."""
    reviewing, key, nights = there(backend), given.text("key"), given.text("nights")
    if key not in WORDS:
        raise QuestionError(f"key {key!r:.20} is none of {', '.join(WORDS)}")
    assert given.visitor.who is not None, "an author"
    with reviewing.asked(given.visitor.who.name, given.by) as desk:
        if key == UNDO:
            desk.profile.take_back()
        else:
            _answered(desk, key, _named(reviewing.oddest(nights).odd, given))
    return RedirectResponse(f"/review?{urlencode({'nights': nights})}", 303)


def _named(odd: Odd, given: Given) -> Odd:
    """The object that a page showed. Raises QuestionError where it is not among the oddest."""
    survey, alert_id = given.text("survey"), given.text("alert")
    is_it = (odd.survey == survey) & (odd.alert_id.astype(np.str_) == alert_id)
    if not is_it.any():
        raise QuestionError("the nights' oddest are others by now; look at the next")
    return odd.take(np.flatnonzero(is_it)[:1])


def _answered(desk: Desk, key: str, one: Odd) -> None:
    name = str(one.survey[0]), str(one.object_id[0])
    if key == SKIP:
        desk.skipped.add(name)
    else:
        desk.profile.say(KEYS[key], (*name, int(one.alert_id[0])), one.seen)


ACTS: tuple[Act, ...] = (Act("/review", said, "Say what an object is.", for_authors=True),)
