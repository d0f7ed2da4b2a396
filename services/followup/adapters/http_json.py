"""JSON over HTTP, and what each way of failing says of whether it was heard."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from http.client import HTTPException
from math import inf
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from broker.followup_settings import Site
from services.followup.adapters.port import AnswerLost, NotReached, Refused
from services.followup.programme import Observe

ANSWER_BYTES_MAX: Final = 512_000_000
"""A large camera's image; everything else is small."""
IMAGE: Final = "application/imagebytes"
TOO_MANY: Final = 429
TIMED_OUT: Final = 408
NOT_SENT: Final = (ConnectionRefusedError, socket.gaierror)
SAID_MAX: Final = 300
"""Characters of what a server says."""


class _NoRedirect(HTTPRedirectHandler):
    """A token goes to the address that was configured, and nowhere else."""

    def redirect_request(self, *_: object) -> None:
        return None


class JsonClient:
    """One server's. Raises NotReached, AnswerLost or Refused."""

    def __init__(self, address: str, *, headers: Mapping[str, str], answer_s: float) -> None:
        if not address.startswith(("http://", "https://")):
            raise Refused(f"{address!r} is no http address")
        self._address = address
        self._headers = {"Accept": "application/json", **headers}
        self._answer_s = answer_s
        self._opener = build_opener(_NoRedirect)

    def get(self, path: str, **query: str | int) -> Any:  # noqa: ANN401 - JSON
        asked = f"?{urlencode(query)}" if query else ""
        return self._call("GET", path + asked)

    def image(self, path: str, **query: str | int) -> tuple[bytes, bool]:
        """An answer that may be an image's bytes, and whether it is (ASCOM's ImageBytes)."""
        headers = {**self._headers, "Accept": f"{IMAGE}, application/json"}
        asked = Request(f"{self._address.rstrip('/')}{path}?{urlencode(query)}", headers=headers)
        return self._sent(asked, f"GET {path}")

    def post(self, path: str, document: object) -> Any:  # noqa: ANN401 - JSON
        return self._call("POST", path, json.dumps(document).encode(), "application/json")

    def put_form(self, path: str, **form: object) -> Any:  # noqa: ANN401 - JSON
        body = urlencode(form).encode()
        return self._call("PUT", path, body, "application/x-www-form-urlencoded")

    def tell(self, document: object, headers: Mapping[str, str]) -> None:
        """Posted to the address itself; of what is answered only the status matters."""
        kinds = {**self._headers, **headers, "Content-Type": "application/json"}
        body = json.dumps(document).encode()
        self._sent(Request(self._address, body, kinds, method="POST"), "POST", bytes_max=SAID_MAX)

    def patch(self, path: str) -> Any:  # noqa: ANN401 - JSON
        return self._call("PATCH", path, b"{}", "application/json")

    def delete(self, path: str) -> Any:  # noqa: ANN401 - JSON
        return self._call("DELETE", path)

    def _call(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> Any:  # noqa: ANN401
        headers = {**self._headers, **({"Content-Type": kind} if kind else {})}
        address = self._address.rstrip("/") if path.startswith("/") else self._address
        asked = Request(address + path, body, headers, method=method)
        said, _ = self._sent(asked, f"{method} {path}")
        return read_json(said, f"{method} {path}")

    def _sent(
        self, asked: Request, what: str, *, bytes_max: int = ANSWER_BYTES_MAX
    ) -> tuple[bytes, bool]:
        try:
            with self._opener.open(asked, timeout=self._answer_s) as answer:
                said = answer.read(bytes_max)
                return said, answer.headers.get_content_type() == IMAGE
        except HTTPError as error:
            raise _told(error, what) from error
        except URLError as error:
            kind_of = NotReached if isinstance(error.reason, NOT_SENT) else AnswerLost
            raise kind_of(f"{what}: {error.reason}") from error
        except (OSError, HTTPException) as error:
            raise AnswerLost(f"{what}: {error!r}") from error


class HttpTelescope:
    """What every telescope behind an interface of JSON begins with."""

    scheme = "Token"
    """What its token is announced by."""

    def __init__(self, site: Site, observe: Mapping[str, Observe], *, answer_s: float) -> None:
        """observe: by programme, what is to be observed; it may change."""
        headers = {"Authorization": f"{self.scheme} {site.token}"} if site.token else {}
        self._client = JsonClient(site.address, headers=headers, answer_s=answer_s)
        self._site = site
        self._observe = observe


def unix_s_of(said: Any) -> float:  # noqa: ANN401 - JSON
    """When, by what a server writes as a time in UTC; inf where it says none."""
    try:
        when = datetime.fromisoformat(said)
    except (TypeError, ValueError):
        return inf
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _told(error: HTTPError, what: str) -> NotReached | AnswerLost | Refused:
    """Servers that fail may have acted; those that refuse have not."""
    with error:
        said = error.read(SAID_MAX).decode("utf-8", "replace")
    line = f"{what}: {error.code} {said}"
    if error.code == TOO_MANY:
        return NotReached(line)
    return AnswerLost(line) if error.code >= 500 or error.code == TIMED_OUT else Refused(line)


def read_json(said: bytes, what: str) -> Any:  # noqa: ANN401 - JSON
    """What was answered; None for nothing. Raises AnswerLost for what is no JSON."""
    try:
        return json.loads(said) if said else None
    except (ValueError, RecursionError) as error:
        raise AnswerLost(f"{what}: the answer is no JSON") from error
