"""The live stream over HTTP, as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gueststar.portal.backend import Backend
from gueststar.portal.viewers import TooManyViewersError


async def stream(request: Request) -> Response:
    """The live stream as server-sent events, of all alerts or of one filter's."""
    backend: Backend = request.app.state.backend
    viewers = backend.viewers
    topic = request.query_params.get("topic", "")

    async def messages() -> AsyncIterator[bytes]:
        with viewers.enter(topic) as viewer:
            async for each in viewer.messages():
                yield each

    if viewers.is_full:
        raise HTTPException(503, "too many follow the stream now; come back in a minute")
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_quiet(messages()), media_type="text/event-stream", headers=headers)


async def _quiet(messages: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Who comes just as the last place is taken gets an empty answer, and tries again."""
    try:
        async for each in messages:
            yield each
    except TooManyViewersError:
        return
