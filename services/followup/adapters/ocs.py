"""LCO's observation portal, and all of AEON that speaks as the Observatory Control System does.

A request is a request group of one request; its name is our id, by which it is found again, since
the portal takes no idempotency key. Photometry comes from whoever reduces the frames: the option
`results` is where that is asked, `?name=` our id, again and again until it is there and no 404.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from broker.followup_settings import Site
from services.followup.adapters.http_json import HttpTelescope, JsonClient, unix_s_of
from services.followup.adapters.port import AnswerLost, Found, Result
from services.followup.adapters.results import results_of
from services.followup.programme import Observe
from services.followup.requests import Request, State

GROUPS: Final = "/api/requestgroups/"
NAME_MAX: Final = 50
"""Of a request group."""
STATES: Final = {
    "PENDING": State.PENDING,
    "COMPLETED": State.COMPLETED,
    "WINDOW_EXPIRED": State.WINDOW_EXPIRED,
    "FAILURE_LIMIT_REACHED": State.FAILURE_LIMIT_REACHED,
    "CANCELED": State.CANCELED,
}
PAGE: Final = 100


class OcsPortal(HttpTelescope):
    """A `Telescope` behind a portal."""

    def __init__(self, site: Site, observe: Mapping[str, Observe], *, answer_s: float) -> None:
        super().__init__(site, observe, answer_s=answer_s)
        where = site.options.get("results", "")
        self._reduced = JsonClient(where, headers={}, answer_s=answer_s) if where else None

    def submit(self, request: Request) -> Found:
        """Raises NotReached, AnswerLost, Refused."""
        group = self._client.post(GROUPS, self.document(request))
        return _found(group)

    def find(self, request: Request) -> Sequence[Found]:
        """All groups of this name, and what was reduced of one that was observed."""
        page = self._client.get(GROUPS, name=name_of(request), limit=PAGE)
        groups = page.get("results", ()) if isinstance(page, dict) else ()
        found = [_found(one) for one in groups if one.get("name") == name_of(request)]
        return [self._with_results(one, request) for one in found]

    def cancel(self, request: Request, reference: str) -> None:
        """Nothing happens to one that is over."""
        self._client.post(f"{GROUPS}{reference}/cancel/", {})

    def document(self, request: Request) -> dict[str, Any]:
        """The request group, as the portal's schema has it."""
        observe, options = self._observe[request.programme], self._site.options
        place = {"telescope_class": options.get("telescope_class", "1m0")}
        place |= {key: options[key] for key in ("site", "enclosure", "telescope") if key in options}
        return {
            "name": name_of(request),
            "proposal": options.get("proposal", ""),
            "ipp_value": float(options.get("ipp_value", "1.05")),
            "operator": "SINGLE",
            "observation_type": options.get("observation_type", "NORMAL"),
            "requests": [
                {
                    "location": place,
                    "windows": [
                        {"start": _time(request.begin_unix_s), "end": _time(request.end_unix_s)}
                    ],
                    "configurations": [self._configuration(request, observe)],
                }
            ],
        }

    def _configuration(self, request: Request, observe: Observe) -> dict[str, Any]:
        options = self._site.options
        return {
            "type": "EXPOSE",
            "instrument_type": options.get("instrument_type", "1M0-SCICAM-SINISTRO"),
            "target": {
                "type": "ICRS",
                "name": request.object_id[:NAME_MAX],
                "ra": request.ra_deg,
                "dec": request.dec_deg,
                "epoch": 2000.0,
            },
            "constraints": {
                "max_airmass": observe.airmass_max,
                "min_lunar_distance": observe.moon_min_deg,
            },
            "acquisition_config": {"mode": "OFF"},
            "guiding_config": {"mode": "ON", "optional": True},
            "instrument_configs": [
                {
                    "exposure_time": observe.exposure_s,
                    "exposure_count": 1,
                    "optical_elements": {"filter": options.get(f"filter_{band}", band)},
                }
                for band in observe.bands
            ],
        }

    def _with_results(self, found: Found, request: Request) -> Found:
        if found.state is not State.COMPLETED or self._reduced is None:
            return found
        return replace(found, results=self._results(request))

    def _results(self, request: Request) -> Sequence[Result]:
        assert self._reduced is not None
        return results_of(self._reduced.get("", name=name_of(request)))


def name_of(request: Request) -> str:
    """What a request is called there. One too long ends in what tells it from others."""
    if len(request.id) <= NAME_MAX:
        return request.id
    return f"{request.id[: NAME_MAX - 17]}-{request.digest}"


def _found(group: Any) -> Found:  # noqa: ANN401 - JSON
    try:
        parts = group.get("requests") or [{}]
        said = parts[0].get("state") or group["state"]
        made_unix_s, reason = unix_s_of(group.get("created")), f"the portal says {said}"
        return Found(str(group["id"]), STATES[said], reason, made_unix_s=made_unix_s)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise AnswerLost(f"the portal's answer is no request group: {error!r}") from error


def _time(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
