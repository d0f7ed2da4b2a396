"""Requests that send something: read within bounds, and by whom they may be sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gueststar.portal.access.guard import VISITOR, Visitor
from gueststar.portal.backend import Backend
from schemas.errors import QuestionError

BODY_BYTES_MAX = 2**18
"""A filter's text has at most a quarter of that."""
FIELDS_MAX = 50
CSRF = "x-csrf"
"""The header in which a page of ours sends back what it held; or the field `csrf` of a form."""
NO_AUTHOR = (
    "only an author may do this: sign in with an author's token, which the operator makes with"
    " `gueststar token NAME --role author`"
)


@dataclass(frozen=True)
class Given:
    """What came with a request."""

    request: Request
    fields: Mapping[str, Any]
    body: bytes
    visitor: Visitor

    def text(self, name: str) -> str:
        """A field that is a text; "" where there is none. Raises QuestionError."""
        value = self.fields.get(name, "")
        if not isinstance(value, str):
            raise QuestionError(f"{name!r} is a text, not {value!r:.40}")
        return value

    def truth(self, name: str) -> bool:
        """A field that is true or false; false where there is none. Raises QuestionError."""
        value = self.fields.get(name, False)
        if not isinstance(value, bool):
            raise QuestionError(f"{name!r} is true or false, not {value!r:.40}")
        return value

    @property
    def by(self) -> str:
        """Who did it, for a record."""
        return f"{self.visitor.who.name}@portal" if self.visitor.who else "portal"


Answered = Callable[[Backend, Given], Response]


@dataclass(frozen=True)
class Act:
    """A route that is sent something."""

    path: str
    answer: Answered
    about: str
    for_authors: bool = False
    body_bytes_max: int = BODY_BYTES_MAX


async def answered(act: Act, request: Request) -> Response:
    """Check who sends it, read it, and do it beside the loop."""
    visitor = VISITOR.get()
    if act.for_authors and not visitor.is_author:
        raise HTTPException(403, NO_AUTHOR)
    body = await _body(request, act.body_bytes_max)
    given = Given(request, _fields(request, body), body, visitor)
    session = visitor.session
    shown = request.headers.get(CSRF) or str(given.fields.get("csrf", ""))
    if session is not None and not session.is_of_ours(shown):
        raise HTTPException(403, "this page is old; load it again, then do it again")
    return await run_in_threadpool(act.answer, request.app.state.backend, given)


async def _body(request: Request, most: int) -> bytes:
    found = bytearray()
    async for each in request.stream():
        found += each
        if len(found) > most:
            raise HTTPException(413, f"at most {most:,} bytes may be sent here")
    return bytes(found)


def _fields(request: Request, body: bytes) -> Mapping[str, Any]:
    """Of JSON or of a form; none of other media. Raises QuestionError."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "application/json":
            found = json.loads(body)
            if not isinstance(found, dict):
                raise QuestionError("what is sent here is a JSON object")
            return found
        if kind == "application/x-www-form-urlencoded":
            return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX))
    except (ValueError, RecursionError) as error:
        raise QuestionError(f"what was sent cannot be read: {error}") from error
    return {}
