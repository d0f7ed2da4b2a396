"""TOM Toolkit and SkyPortal: what asks telescopes for many, asked as one telescope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from services.followup.adapters.http_json import HttpTelescope, unix_s_of
from services.followup.adapters.port import AnswerLost, Found
from services.followup.programme import Observe
from services.followup.requests import Request, State

DONE: Final = ("COMPLETED", "complete")
"""How the words of a state begin that mean so; others likewise."""
OVER: Final = {
    "CANCEL": State.CANCELED,
    "DELETED": State.CANCELED,
    "WINDOW_EXPIRED": State.WINDOW_EXPIRED,
    "FAIL": State.FAILURE_LIMIT_REACHED,
    "REJECT": State.FAILURE_LIMIT_REACHED,
}


class TomToolkit(HttpTelescope):
    """A TOM's REST interface. Options: `facility`, `observation_type`."""

    def submit(self, request: Request) -> Found:
        """The target first, which may be there; then the observation."""
        answer = self._client.post(
            "/api/observations/",
            {
                "target_id": self._target(request),
                "facility": self._site.options.get("facility", "LCO"),
                "observation_type": self._site.options.get("observation_type", "IMAGING"),
                "observing_parameters": _parameters(request, self._observe[request.programme]),
            },
        )
        return _found(answer[0] if isinstance(answer, list) else answer)

    def find(self, request: Request) -> Sequence[Found]:
        """Those whose parameters bear our name."""
        page = self._client.get("/api/observations/", target_name=request.object_id)
        records = page["results"] if isinstance(page, dict) else page
        return [_found(one) for one in records if _name(one, "parameters") == request.id]

    def cancel(self, request: Request, reference: str) -> None:
        self._client.patch(f"/api/observations/{reference}/cancel/")

    def _target(self, request: Request) -> Any:  # noqa: ANN401 - an id
        page = self._client.get("/api/targets/", name=request.object_id)
        for one in page["results"]:
            if one.get("name") == request.object_id:
                return one["id"]
        target = {
            "name": request.object_id,
            "type": "SIDEREAL",
            "ra": request.ra_deg,
            "dec": request.dec_deg,
        }
        return self._client.post("/api/targets/", target)["id"]


class SkyPortal(HttpTelescope):
    """SkyPortal's interface of follow-up requests. Options: `allocation_id`."""

    scheme = "token"

    def submit(self, request: Request) -> Found:
        """The object first, which may be there; then the request."""
        place = {"id": request.object_id, "ra": request.ra_deg, "dec": request.dec_deg}
        self._client.post("/api/sources", place)
        answer = self._client.post(
            "/api/followup_request",
            {
                "obj_id": request.object_id,
                "allocation_id": int(self._site.options.get("allocation_id", "1")),
                "payload": _parameters(request, self._observe[request.programme]),
            },
        )
        return Found(str(_data(answer)["id"]), State.PENDING, "submitted")

    def find(self, request: Request) -> Sequence[Found]:
        """Those whose payload bears our name."""
        data = _data(self._client.get("/api/followup_request", sourceID=request.object_id))
        return [
            _found(one, "created_at")
            for one in data.get("followup_requests", ())
            if _name(one, "payload") == request.id
        ]

    def cancel(self, request: Request, reference: str) -> None:
        self._client.delete(f"/api/followup_request/{reference}")


def _parameters(request: Request, observe: Observe) -> dict[str, Any]:
    return {
        "name": request.id,
        "priority": request.priority,
        "start_unix_s": request.begin_unix_s,
        "end_unix_s": request.end_unix_s,
        "observation_choices": [*observe.bands],
        "exposure_time": observe.exposure_s,
        "exposure_counts": 1,
        "maximum_airmass": observe.airmass_max,
        "minimum_lunar_distance": observe.moon_min_deg,
    }


def _name(record: Any, under: str) -> str:  # noqa: ANN401 - JSON
    held = record.get(under)
    return str(held.get("name", "")) if isinstance(held, dict) else ""


def _found(record: Any, created: str = "created") -> Found:  # noqa: ANN401 - JSON
    try:
        said, made_unix_s = str(record.get("status", "")), unix_s_of(record.get(created))
        return Found(str(record["id"]), _state(said), said, made_unix_s=made_unix_s)
    except (KeyError, TypeError, AttributeError) as error:
        raise AnswerLost(f"the answer is no observation: {error!r}") from error


def _data(answer: Any) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(answer, dict) or answer.get("status") != "success":
        raise AnswerLost(f"SkyPortal says {answer!r:.200}")
    return answer["data"]


def _state(said: str) -> State:
    if said.startswith(DONE):
        return State.COMPLETED
    for begins, state in OVER.items():
        if said.upper().startswith(begins):
            return state
    return State.PENDING
